import { useId, useState } from "react";

import type { InputPort, SampleValue } from "@/api/types";
import { CodeField, type JsonSchema, SchemaForm, Select, type UploadFile } from "@/ui";

type Way = "json" | "csv" | "text" | "file";

const ARTIFACTS = new Set(["table", "file", "image", "model"]);
const WORDS: Record<Way, string> = { json: "JSON", csv: "CSV", text: "Text", file: "A file" };

function waysFor(type: string): Way[] {
  if (type === "table") return ["csv", "json", "file"];
  if (type === "file") return ["text", "file"];
  if (ARTIFACTS.has(type)) return ["file"];
  if (type === "any") return ["json", "csv", "file"];
  return ["json"];
}

function wayOf(value: SampleValue | undefined): Way | null {
  if (!value) return null;
  if ("csv" in value) return "csv";
  return "artifact" in value ? "file" : null;
}

/** The JSON Schema by which a plain value is filled in. */
function plainSchema(type: string): JsonSchema | null {
  switch (type) {
    case "string":
      return { type: "string" };
    case "text":
      return { type: "string", format: "textarea" };
    case "number":
    case "integer":
    case "boolean":
      return { type };
    default:
      return null;
  }
}

interface SampleFieldProps {
  port: InputPort;
  value: SampleValue | undefined;
  onChange: (value: SampleValue | undefined) => void;
  uploadFile: UploadFile;
}

/** A sample for one input: typed as its type asks for, pasted as CSV, or an uploaded file. */
export function SampleField({ port, value, onChange, uploadFile }: SampleFieldProps) {
  const labelId = useId();
  const ways = waysFor(port.type);
  const [chosen, setChosen] = useState<Way>(() => wayOf(value) ?? ways[0] ?? "json");
  const plain = plainSchema(port.type);
  return (
    <section aria-labelledby={labelId} className="flex flex-col gap-1">
      <div className="flex items-center gap-2">
        <h3 id={labelId} className="flex-1 text-xs font-medium">
          <span className="font-mono">{port.name}</span> <span className="text-muted">{port.type}</span>
          {port.required && <span className="text-danger"> *</span>}
        </h3>
        {ways.length > 1 && (
          <Select
            label={`How ${port.name} is given`}
            className="h-6! w-24! text-xs!"
            value={chosen}
            onValueChange={(way) => {
              setChosen(way as Way);
              onChange(undefined);
            }}
            options={ways.map((way) => ({ value: way, label: WORDS[way] }))}
          />
        )}
      </div>
      {chosen === "csv" ? (
        <CodeField
          key="csv"
          label={`Sample for ${port.name}`}
          language="text"
          value={value && "csv" in value ? value.csv : ""}
          onChange={(csv) => onChange(csv.trim() ? { csv } : undefined)}
        />
      ) : chosen === "text" ? (
        <CodeField
          key="text"
          label={`Sample for ${port.name}`}
          language="text"
          value={value && "value" in value && typeof value.value === "string" ? value.value : ""}
          onChange={(text) => onChange(text ? { value: text } : undefined)}
        />
      ) : chosen === "file" ? (
        <SchemaForm
          schema={{ type: "object", properties: { file: { type: "string", format: "artifact", title: `File for ${port.name}` } } }}
          value={value && "artifact" in value ? { file: `artifact:${value.artifact}` } : {}}
          uploadFile={uploadFile}
          onChange={({ file }) => {
            const digest = typeof file === "string" ? file.replace(/^artifact:/, "") : "";
            onChange(digest ? { artifact: digest, name: port.name } : undefined);
          }}
        />
      ) : (
        <SchemaForm
          schema={{ type: "object", properties: { value: { ...(plain ?? {}), title: `Sample for ${port.name}` } } }}
          value={value && "value" in value ? { value: value.value } : {}}
          onChange={({ value: next }) => onChange(next === undefined ? undefined : { value: next })}
        />
      )}
    </section>
  );
}
