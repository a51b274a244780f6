const DURATION = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;

/** Why a text is no duration, in the server's words; undefined when it is one, or empty. */
export function durationTrouble(text: string): string | undefined {
  if (text === "" || DURATION.test(text)) return undefined;
  return `\`${text}\` is not a duration; write 10s, 5m, 1h30m or 2d`;
}

/** What somebody typed as a duration: a bare number counts seconds, nothing is none. */
export function toDuration(typed: string): string | undefined {
  const text = typed.trim();
  return /^\d+(\.\d+)?$/.test(text) ? `${text}s` : text || undefined;
}
