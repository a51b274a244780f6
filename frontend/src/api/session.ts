/**
 * Whether the reader is signed in, as far as the last answers told.
 *
 * A 401 does not send the page away: whoever asked waits on `untilSignedIn`, a dialog offers to sign
 * in again in another tab, and then the same request goes out once more. Nothing typed is lost.
 */

type Listener = () => void;

let expired = false;
let waiting: { promise: Promise<void>; resolve: () => void } | null = null;
const listeners = new Set<Listener>();

function tell(): void {
  for (const listener of listeners) listener();
}

export const session = {
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  isExpired(): boolean {
    return expired;
  },

  /** Says that the session is over; resolves when somebody has signed in again. */
  untilSignedIn(signal?: AbortSignal): Promise<void> {
    if (!waiting) {
      let resolve = () => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      waiting = { promise, resolve };
      expired = true;
      tell();
    }
    if (!signal) return waiting.promise;
    const restored = waiting.promise;
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      void restored.then(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
    });
  },

  restored(): void {
    expired = false;
    waiting?.resolve();
    waiting = null;
    tell();
  },
};

/** Tabs tell each other that somebody has signed in. */
export const SESSION_CHANNEL = "penstock-session";
