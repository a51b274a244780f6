/** A message in which `names` stand between backticks: they are set as code. */
export function Words({ text }: { text: string }) {
  return text.split("`").map((part, at) =>
    at % 2 === 1 ? (
      <code key={at} className="rounded-sm bg-inset px-0.5 font-mono text-[0.92em]">
        {part}
      </code>
    ) : (
      part
    ),
  );
}
