/** A team's name as the server takes it for addresses; `typing` leaves a dash at the end alone. */
export function shortName(text: string, typing = false): string {
  const name = text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+/, "")
    .slice(0, 63);
  return typing ? name : name.replace(/[-_]+$/, "");
}
