/** Which tab this is, and which others are open: unsaved edits belong to the tab that made them. */

const KEY = "penstock.tab";
const LOCK = "penstock.tab/";

function newId(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join("-");
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // Storage is forbidden: every page is then a tab of its own.
  }
}

function remember(id: string): void {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    // See `stored`.
  }
}

/** Holds a lock for as long as the page lives. False when another page has it. */
function hold(id: string): Promise<boolean> {
  return new Promise((resolve) => {
    void navigator.locks.request(LOCK + id, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    });
  });
}

let opened: Promise<string> | null = null;

/**
 * The id of this tab: kept over reloads, and a new one in a tab that was duplicated.
 *
 * Locks need a secure context; without them a duplicated tab shares its id with the first.
 */
export function thisTab(): Promise<string> {
  opened ??= (async () => {
    let id = stored() ?? newId();
    if (navigator.locks && !(await hold(id))) {
      id = newId();
      await hold(id);
    }
    remember(id);
    return id;
  })();
  return opened;
}

/** The tabs that are open now, as far as the browser tells. */
export async function openTabs(): Promise<ReadonlySet<string>> {
  if (!navigator.locks) return new Set();
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name }) => (name?.startsWith(LOCK) ? [name.slice(LOCK.length)] : [])));
}
