import { clsx } from "clsx";
import { ArrowDown, ArrowUp, BoxSelect, Search, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";

import { ComponentIcon, useMarks } from "@/canvas";
import { useDocument } from "@/document";
import { refOf, shownName } from "@/graph/catalog";
import { FILTERS, find, parseQuery } from "@/graph/find";
import { IconButton, Input, StateBadge, Ticks } from "@/ui";

import { useEditor } from "./context";

/** So many rows are written out; whoever has more hits types another word. */
const SHOWN = 50;

/** Finds nodes by words and filters: arrows and Enter go from one to the next, Escape goes back. */
export function FindPanel({ onClose }: { onClose: () => void }) {
  const { actions, components, goTo, store } = useEditor();
  const definition = useDocument((state) => state.definition);
  const states = useMarks((marks) => marks.states);
  const problems = useMarks((marks) => marks.problems);
  const [text, setText] = useState("");
  const [at, setAt] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const query = parseQuery(text);
  const key = JSON.stringify(query);
  const found = useMemo(
    () => find(definition, components.catalog, query, { states, invalid: new Set(problems.keys()) }),
    // A query is a new object with the same words at every turn.
    [definition, components.catalog, key, states, problems],
  );

  useEffect(() => setAt(-1), [key]);
  useEffect(() => field.current?.select(), []);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const go = (next: number): void => {
    if (found.length === 0) return;
    const to = (next + found.length) % found.length;
    setAt(to);
    goTo(found[to] as string);
  };
  const close = (): void => {
    onClose();
    const [node] = store.getState().selection.nodes;
    if (node) actions.around.focusNode(node);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || (event.key === "Enter" && !event.shiftKey)) go(at + 1);
    else if (event.key === "ArrowUp" || event.key === "Enter") go(at < 0 ? -1 : at - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const said = text.trim() === "" ? "" : found.length === 0 ? "none" : at < 0 ? `${found.length}` : `${at + 1} of ${found.length}`;
  return (
    <section
      aria-label="Find in the graph"
      data-testid="find"
      className="absolute top-3 right-3 z-20 flex max-h-[min(26rem,calc(100%-1.5rem))] w-[min(22rem,calc(100%-1.5rem))] animate-pop flex-col rounded-lg border bg-surface shadow-float"
    >
      <div className="flex items-center gap-0.5 p-1.5">
        <div className="relative min-w-0 flex-1">
          <Search className="pointer-events-none absolute top-2 left-2 size-4 text-faint" aria-hidden />
          <Input
            ref={field}
            autoFocus
            role="combobox"
            aria-label="Find nodes"
            aria-expanded={found.length > 0}
            aria-controls={`${id}-list`}
            aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
            placeholder="Words or filters"
            autoComplete="off"
            spellCheck={false}
            className="w-full pr-14 pl-8"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
          />
          <span role="status" className="pointer-events-none absolute top-2 right-2 text-xs text-faint tabular-nums">
            {said}
          </span>
        </div>
        <IconButton size="sm" label="The one before" shortcut="Shift+Enter" icon={<ArrowUp />} disabled={found.length === 0} onClick={() => go(at < 0 ? -1 : at - 1)} />
        <IconButton size="sm" label="The next one" shortcut="Enter" icon={<ArrowDown />} disabled={found.length === 0} onClick={() => go(at + 1)} />
        <IconButton
          size="sm"
          label="Select all that were found"
          icon={<BoxSelect />}
          disabled={found.length === 0}
          onClick={() => store.getState().select({ nodes: new Set(found) })}
        />
        <IconButton size="sm" label="Close" shortcut="Escape" icon={<X />} onClick={close} />
      </div>
      {query.trouble ? (
        <p role="alert" className="border-t px-3 py-2 text-xs text-danger">
          <Ticks text={query.trouble} />
        </p>
      ) : query.terms.length === 0 ? (
        <Help
          onPick={(filter) => {
            setText(filter);
            field.current?.focus();
          }}
        />
      ) : (
        <ul ref={list} id={`${id}-list`} role="listbox" aria-label="Found" className="min-h-0 overflow-y-auto border-t p-1 empty:hidden">
          {found.slice(0, SHOWN).map((node, row) => (
            <Hit key={node} id={`${id}-${row}`} node={node} active={row === at} onPick={() => go(row)} />
          ))}
          {found.length > SHOWN && <li className="px-2 py-1 text-xs text-muted">and {found.length - SHOWN} more</li>}
        </ul>
      )}
    </section>
  );
}

function Help({ onPick }: { onPick: (filter: string) => void }) {
  return (
    <div className="border-t p-1 text-xs">
      {FILTERS.map(({ filter, means }) => (
        <button
          key={filter}
          type="button"
          onClick={() => onPick(filter)}
          className="flex w-full gap-2 rounded-md px-2 py-1 text-left hover:bg-hover"
        >
          <code className="w-20 shrink-0 text-ink">{filter}</code>
          <span className="min-w-0 text-muted">{means}</span>
        </button>
      ))}
      <p className="px-2 pt-1 pb-1.5 text-faint">
        All must hold; <code>-is:invalid</code> turns one round.
      </p>
    </div>
  );
}

function Hit({ id, node, active, onPick }: { id: string; node: string; active: boolean; onPick: () => void }) {
  const { components } = useEditor();
  const definition = useDocument((state) => state.definition);
  const status = useMarks((marks) => marks.states.get(node));
  const own = definition.nodes.find((one) => one.id === node);
  if (!own) return null;
  const ref = refOf(own);
  const spec = components.catalog.spec(ref);
  return (
    <li
      id={id}
      role="option"
      aria-selected={active}
      onClick={onPick}
      className={clsx("flex cursor-pointer items-center gap-2 rounded-md px-1.5 py-1", active ? "bg-hover" : "hover:bg-hover")}
    >
      <ComponentIcon icon={spec?.icon ?? "box"} namespace={spec?.namespace ?? ""} size="sm" />
      <span className="min-w-0 flex-1">
        <span className="block truncate">{own.title || spec?.title || node}</span>
        <span className="block truncate text-2xs text-faint">
          {node} · {shownName(ref)}
        </span>
      </span>
      {status && status.state !== "pending" && <StateBadge state={status.state} />}
    </li>
  );
}
