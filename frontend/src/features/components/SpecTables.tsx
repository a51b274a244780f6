import type { InputPort, JsonObject, OutputPort } from "@/api/types";
import { Badge, type JsonSchema, TABLE, TABLE_BOX, TD, TH, Ticks } from "@/ui";

export function PortTable({ ports, empty }: { ports: readonly (InputPort | OutputPort)[]; empty: string }) {
  if (ports.length === 0) return <p className="text-muted">{empty}</p>;
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Port</th>
            <th className={TH}>Type</th>
            <th className={TH}>What it is</th>
          </tr>
        </thead>
        <tbody>
          {ports.map((port) => (
            <tr key={port.name} className="group">
              <td className={`${TD} w-40 font-mono text-xs`}>{port.name}</td>
              <td className={`${TD} w-40`}>
                <Badge tone="accent">{port.type}</Badge>
              </td>
              <td className={`${TD} text-muted`}>
                <Ticks text={sentence(port.help)} />
                {"required" in port && !port.required && " Optional."}
                {"multiple" in port && port.multiple && " Takes any number of connections."}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ParameterTable({ schema }: { schema: JsonObject }) {
  const { properties = {}, required = [] } = schema as JsonSchema;
  const entries = Object.entries(properties);
  if (entries.length === 0) return <p className="text-muted">It has no parameters.</p>;
  return (
    <div className={TABLE_BOX}>
      <table className={TABLE}>
        <thead>
          <tr>
            <th className={TH}>Parameter</th>
            <th className={TH}>Type</th>
            <th className={TH}>Default</th>
            <th className={TH}>What it does</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(([name, property]) => (
            <tr key={name} className="group">
              <td className={`${TD} w-44`}>
                <span className="font-medium">{property.title ?? name}</span>
                <span className="block font-mono text-2xs text-faint">{name}</span>
              </td>
              <td className={`${TD} w-32 text-muted`}>{typeText(property)}</td>
              <td className={`${TD} w-36 font-mono text-xs break-words`}>
                {property.default === undefined || property.default === null ? (
                  <span className="font-sans text-faint">{required.includes(name) ? "required" : "none"}</span>
                ) : (
                  shortText(property.default)
                )}
              </td>
              <td className={`${TD} text-muted`}>
                <Ticks text={sentence(property.description ?? "")} /> {limitsText(property)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** More may follow a help text: it ends like a sentence. */
function sentence(text: string): string {
  return text === "" || /[.!?:;…]$/.test(text) ? text : `${text}.`;
}

function typeText(schema: JsonSchema): string {
  if (schema.enum) return "choice";
  if (schema.anyOf)
    return schema.anyOf
      .filter((one) => one.type !== "null")
      .map(typeText)
      .join(" or ");
  if (schema.type === "array") return schema.items ? `list of ${typeText(schema.items)}` : "list";
  if (schema.format === "code") return schema.language ? `${schema.language} code` : "code";
  if (schema.format === "file") return "file";
  return Array.isArray(schema.type) ? schema.type.filter((type) => type !== "null").join(" or ") : (schema.type ?? "any JSON");
}

function limitsText({ enum: choices, minimum, maximum }: JsonSchema): string {
  if (choices) return `One of ${choices.map(String).join(", ")}.`;
  if (minimum !== undefined && maximum !== undefined) return `From ${minimum} to ${maximum}.`;
  if (minimum !== undefined) return `At least ${minimum}.`;
  return maximum === undefined ? "" : `At most ${maximum}.`;
}

function shortText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text === "") return '""';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
