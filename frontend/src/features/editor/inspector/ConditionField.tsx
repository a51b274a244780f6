import { type Suggestion, Field, Textarea } from "@/ui";

export interface ConditionFieldProps {
  label: string;
  help: string;
  value: string;
  suggestions: readonly Suggestion[];
  disabled: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
}

const MOST = 6;

/** The name that is being written at the end of the text. */
function written(text: string): string {
  return /[\w.]*$/.exec(text)?.[0] ?? "";
}

/** A condition in CEL; names that it may use are offered below while one types. */
export function ConditionField({ label, help, value, suggestions, disabled, error, onChange }: ConditionFieldProps) {
  const token = written(value);
  const found = suggestions.filter((one) => one.value.startsWith(token) && one.value !== token);
  return (
    <Field label={label} error={error} help={help}>
      {(control) => (
        <>
          <Textarea
            {...control}
            rows={2}
            spellCheck={false}
            disabled={disabled}
            className="font-mono text-xs"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          {token !== "" && found.length > 0 && (
            <div className="flex flex-wrap gap-1" aria-label="Names that can stand here" role="group">
              {found.slice(0, MOST).map((one) => (
                <button
                  key={one.value}
                  type="button"
                  title={one.detail}
                  onClick={() => onChange(value.slice(0, value.length - token.length) + one.value)}
                  className="rounded-sm border bg-inset px-1.5 py-0.5 font-mono text-2xs hover:bg-hover"
                >
                  {one.value}
                </button>
              ))}
            </div>
          )}
        </>
      )}
    </Field>
  );
}
