/** Text in which `backticks` mark code, as the server's messages and the components' help have it. */
export function Ticks({ text }: { text: string }) {
  return text.split(/`([^`\n]+)`/).map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="rounded-sm bg-neutral-soft px-1 font-mono text-[0.92em]">
        {part}
      </code>
    ) : (
      part
    ),
  );
}
