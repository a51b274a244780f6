import { clsx } from "clsx";
import { RotateCcw } from "lucide-react";
import { type ComponentType, useState } from "react";
import { Field } from "../Field";
import { IconButton } from "../IconButton";
import { Ticks } from "../Ticks";
import { Tooltip } from "../Tooltip";
import { CodeControl, JsonControl } from "./CodeControl";
import { type ControlProps, type SchemaFieldProps, useFormSettings } from "./context";
import { CelControl, ExpressionControl } from "./ExpressionControl";
import { FileControl } from "./FileControl";
import { ConnectionControl } from "./ConnectionControl";
import { SecretControl, SecretsControl } from "./SecretControls";
import { ArrayControl, MapControl, StringsControl } from "./ListControls";
import { type FieldKind, fieldKind, isExpression, type JsonSchema, labelOf, unwrap } from "./schema";
import { BooleanControl, ChoiceControl, NumberControl, TextareaControl, TextControl } from "./SimpleControls";

const CONTROLS: Record<Exclude<FieldKind, "object">, ComponentType<ControlProps>> = {
  string: TextControl,
  textarea: TextareaControl,
  code: CodeControl,
  file: FileControl,
  cel: CelControl,
  number: NumberControl,
  integer: NumberControl,
  boolean: BooleanControl,
  choice: ChoiceControl,
  strings: StringsControl,
  secret: SecretControl,
  secrets: SecretsControl,
  connection: ConnectionControl,
  array: ArrayControl,
  map: MapControl,
  json: JsonControl,
};

/**
 * Kinds whose text may hold `${{ }}` in its middle without leaving their own control, and the one
 * that is an expression itself.
 */
const TEMPLATED: ReadonlySet<FieldKind> = new Set(["code", "textarea", "cel"]);
/** A secret and a connection are named, never computed. */
const PLAIN: ReadonlySet<FieldKind> = new Set(["secret", "secrets", "connection"]);

/** One value: label, control, marks, and the switch between a plain value and an expression. */
export function SchemaField({ name, schema: declared, path, value, onChange, label, required = false, bare = false }: SchemaFieldProps) {
  const schema = unwrap(declared);
  const settings = useFormSettings();
  const [touched, setTouched] = useState(false);
  /** The plain value from before the switch to an expression, so that switching back restores it. */
  const [plain, setPlain] = useState<unknown>(undefined);
  const kind = fieldKind(schema);
  const title = label ?? labelOf(name, schema);
  const expression = isExpression(value) && !TEMPLATED.has(kind);
  const effective = value === undefined ? schema.default : value;
  const error = settings.errors[path];
  const missing = required && (value === undefined || value === null || value === "");
  const shownError = error && (!missing || touched) ? error : undefined;

  function toggleExpression(): void {
    if (expression) onChange(plain);
    else {
      setPlain(value);
      onChange(typeof effective === "string" && effective ? `\${{ ${JSON.stringify(effective)} }}` : "${{ params. }}");
    }
  }

  if (kind === "object" && !expression) {
    return (
      <fieldset className="min-w-0 rounded-md border px-3 pt-1 pb-3">
        <legend className="px-1 text-xs font-medium">{title}</legend>
        {schema.description && <p className="mb-2 text-xs text-muted"><Ticks text={schema.description} /></p>}
        <SchemaFields
          schema={schema}
          path={path}
          value={(effective ?? {}) as Record<string, unknown>}
          onChange={onChange}
        />
      </fieldset>
    );
  }

  const Control = expression || kind === "object" ? ExpressionControl : CONTROLS[kind];
  const resettable =
    value !== undefined && schema.default !== undefined && JSON.stringify(value) !== JSON.stringify(schema.default);

  return (
    <div data-path={path} onBlur={() => setTouched(true)}>
      <Field
        label={title}
        hideLabel={bare}
        help={bare || !schema.description ? undefined : <Ticks text={schema.description} />}
        error={shownError}
        required={required}
        className={kind === "boolean" ? "items-start" : undefined}
        extra={
          bare ? undefined : (
            <span className="flex items-center">
              {resettable && !expression && !settings.disabled && (
                <IconButton
                  label={`Reset ${title} to ${shortText(schema.default)}`}
                  icon={<RotateCcw />}
                  size="sm"
                  side="left"
                  className="size-5! [&_svg]:size-3!"
                  onClick={() => onChange(undefined)}
                />
              )}
              {settings.allowExpressions && !TEMPLATED.has(kind) && !PLAIN.has(kind) && (
                <ExpressionSwitch title={title} on={expression} disabled={settings.disabled} onClick={toggleExpression} />
              )}
            </span>
          )
        }
      >
        {(control) => (
          <Control
            schema={schema}
            path={path}
            label={title}
            value={effective}
            onChange={onChange}
            control={control}
            disabled={settings.disabled}
            renderField={renderField}
          />
        )}
      </Field>
    </div>
  );
}

/** Lists draw their entries by this, handed down so that the controls need not import it. */
const renderField = (props: SchemaFieldProps) => <SchemaField {...props} />;

export interface SchemaFieldsProps {
  schema: JsonSchema;
  path: string;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>, path: string) => void;
}

/** The properties of one object, in the schema's order. */
export function SchemaFields({ schema, path, value, onChange }: SchemaFieldsProps) {
  return (
    <div className="flex flex-col gap-3.5">
      {Object.entries(schema.properties ?? {}).map(([name, property]) => {
        const at = path ? `${path}.${name}` : name;
        return (
          <SchemaField
            key={name}
            name={name}
            schema={property}
            path={at}
            value={value[name]}
            required={schema.required?.includes(name) && property.default === undefined}
            onChange={(next) => {
              const { [name]: _, ...rest } = value;
              // A known name keeps its place, so that the document's text does not jump about.
              if (next === undefined) onChange(rest, at);
              else onChange({ ...value, [name]: next }, at);
            }}
          />
        );
      })}
    </div>
  );
}

function ExpressionSwitch({ title, on, disabled, onClick }: { title: string; on: boolean; disabled: boolean; onClick: () => void }) {
  return (
    <Tooltip side="left" label={on ? "Use a plain value" : "Use an expression, ${{ … }}"}>
      <button
        type="button"
        aria-pressed={on}
        aria-label={`Expression for ${title}`}
        disabled={disabled}
        onClick={onClick}
        className={clsx(
          "rounded-sm px-1 font-mono text-2xs leading-4 font-semibold disabled:opacity-45",
          on ? "bg-accent text-on-accent" : "text-faint hover:bg-hover hover:text-ink",
        )}
      >
        fx
      </button>
    </Tooltip>
  );
}

function shortText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (!text) return "empty";
  return text.length > 30 ? `${text.slice(0, 30)}…` : text;
}
