import type { Outlook } from "@/api/types";
import { FATES, type Fate } from "@/canvas/status";
import { formatNumber, Ticks } from "@/ui";

/** Of a longer list the start is enough to see what it is about. */
const SHOWN = 200;

const HEADINGS: Record<Fate, (count: number) => string> = {
  run: (count) => (count === 1 ? "1 node runs" : `${formatNumber(count)} nodes run`),
  keep: (count) => (count === 1 ? "1 keeps its result" : `${formatNumber(count)} keep their results`),
  leave: (count) => (count === 1 ? "1 is left out" : `${formatNumber(count)} are left out`),
};

/** What would run, what would be kept, what would be left out, each with the reason. */
export function OutlookLists({ outlook }: { outlook: Outlook }) {
  return (["run", "keep", "leave"] as const).map((fate) => {
    const nodes = outlook.nodes.filter((node) => node.fate === fate);
    if (nodes.length === 0) return null;
    const { icon: Icon, text } = FATES[fate];
    return (
      <section key={fate} data-testid={`outlook-${fate}`} className="flex flex-col gap-1.5">
        <h3 className={`flex items-center gap-1.5 text-xs font-semibold ${text}`}>
          <Icon className="size-3.5" aria-hidden />
          {HEADINGS[fate](nodes.length)}
        </h3>
        <ul className="flex flex-col rounded-md border">
          {nodes.slice(0, SHOWN).map(({ id, title, why }) => (
            <li key={id} data-node={id} className="flex flex-col border-b px-3 py-1.5 last:border-b-0">
              <span className="truncate font-medium" title={id}>
                {title || id}
              </span>
              <span className="text-xs text-muted">
                <Ticks text={why} />
              </span>
            </li>
          ))}
          {nodes.length > SHOWN && (
            <li className="px-3 py-1.5 text-xs text-muted">and {formatNumber(nodes.length - SHOWN)} more</li>
          )}
        </ul>
      </section>
    );
  });
}
