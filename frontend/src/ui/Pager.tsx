import { ChevronLeft, ChevronRight } from "lucide-react";
import { formatNumber } from "./format";
import { IconButton } from "./IconButton";

export interface PagerProps {
  page: number;
  pageSize: number;
  total: number;
  onPage: (page: number) => void;
  /** What is counted: `rows`, `runs`. */
  what: string;
  /** What the pages are of, where several things have pages; else what is counted. */
  of?: string;
}

export function Pager({ page, pageSize, total, onPage, what, of = what }: PagerProps) {
  const last = Math.max(1, Math.ceil(total / pageSize));
  const from = total === 0 ? 0 : (page - 1) * pageSize + 1;
  const to = Math.min(total, page * pageSize);
  return (
    <nav aria-label={`Pages of ${of}`} className="flex items-center gap-1 text-xs text-muted">
      <span className="tabular-nums">
        {formatNumber(from)}–{formatNumber(to)} of {formatNumber(total)} {what}
      </span>
      <IconButton label="Previous page" size="sm" icon={<ChevronLeft />} disabled={page <= 1} onClick={() => onPage(page - 1)} />
      <IconButton label="Next page" size="sm" icon={<ChevronRight />} disabled={page >= last} onClick={() => onPage(page + 1)} />
    </nav>
  );
}
