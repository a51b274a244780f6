import { clsx } from "clsx";
import type { Preview } from "@/api/types";
import { Pager } from "@/ui";
import { columnTypeWord, isNumeric } from "./columnTypes";

type Table = Extract<Preview, { kind: "table" }>;

const LONGEST = 300;

interface TablePreviewProps {
  table: Table;
  name: string;
  onPage: (page: number) => void;
  /** The page on show is still the one before. */
  busy: boolean;
}

/** A page of a table, with the types of its columns. */
export function TablePreview({ table, name, onPage, busy }: TablePreviewProps) {
  const { columns, rows, total, page, page_size } = table;
  const first = (page - 1) * page_size;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div
        className={clsx("max-h-96 overflow-auto rounded-md border bg-surface transition-opacity", busy && "opacity-60")}
        tabIndex={0}
        role="region"
        aria-label={`Rows of ${name}`}
        aria-busy={busy}
      >
        <table aria-label={`Preview of ${name}`} data-testid="table-preview" className="border-separate border-spacing-0 text-xs">
          <thead>
            <tr>
              <th scope="col" className="sticky top-0 left-0 z-20 border-r border-b bg-inset px-2 py-1 text-right font-normal text-faint">
                <span className="sr-only">Row</span>
              </th>
              {columns.map((column, index) => (
                <th
                  key={`${index}-${column.name}`}
                  scope="col"
                  className={clsx(
                    "sticky top-0 z-10 border-b bg-inset px-2 py-1 align-bottom whitespace-nowrap",
                    isNumeric(column.type) ? "text-right" : "text-left",
                  )}
                >
                  <span className="block font-medium">{column.name}</span>
                  <span className="block text-2xs font-normal text-faint" title={column.type}>
                    {columnTypeWord(column.type)}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={first + at} className="hover:bg-hover/60">
                <th scope="row" className="sticky left-0 border-r border-b bg-inset px-2 py-0.5 text-right font-normal text-faint tabular-nums">
                  {first + at + 1}
                </th>
                {columns.map((column, index) => (
                  <td
                    key={index}
                    className={clsx(
                      "max-w-72 truncate border-b px-2 py-0.5 whitespace-nowrap",
                      isNumeric(column.type) && "text-right tabular-nums",
                    )}
                  >
                    <Cell value={row[index]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p className="px-3 py-2 text-xs text-muted">This table has no rows.</p>}
      </div>
      <Pager page={page} pageSize={page_size} total={total} onPage={onPage} what="rows" of={name} />
    </div>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-faint italic">null</span>;
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return <span title={text.length > 40 ? text.slice(0, 2_000) : undefined}>{text.slice(0, LONGEST)}</span>;
}
