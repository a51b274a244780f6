import type { ComponentExample } from "@/api/types";

export function ExampleList({ examples }: { examples: ComponentExample[] }) {
  return (
    <ul className="flex flex-col gap-2">
      {examples.map((example, index) => (
        <li key={index} className="rounded-lg border bg-surface p-3">
          <p className="font-medium">{example.title || `Example ${index + 1}`}</p>
          <Values title="Inputs" values={example.inputs} />
          <Values title="Parameters" values={example.params} />
        </li>
      ))}
    </ul>
  );
}

function Values({ title, values }: { title: string; values: Record<string, unknown> }) {
  if (Object.keys(values).length === 0) return null;
  return (
    <>
      <p className="mt-2 mb-1 text-xs text-muted">{title}</p>
      <pre tabIndex={0} className="overflow-x-auto rounded-md bg-inset px-2 py-1.5 font-mono text-xs whitespace-pre-wrap">
        {Object.entries(values)
          .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
          .join("\n")}
      </pre>
    </>
  );
}
