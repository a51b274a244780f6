import { clsx } from "clsx";
import { FileCheck2, Upload, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "../Button";
import { Input } from "../Field";
import { IconButton } from "../IconButton";
import { Notice } from "../Notice";
import { type ControlProps, useFormSettings } from "./context";

const PREFIX = "artifact:";

/** Names of files uploaded from this page; the value itself keeps only the digest. */
const names = new Map<string, string>();

interface Going {
  name: string;
  part: number;
  controller: AbortController;
}

function placeholderOf({ examples, format }: ControlProps["schema"]): string {
  if (examples?.[0]) return `e.g. ${String(examples[0])}`;
  return format === "artifact" ? "Upload, or artifact:…" : "Path or URL";
}

/** A path, a URL or an uploaded file, which is stored as `artifact:<digest>`. */
export function FileControl({ schema, value, onChange, control, disabled, label }: ControlProps) {
  const { uploadFile } = useFormSettings();
  const [going, setGoing] = useState<Going | null>(null);
  const [failed, setFailed] = useState<{ file: File; message: string } | null>(null);
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const current = useRef<AbortController | null>(null);

  useEffect(() => () => current.current?.abort(), []);

  async function upload(file: File): Promise<void> {
    if (!uploadFile) return;
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    setFailed(null);
    setGoing({ name: file.name, part: 0, controller });
    try {
      const stored = await uploadFile(file, {
        signal: controller.signal,
        onProgress: (part) => setGoing({ name: file.name, part, controller }),
      });
      names.set(stored.digest, stored.name || file.name);
      onChange(PREFIX + stored.digest);
    } catch (error) {
      if (!controller.signal.aborted)
        setFailed({ file, message: error instanceof Error ? error.message : String(error) });
    } finally {
      if (current.current === controller) setGoing(null);
    }
  }

  const text = typeof value === "string" ? value : "";
  const digest = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : null;
  const canUpload = Boolean(uploadFile) && !disabled;

  return (
    <div
      className={clsx("flex flex-col gap-1.5 rounded-md", over && "outline-2 outline-accent outline-dashed")}
      onDragOver={(event) => {
        if (!canUpload || !event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (!canUpload || !file) return;
        event.preventDefault();
        void upload(file);
      }}
    >
      <div className="flex items-center gap-1.5">
        {digest ? (
          <div
            id={control.id}
            className="flex h-8 min-w-0 flex-1 items-center gap-1.5 rounded-md border bg-inset pl-2 text-sm"
          >
            <FileCheck2 className="size-4 shrink-0 text-success" aria-hidden />
            <span className="min-w-0 flex-1 truncate" title={text}>
              {names.get(digest) ?? <span className="font-mono text-xs">uploaded file {digest.slice(0, 10)}…</span>}
            </span>
            <IconButton
              label={`Remove the file from ${label}`}
              icon={<X />}
              size="sm"
              disabled={disabled}
              onClick={() => onChange(undefined)}
            />
          </div>
        ) : (
          <Input
            {...control}
            type="text"
            spellCheck={false}
            autoComplete="off"
            placeholder={placeholderOf(schema)}
            value={text}
            disabled={disabled}
            onChange={(event) => onChange(event.target.value || undefined)}
          />
        )}
        {uploadFile && (
          <Button
            icon={<Upload className="size-4" aria-hidden />}
            disabled={disabled}
            aria-label={`Upload a file for ${label}`}
            onClick={() => picker.current?.click()}
          >
            {digest ? "Replace" : "Upload"}
          </Button>
        )}
      </div>
      <input
        ref={picker}
        type="file"
        aria-label={`File for ${label}`}
        tabIndex={-1}
        className="hidden"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) void upload(file);
        }}
      />
      {going && (
        <div className="flex items-center gap-2 text-xs text-muted">
          <div
            role="progressbar"
            aria-label={`Uploading ${going.name}`}
            aria-valuenow={Math.round(going.part * 100)}
            className="h-1 flex-1 overflow-hidden rounded-full bg-neutral-soft"
          >
            <div className="h-full bg-accent" style={{ width: `${going.part * 100}%` }} />
          </div>
          <span className="tabular-nums">{Math.round(going.part * 100)} %</span>
          <IconButton label="Stop the upload" icon={<X />} size="sm" onClick={() => going.controller.abort()} />
        </div>
      )}
      {failed && (
        <Notice
          tone="danger"
          title={`${failed.file.name} was not uploaded`}
          onRetry={() => void upload(failed.file)}
        >
          {failed.message}
        </Notice>
      )}
    </div>
  );
}
