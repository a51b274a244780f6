import type { PipelineRow } from "@/api/types";

/** Pipelines that came with Penstock, the simple ones first; `parts` are what other examples are made of. */
export function examplesOf(rows: PipelineRow[]): { whole: PipelineRow[]; parts: PipelineRow[] } {
  const found = rows
    .flatMap((row) => (row.example ? [{ row, ...row.example }] : []))
    .sort((one, other) => one.number - other.number);
  return {
    whole: found.filter(({ part }) => !part).map(({ row }) => row),
    parts: found.filter(({ part }) => part).map(({ row }) => row),
  };
}
