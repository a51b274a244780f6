// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { same } from "@/graph/same";
import { chain } from "@/graph/testing/sample";
import type { Definition } from "@/graph/types";

import { startAutosave } from "./autosave";
import { createJournal, memoryStorage } from "./journal";
import { recover } from "./recover";
import type { SaveOutcome, ServerDraft } from "./save";
import { createDocument } from "./store";
import { draftOf } from "./testing";

/** A server with one draft; `fail` makes the next answers go wrong. */
class FakeServer {
  draft: ServerDraft = draftOf(chain());
  fail: ("unreachable" | "lost_answer" | "forbidden")[] = [];
  requests = 0;

  async send(definition: Definition, base: number): Promise<SaveOutcome> {
    this.requests += 1;
    const trouble = this.fail.shift();
    if (trouble === "forbidden") return { kind: "failed", temporary: false, message: "Editors only." };
    if (trouble === "unreachable") return { kind: "failed", temporary: true, message: "Server away." };
    if (base !== this.draft.revision) return { kind: "stale" };
    this.draft = draftOf(structuredClone(definition), base + 1);
    if (trouble === "lost_answer") return { kind: "failed", temporary: true, message: "Server away." };
    const { revision, problems, updated_at, changed } = this.draft;
    return { kind: "saved", revision, problems, updated_at, changed };
  }
}

function open(server: FakeServer, storage = memoryStorage(), tab = "tab-1") {
  const store = createDocument({ pipeline: "p", draft: server.draft, editable: true, now: Date.now });
  const journal = createJournal(storage, "p", tab);
  const saver = startAutosave(store, {
    send: (definition, base) => server.send(definition, base),
    load: () => Promise.resolve(server.draft),
    sendLast: () => undefined,
    journal,
    now: Date.now,
  });
  let count = 0;
  const edit = (name = `edit ${(count += 1)}`): void => {
    store.getState().perform({ edit: { kind: "setField", field: "name", value: name }, label: "rename" });
  };
  return { store, journal, saver, edit, state: () => store.getState() };
}

beforeEach(() => void vi.useFakeTimers({ now: new Date("2026-01-01T10:00:00Z") }));
afterEach(() => void vi.useRealTimers());

describe("autosave", () => {
  it("saves within a second, also while somebody keeps typing, one request at a time", async () => {
    const server = new FakeServer();
    const { edit, state } = open(server);
    for (let time = 0; time < 1000; time += 100) {
      edit(`typing ${time}`);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(server.requests).toBeGreaterThanOrEqual(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.draft.definition.name).toBe("typing 900");
    expect(server.requests).toBeLessThanOrEqual(3);
    expect(state().save.kind).toBe("saved");
    expect(state().base).toBe(server.draft.revision);
  });

  it("keeps edits while the server is away, tries again, and ends saved with an empty journal", async () => {
    const server = new FakeServer();
    server.fail = ["unreachable", "unreachable", "unreachable"];
    const { edit, state, journal } = open(server);
    edit("first");
    await vi.advanceTimersByTimeAsync(600);
    expect(state().save).toMatchObject({ kind: "retrying", message: "Server away.", kept: true });
    edit("second");
    await vi.advanceTimersByTimeAsync(200);
    expect(journal.entries()[0]?.definition.name).toBe("second");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.draft.definition.name).toBe("second");
    expect(state().save.kind).toBe("saved");
    expect(journal.entries()).toEqual([]);
  });

  it("does not wait for the next try when the network comes back", async () => {
    const server = new FakeServer();
    server.fail = Array(5).fill("unreachable");
    const { edit, state, saver } = open(server);
    edit();
    await vi.advanceTimersByTimeAsync(20_000);
    server.fail = [];
    saver.wake();
    await vi.advanceTimersByTimeAsync(1);
    expect(state().save.kind).toBe("saved");
  });

  it("recognises its own save when only the answer was lost", async () => {
    const server = new FakeServer();
    server.fail = ["lost_answer"];
    const { edit, state } = open(server);
    edit("first");
    await vi.advanceTimersByTimeAsync(600);
    edit("second");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(state().conflict).toBeNull();
    expect(server.draft.definition.name).toBe("second");
  });

  it("asks when somebody else saved first, and overwrites nothing", async () => {
    const server = new FakeServer();
    const { edit, state, journal } = open(server);
    server.draft = draftOf({ ...chain(), name: "theirs" }, 2);
    edit("mine");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state().save.kind).toBe("stale");
    expect(state().conflict?.theirs.definition.name).toBe("theirs");
    edit("mine still");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.draft.definition.name).toBe("theirs");
    expect(journal.entries()[0]?.definition.name).toBe("mine still");

    state().adopt(server.draft, "take their version");
    expect(state().definition.name).toBe("theirs");
    expect(journal.entries()).toEqual([]);
    state().undo();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.draft.definition.name).toBe("mine still");
  });

  it("says so when the server will not have it, and tries again after the next edit", async () => {
    const server = new FakeServer();
    server.fail = ["forbidden"];
    const { edit, state } = open(server);
    edit();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state().save).toMatchObject({ kind: "refused", message: "Editors only." });
    edit();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state().save.kind).toBe("saved");
  });

  it("flush ends with everything saved, or says that it cannot", async () => {
    const server = new FakeServer();
    const { edit, saver } = open(server);
    edit("now");
    expect(await saver.flush()).toBe(true);
    expect(server.draft.definition.name).toBe("now");
    server.fail = ["unreachable"];
    edit("later");
    expect(await saver.flush()).toBe(false);
  });

  it("says when the browser has no room to keep edits", () => {
    const full = { ...memoryStorage(), length: 0, setItem: () => { throw new Error("QuotaExceeded"); } };
    const { edit, saver } = open(new FakeServer(), full);
    edit();
    expect(saver.leave()).toBe(false);
  });
});

describe("edits left by an earlier page", () => {
  function left(server: FakeServer) {
    const storage = memoryStorage();
    const page = open(server, storage);
    page.edit("left behind");
    page.saver.leave();
    page.saver.stop();
    return createJournal(storage, "p", "tab-2").entries();
  }

  it("go on where the server still has what they were made from", () => {
    const server = new FakeServer();
    const found = recover(left(server), server.draft, "tab-2", new Set());
    expect(found.recovery).toMatchObject({ kind: "restore", entry: { definition: { name: "left behind" } } });
  });

  it("go on where the server has an earlier save of theirs", () => {
    const server = new FakeServer();
    const entries = left(server);
    const own = { ...chain(), name: "left behind" };
    entries[0]!.definition = { ...own, name: "typed after that" };
    server.draft = draftOf(own, 2);
    expect(recover(entries, server.draft, "tab-1", new Set()).recovery.kind).toBe("restore");
  });

  it("are a question when somebody has saved since", () => {
    const server = new FakeServer();
    const entries = left(server);
    server.draft = draftOf({ ...chain(), name: "theirs" }, 2);
    expect(recover(entries, server.draft, "tab-2", new Set()).recovery.kind).toBe("conflict");
  });

  it("belong to their tab while it is open, and are forgotten when the server has them", () => {
    const server = new FakeServer();
    const entries = left(server);
    expect(recover(entries, server.draft, "tab-2", new Set(["tab-1"])).recovery.kind).toBe("nothing");
    server.draft = draftOf({ ...chain(), name: "left behind" }, 2);
    expect(same(recover(entries, server.draft, "tab-2", new Set()).obsolete, entries)).toBe(true);
  });
});
