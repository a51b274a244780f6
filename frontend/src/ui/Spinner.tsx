import { LoaderCircle } from "lucide-react";

/** A small turning ring. `label` names it for those who cannot see it; without one it is decoration. */
export function Spinner({ size = 16, label }: { size?: number; label?: string }) {
  const ring = <LoaderCircle size={size} className="animate-spin" aria-hidden />;
  if (!label) return ring;
  return (
    <span role="status" className="inline-flex items-center gap-2 text-muted">
      {ring}
      <span>{label}</span>
    </span>
  );
}
