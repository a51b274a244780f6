import { Download } from "lucide-react";
import { useState } from "react";
import { usePreview } from "@/api/hooks";
import { artifactUrl } from "@/api/resources/artifacts";
import type { ArtifactRef, Preview } from "@/api/types";
import { Badge, formatBytes, Loaded } from "@/ui";
import { JsonTree } from "./JsonTree";
import { TablePreview } from "./TablePreview";

const PAGE_SIZE = 25;

/** What a person sees of an artifact without downloading it. */
export function ArtifactPreview({ reference, name }: { reference: ArtifactRef; name: string }) {
  const [page, setPage] = useState(1);
  const query = usePreview(reference.artifact, page, PAGE_SIZE);
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-center gap-2 text-xs text-muted">
        <Badge tone="accent">{reference.type}</Badge>
        <span className="min-w-0 truncate">{reference.name || name}</span>
        <span className="shrink-0 tabular-nums">{formatBytes(reference.size)}</span>
        <a
          href={artifactUrl(reference.artifact)}
          download={reference.name || true}
          className="ml-auto inline-flex shrink-0 items-center gap-1 text-accent hover:underline"
          aria-label={`Download ${reference.name || name}`}
        >
          <Download className="size-3.5" aria-hidden /> Download
        </a>
      </div>
      <Loaded query={query} what="the preview">
        {(preview) => (
          <PreviewBody preview={preview} name={name} onPage={setPage} busy={query.isPlaceholderData} />
        )}
      </Loaded>
    </div>
  );
}

interface BodyProps {
  preview: Preview;
  name: string;
  onPage: (page: number) => void;
  busy: boolean;
}

function PreviewBody({ preview, name, onPage, busy }: BodyProps) {
  switch (preview.kind) {
    case "table":
      return <TablePreview table={preview} name={name} onPage={onPage} busy={busy} />;
    case "image":
      return (
        <a href={preview.url} target="_blank" rel="noreferrer" className="block overflow-hidden rounded-md border bg-white">
          <img
            src={preview.url}
            alt={`${name}, a picture`}
            width={preview.width ?? undefined}
            height={preview.height ?? undefined}
            className="mx-auto h-auto max-h-[28rem] max-w-full object-contain"
          />
        </a>
      );
    case "json":
      return <JsonTree value={preview.value} name={name} />;
    case "text":
      return (
        <>
          <pre tabIndex={0} className="max-h-96 overflow-auto rounded-md border bg-inset px-2 py-1.5 font-mono text-xs whitespace-pre-wrap">
            {preview.text}
          </pre>
          {preview.truncated && <p className="text-xs text-muted">Only the beginning; the download has all of it.</p>}
        </>
      );
    case "model":
      return <Facts facts={preview.facts} />;
    case "none":
      return <p className="text-xs text-muted">{preview.reason}</p>;
  }
}

function Facts({ facts }: { facts: Record<string, unknown> }) {
  const entries = Object.entries(facts);
  if (entries.length === 0) return <p className="text-xs text-muted">Nothing more is known about it.</p>;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-md border bg-inset px-3 py-2 text-xs">
      {entries.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name.replace(/_/g, " ")}</dt>
          <dd className="min-w-0 font-mono break-words">
            {typeof value === "object" && value !== null ? <JsonTree value={value} name={name} /> : String(value)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
