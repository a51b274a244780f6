/**
 * What somebody typed where a number belongs; nothing is none. Other text stays as it is, so that the
 * checks can say what is wrong with it.
 */
export function toNumber(typed: string): number | string | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}
