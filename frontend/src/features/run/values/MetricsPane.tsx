import { useId } from "react";
import type { Metric } from "@/api/types";

const WIDTH = 360;
const HEIGHT = 110;

interface Curve {
  name: string;
  points: { step: number; value: number }[];
}

/** The last value of each metric, and a curve for those that were reported at several steps. */
export function MetricsPane({ metrics, attempt }: { metrics: Metric[]; attempt: number }) {
  const mine = metrics.filter((metric) => metric.attempt === attempt);
  if (mine.length === 0)
    return (
      <p className="text-muted">
        No metrics. A step reports one with <code className="font-mono text-xs">log_metric("loss", 0.3, step=5)</code>.
      </p>
    );
  const curves = toCurves(mine);
  const single = curves.filter((curve) => curve.points.length === 1);
  const drawn = curves.filter((curve) => curve.points.length > 1);
  return (
    <div className="flex flex-col gap-4">
      {single.length > 0 && (
        <dl className="grid grid-cols-[repeat(auto-fill,minmax(8rem,1fr))] gap-2">
          {single.map((curve) => (
            <div key={curve.name} className="rounded-md border bg-surface px-3 py-2">
              <dt className="truncate text-xs text-muted" title={curve.name}>
                {curve.name}
              </dt>
              <dd className="text-lg font-semibold tabular-nums">{shortNumber(curve.points[0]?.value ?? 0)}</dd>
            </div>
          ))}
        </dl>
      )}
      {drawn.map((curve) => (
        <CurveView key={curve.name} curve={curve} />
      ))}
    </div>
  );
}

/** By name, in the order reported; a metric without a step takes its turn as the step. */
function toCurves(metrics: Metric[]): Curve[] {
  const byName = new Map<string, Curve>();
  for (const { name, value, step } of metrics) {
    const curve = byName.get(name) ?? { name, points: [] };
    curve.points.push({ step: step ?? curve.points.length, value });
    byName.set(name, curve);
  }
  for (const curve of byName.values()) curve.points.sort((a, b) => a.step - b.step);
  return [...byName.values()];
}

function CurveView({ curve }: { curve: Curve }) {
  const titleId = useId();
  const { points } = curve;
  const steps = points.map(({ step }) => step);
  const values = points.map(({ value }) => value);
  const [left, right] = [Math.min(...steps), Math.max(...steps)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (step: number) => (right === left ? 0 : ((step - left) / (right - left)) * WIDTH);
  const y = (value: number) => (high === low ? HEIGHT / 2 : HEIGHT - ((value - low) / (high - low)) * HEIGHT);
  const last = points.at(-1);
  return (
    <figure className="rounded-md border bg-surface px-3 pt-2 pb-1.5">
      <figcaption className="mb-1 flex items-baseline gap-2 text-xs">
        <span className="font-medium">{curve.name}</span>
        <span className="ml-auto text-muted tabular-nums">
          last {shortNumber(last?.value ?? 0)}, lowest {shortNumber(low)}, highest {shortNumber(high)}
        </span>
      </figcaption>
      <svg viewBox={`-4 -6 ${WIDTH + 8} ${HEIGHT + 12}`} className="h-28 w-full" role="img" aria-labelledby={titleId} preserveAspectRatio="none">
        <title id={titleId}>
          {`${curve.name} over ${points.length} steps, from ${shortNumber(values[0] ?? 0)} to ${shortNumber(last?.value ?? 0)}`}
        </title>
        {[0, HEIGHT / 2, HEIGHT].map((at) => (
          <line key={at} x1={0} x2={WIDTH} y1={at} y2={at} className="stroke-line" vectorEffect="non-scaling-stroke" />
        ))}
        <polyline
          points={points.map(({ step, value }) => `${x(step)},${y(value)}`).join(" ")}
          fill="none"
          className="stroke-accent"
          strokeWidth={1.75}
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <div className="flex justify-between text-2xs text-faint tabular-nums">
        <span>step {left}</span>
        <span>step {right}</span>
      </div>
    </figure>
  );
}

function shortNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return Number(value.toPrecision(4)).toString();
}
