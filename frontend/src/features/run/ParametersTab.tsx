import { SlidersHorizontal } from "lucide-react";
import type { Run } from "@/api/types";
import { EmptyState, TABLE, TABLE_BOX, TD, TH } from "@/ui";
import { ValueView } from "./values/ValueView";

/** The values the run was started with, defaults included. */
export function ParametersTab({ run }: { run: Run }) {
  const defined = new Map(run.definition.parameters?.map((parameter) => [parameter.name, parameter]));
  const entries = Object.entries(run.parameters);
  const changed = Object.entries(run.node_params).flatMap(([node, params]) =>
    Object.entries(params).map(([name, value]) => ({ node, name, value })),
  );
  const options = optionsOf(run);
  if (entries.length === 0 && changed.length === 0 && options.length === 0)
    return (
      <EmptyState icon={<SlidersHorizontal aria-hidden />} title="No parameters">
        This version takes none. Parameters let the same pipeline run on other data or with other settings.
      </EmptyState>
    );
  return (
    <div className="flex flex-col gap-5 p-4">
      {entries.length > 0 && (
      <div className={TABLE_BOX}>
        <table className={TABLE}>
          <thead>
            <tr>
              <th className={TH}>Parameter</th>
              <th className={TH}>Type</th>
              <th className={TH}>Value</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(([name, value]) => {
              const parameter = defined.get(name);
              return (
                <tr key={name} className="group">
                  <td className={`${TD} w-64`}>
                    <span className="font-medium">{parameter?.title || name}</span>
                    {parameter?.title && <span className="block font-mono text-xs text-muted">{name}</span>}
                    {parameter?.description && <span className="block text-xs text-muted">{parameter.description}</span>}
                  </td>
                  <td className={`${TD} text-muted`}>{parameter?.type ?? "string"}</td>
                  <td className={TD}>
                    <ValueView value={value} name={name} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      )}
      {changed.length > 0 && <ChangedTable changed={changed} />}
      {options.length > 0 && (
        <section aria-label="Options of this run" data-testid="run-options">
          <h2 className="mb-2 text-sm font-semibold">Options of this run</h2>
          <ul className="list-disc pl-5">
            {options.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** In words, what of a run's start was not as usual. */
function optionsOf({ priority, max_parallel: limit, cache, definition }: Run): string[] {
  return [
    ...(priority ? [`Priority ${priority}, added to that of each node`] : []),
    ...(limit && limit !== definition.max_parallel ? [`At most ${limit} nodes at the same time`] : []),
    ...(cache ? [] : ["Without results of the cache: every node ran anew"]),
  ];
}

interface Changed {
  node: string;
  name: string;
  value: unknown;
}

/** Parameters of nodes that were other than the version's, for this run alone. */
function ChangedTable({ changed }: { changed: Changed[] }) {
  return (
    <section>
      <h2 id="changed-for-this-run" className="mb-2 text-sm font-semibold">
        Changed for this run
      </h2>
      <div className={TABLE_BOX}>
        <table className={TABLE} aria-labelledby="changed-for-this-run">
          <thead>
            <tr>
              <th className={TH}>Node</th>
              <th className={TH}>Parameter</th>
              <th className={TH}>Value</th>
            </tr>
          </thead>
          <tbody>
            {changed.map(({ node, name, value }) => (
              <tr key={`${node} ${name}`} className="group">
                <td className={`${TD} w-64 font-medium`}>{node}</td>
                <td className={`${TD} font-mono text-xs`}>{name}</td>
                <td className={TD}>
                  <ValueView value={value} name={name} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
