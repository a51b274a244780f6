import { type ArtifactRef, isArtifactRef } from "@/api/types";
import { formatBytes } from "@/ui";
import { ArtifactPreview } from "./ArtifactPreview";
import { JsonTree } from "./JsonTree";

/** A value too large for the snapshot; the node's own answer has it in full. */
function isLarge(value: unknown): value is { large: true; type: string; size: number } {
  return typeof value === "object" && value !== null && (value as { large?: unknown }).large === true;
}

/** A text up to this length stands in the line, without a box of its own. */
const SHORT = 120;

/** One input or output value: an artifact with its preview, several of them, or plain JSON. */
export function ValueView({ value, name }: { value: unknown; name: string }) {
  if (isArtifactRef(value)) return <ArtifactPreview reference={value} name={name} />;
  if (Array.isArray(value) && value.length > 0 && value.every(isArtifactRef))
    return (
      <ol className="flex flex-col gap-3">
        {(value as ArtifactRef[]).map((reference, index) => (
          <li key={`${index}-${reference.artifact}`}>
            <ArtifactPreview reference={reference} name={`${name} ${index + 1}`} />
          </li>
        ))}
      </ol>
    );
  if (isLarge(value))
    return <p className="text-xs text-muted">A {value.type} of {formatBytes(value.size)}; open the run to see it.</p>;
  if (typeof value === "string" && value !== "" && value.length <= SHORT && !value.includes("\n"))
    return <code className="font-mono text-xs break-words">{value}</code>;
  if (typeof value === "string")
    return (
      <pre className="max-h-80 overflow-auto rounded-md border bg-inset px-2 py-1.5 font-mono text-xs whitespace-pre-wrap" tabIndex={0}>
        {value === "" ? <span className="text-faint">empty text</span> : value}
      </pre>
    );
  if (typeof value === "object" && value !== null) return <JsonTree value={value} name={name} />;
  return <code className="font-mono text-xs">{value === undefined ? "–" : String(value)}</code>;
}
