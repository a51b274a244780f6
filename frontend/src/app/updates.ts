/**
 * After an update the chunks of the build that an open page came with are gone. The page is then
 * loaded anew, once; unsaved edits are kept in the browser, and the editor asks before it leaves.
 */
const KEY = "penstock-reloaded-at";
/** A chunk that is missing again so soon is not missing because of an update. */
const PAUSE = 60_000;

export function followUpdates(): void {
  window.addEventListener("vite:preloadError", () => void reloadOnce());
}

async function reloadOnce(): Promise<void> {
  try {
    if (Date.now() - Number(sessionStorage.getItem(KEY)) < PAUSE) return;
    const { ok } = await fetch("/healthz", { cache: "no-store" });
    if (!ok) return;
    sessionStorage.setItem(KEY, String(Date.now()));
  } catch {
    return; // No server, or no way to know that it was tried: the page's error view offers the reload.
  }
  window.location.reload();
}
