import { useState } from "react";

import type { ComponentSpec, DraftContent, JsonObject } from "@/api/types";
import { ParameterTable, PortTable } from "@/features/components/SpecTables";
import { type JsonSchema, SchemaForm } from "@/ui";

import { ParameterRows } from "./ParameterRows";
import { PortRows } from "./PortRows";

interface FacePaneProps {
  content: DraftContent;
  spec: ComponentSpec | null;
  onFields: (fields: JsonObject) => void;
}

/** What pipelines see of the component: its ports, its parameters, and their form. */
export function FacePane({ content, spec, onFields }: FacePaneProps) {
  const { kind, fields } = content;
  return (
    <div className="flex flex-col gap-5 p-4">
      {kind === "python" ? (
        <>
          <p className="text-xs text-muted">
            Read from the function as you type: what stands before the <code className="font-mono">*</code> comes in by ports, what stands after it
            is a parameter, the return hint is what goes out.
          </p>
          {spec && (
            <>
              <Part title="Inputs">
                <PortTable ports={spec.inputs} empty="It takes no input." />
              </Part>
              <Part title="Outputs">
                <PortTable ports={spec.outputs} empty="It puts nothing out." />
              </Part>
              <Part title="Parameters">
                <ParameterTable schema={spec.parameters} />
              </Part>
            </>
          )}
        </>
      ) : (
        <>
          <PortRows side="input" value={fields.inputs} onChange={(inputs) => onFields({ ...fields, inputs })} />
          <PortRows side="output" value={fields.outputs} onChange={(outputs) => onFields({ ...fields, outputs })} />
          <ParameterRows value={fields.parameters} onChange={(parameters) => onFields({ ...fields, parameters })} />
        </>
      )}
      {spec && <FormPreview schema={spec.parameters as JsonSchema} />}
    </div>
  );
}

/** The form as the pipeline editor shows it; what is filled in here goes nowhere. */
function FormPreview({ schema }: { schema: JsonSchema }) {
  const [value, setValue] = useState<JsonObject>({});
  if (Object.keys(schema.properties ?? {}).length === 0) return null;
  return (
    <Part title="The form in a pipeline">
      <div className="max-w-sm rounded-lg border bg-surface p-3">
        <SchemaForm schema={schema} value={value} onChange={setValue} allowExpressions />
      </div>
    </Part>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h3 className="text-xs font-semibold text-muted">{title}</h3>
      {children}
    </section>
  );
}
