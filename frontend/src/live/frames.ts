/**
 * Collects what arrives and hands it on once per animation frame, so that a thousand changes a
 * second cost sixty drawings. A hidden page draws no frames; there a timer does it.
 */
export class FrameBatch<T> {
  private items: T[] = [];
  private frame: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly flushTo: (items: T[]) => void) {}

  add(items: readonly T[]): void {
    for (const item of items) this.items.push(item);
    if (this.frame !== null || this.items.length === 0) return;
    this.frame = requestAnimationFrame(this.flush);
    this.timer = setTimeout(this.flush, 250);
  }

  readonly flush = (): void => {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = null;
    const items = this.items;
    this.items = [];
    if (items.length > 0) this.flushTo(items);
  };

  cancel(): void {
    this.items = [];
    this.flush();
  }
}
