import { ArrowUp, Maximize2, X } from "lucide-react";
import { useEffect, useRef } from "react";

import { ComponentIcon } from "@/canvas";
import { useDocument, versionAct } from "@/document";
import { parseRef, refOf, shownName } from "@/graph/catalog";
import type { NodeDef, Problem } from "@/graph/types";
import { Button, IconButton, Notice, Select, Tabs } from "@/ui";

import { useEditor } from "../context";
import { OptionsPane } from "./OptionsPane";
import { PortsPane } from "./PortsPane";
import { SettingsPane } from "./SettingsPane";
import { UsedLink } from "./UsedLink";
import { useNodeEdits } from "./useNodeEdits";

export type PaneId = "settings" | "ports" | "options";

/** The pane in which a problem is mended. */
export function paneOf({ code, field, port }: Pick<Problem, "code" | "field" | "port">): PaneId {
  if (code === "missing_input" || port) return "ports";
  return field && !field.startsWith("params") ? "options" : "settings";
}

export interface NodeInspectorProps {
  node: NodeDef;
  pane: PaneId;
  onPane: (pane: PaneId) => void;
  /** A field to put the cursor into; changes when it is asked for again. */
  focus: { field: string; times: number } | null;
}

/** All about one node of the draft, in three panes. */
export function NodeInspector({ node, pane, onPane, focus }: NodeInspectorProps) {
  const { store, components } = useEditor();
  const problems = useDocument((state) => state.problems);
  const box = useRef<HTMLElement>(null);
  const spec = components.catalog.spec(refOf(node));
  const own = problems.filter((problem) => problem.node === node.id);
  const count = (id: PaneId): number | undefined => own.filter((problem) => paneOf(problem) === id).length || undefined;

  useEffect(() => {
    if (!focus) return;
    const frame = requestAnimationFrame(() => {
      const place = box.current?.querySelector(`[data-path="${CSS.escape(focus.field)}"]`);
      const control = place?.querySelector<HTMLElement>("input, textarea, [role='combobox'], .cm-content, button");
      place?.scrollIntoView({ block: "nearest" });
      control?.focus();
      if (control instanceof HTMLInputElement && focus.field === "title") control.select();
    });
    return () => cancelAnimationFrame(frame);
  }, [focus, pane]);

  const missing = (
    <div className="p-4">
      <Notice tone="danger" title={node.pipeline ? "There is no such pipeline" : "This component is not in the catalog"}>
        `{shownName(refOf(node)) || "no component"}` may have been renamed, or belongs to another team. Its settings are kept.
      </Notice>
    </div>
  );
  return (
    <section
      ref={box}
      aria-label={`Node ${node.id}`}
      data-testid="inspector"
      className="flex h-full min-h-0 flex-col bg-surface"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        store.getState().select({});
      }}
    >
      <Header node={node} onClose={() => store.getState().select({})} />
      <Tabs
        label={`Panes of ${node.id}`}
        size="sm"
        className="flex-1"
        value={pane}
        onValueChange={(id) => onPane(id as PaneId)}
        items={[
          { id: "settings", label: "Settings", count: count("settings"), content: spec ? <SettingsPane node={node} spec={spec} /> : missing },
          { id: "ports", label: "Ports & docs", count: count("ports"), content: spec ? <PortsPane node={node} spec={spec} /> : missing },
          { id: "options", label: "Options", count: count("options"), content: <OptionsPane node={node} /> },
        ]}
      />
    </section>
  );
}

/** All versions, the newest first; and the one that is used, should it not be there. */
function versionsOf(newest: number, used: number): number[] {
  const all = Array.from({ length: newest }, (_, at) => newest - at);
  return used > newest ? [used, ...all] : all;
}

function Header({ node, onClose }: { node: NodeDef; onClose: () => void }) {
  const { components, openInside, store } = useEditor();
  const { setOption } = useNodeEdits(node.id);
  const editable = useDocument((state) => state.editable);
  const ref = refOf(node);
  const spec = components.catalog.spec(ref);
  const { name, version } = parseRef(ref);
  const newest = components.latest.get(name);
  const outdated = version !== null && newest !== undefined && newest > version;
  const take = (number: number): void => void store.getState().perform(versionAct(node.id, name, number));
  return (
    <header className="flex shrink-0 flex-col gap-1.5 px-3 pt-2.5 pb-1.5">
      <h2 className="sr-only">{node.title || spec?.title || node.id}</h2>
      <div className="flex items-center gap-2" data-path="title">
        <ComponentIcon icon={spec?.icon ?? "box"} namespace={name.split(/[/:]/)[0]} />
        <input
          aria-label="Title"
          value={node.title ?? ""}
          placeholder={spec?.title ?? node.id}
          readOnly={!editable}
          maxLength={200}
          onChange={(event) => setOption("title", event.target.value || undefined, `retitle ${node.id}`)}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
          }}
          className="h-8 min-w-0 flex-1 truncate rounded-md border border-transparent bg-transparent px-1.5 text-base font-semibold placeholder:text-ink hover:border-line-strong focus:border-field focus:bg-surface focus:placeholder:text-faint"
        />
        <IconButton label="Close the node" size="sm" icon={<X />} onClick={onClose} />
      </div>
      <p className="flex items-center gap-2 pl-10 text-xs text-muted">
        <span className="min-w-0 truncate font-mono">{node.id}</span>
        <span aria-hidden>·</span>
        <UsedLink node={node} className="min-w-0 truncate hover:text-accent hover:underline" />
        {editable && newest !== undefined && version !== null && newest > 1 ? (
          <Select
            label="Version"
            className="h-5! shrink-0 px-1! text-xs!"
            value={String(version)}
            options={versionsOf(newest, version).map((number) => ({ value: String(number), label: `v${number}` }))}
            onValueChange={(number) => take(Number(number))}
          />
        ) : (
          <span className="shrink-0 tabular-nums">{version === null ? "newest" : `v${version}`}</span>
        )}
        {outdated && editable && (
          <Button
            size="sm"
            className="h-5! px-1.5! text-2xs!"
            icon={<ArrowUp className="size-3" aria-hidden />}
            onClick={() => take(newest)}
          >
            Version {newest}
          </Button>
        )}
        {node.pipeline && spec && (
          <Button
            size="sm"
            className="h-5! px-1.5! text-2xs!"
            icon={<Maximize2 className="size-3" aria-hidden />}
            onClick={() => openInside([node.id])}
          >
            Open
          </Button>
        )}
      </p>
    </header>
  );
}
