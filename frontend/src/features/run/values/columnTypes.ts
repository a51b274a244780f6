/** Arrow's names of column types in words that a reader of tables knows. */
const WORDS: [pattern: RegExp, word: string][] = [
  [/^u?int\d+$/, "integer"],
  [/^(half)?float\d*$|^double$|^decimal/, "number"],
  [/^bool/, "boolean"],
  [/^(large_)?(string|utf8)/, "text"],
  [/^date/, "date"],
  [/^timestamp/, "date and time"],
  [/^time\d/, "time"],
  [/^duration/, "duration"],
  [/^(large_)?list|^fixed_size_list/, "list"],
  [/^struct|^map/, "object"],
  [/^(large_|fixed_size_)?binary/, "bytes"],
  [/^dictionary<values=(large_)?string/, "category"],
];

export function columnTypeWord(type: string): string {
  return WORDS.find(([pattern]) => pattern.test(type))?.[1] ?? type;
}

export function isNumeric(type: string): boolean {
  const word = columnTypeWord(type);
  return word === "integer" || word === "number";
}
