import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { type ActionContext, useActionKeys } from "@/actions";
import type { Run } from "@/api/types";
import { drawn, MarksProvider, tidy, useCanvasView } from "@/canvas";
import { addAct, boxesOf, insertAct, moveAct, useDocument, useDocumentStore } from "@/document";
import { RerunDialog } from "@/features/rerun/RerunDialog";
import { useRerun } from "@/features/rerun/useRerun";
import { SidePane } from "@/features/run/SidePane";
import { nodeSize } from "@/graph/geometry";
import { portsOf } from "@/graph/interface";
import { useLiveRun } from "@/live";
import { Notice, toast, useTitle } from "@/ui";

import { CanvasArea, type CanvasAreaProps } from "./CanvasArea";
import { countUse } from "./componentSearch";
import { ConflictBanner } from "./ConflictBanner";
import { type AddOptions, EditorProvider, type EditorValue } from "./context";
import type { OpenedDraft } from "./draft";
import { FindPanel } from "./FindPanel";
import { FromRun } from "./FromRun";
import { HelpDialog } from "./HelpDialog";
import { HistoryPanel } from "./HistoryPanel";
import { Inspector } from "./inspector/Inspector";
import { type PaneId, paneOf } from "./inspector/NodeInspector";
import { Palette } from "./Palette";
import { PublishDialog } from "./PublishDialog";
import { QuickAdd, type QuickAddAt } from "./QuickAdd";
import { RunControls } from "./RunControls";
import { useAskRerun } from "./useAskRerun";
import { useCatalog } from "./useCatalog";
import { useAutosave } from "./useDraft";
import { useRunStates } from "./useRunStates";
import { useRunsElsewhere } from "./useRunsElsewhere";
import { useEditorUrl, useNodeInUrl } from "./useUrl";

type DialogId = "run" | "options" | "publish" | "help";

export interface WorkbenchProps {
  opened: OpenedDraft;
  mayRun: boolean;
}

/** The editor's parts around one document. */
export function Workbench({ opened, mayRun }: WorkbenchProps) {
  const { pipeline } = opened;
  const store = useDocumentStore();
  const definition = useDocument((state) => state.definition);
  const problems = useDocument((state) => state.problems);
  const editable = useDocument((state) => state.editable);
  const components = useCatalog(definition, pipeline);
  const view = useCanvasView();
  const saver = useAutosave(store, opened);
  const url = useEditorUrl();
  const live = useLiveRun(url.run);
  const states = useRunStates(live.run);
  const rerun = useRerun();
  const [dialog, setDialog] = useState<DialogId | null>(null);
  const [problemsOpen, openProblems] = useState(false);
  const [history, setHistory] = useState(false);
  const [quickAdd, setQuickAdd] = useState<QuickAddAt | null>(null);
  /** How often the search in the graph was asked for; 0 while it is closed. */
  const [finding, setFinding] = useState(0);
  const [pane, setPane] = useState<PaneId>("settings");
  const [focus, setFocus] = useState<{ field: string; times: number } | null>(null);
  const paletteInput = useRef<HTMLInputElement>(null);
  const canvasBox = useRef<HTMLDivElement>(null);
  const queryClient = useQueryClient();
  useTitle(definition.name);

  const { catalog, latest } = components;
  const current = useCallback(() => drawn(store.getState().definition, catalog), [store, catalog]);

  const boxOf = useCallback(
    (id: string) => {
      const now = current();
      const node = now.definition.nodes.find((one) => one.id === id);
      const [x, y] = now.layout[id] ?? [0, 0];
      return { x, y, ...nodeSize(node && portsOf(now.definition, catalog, node)) };
    },
    [current, catalog],
  );

  const focusField = useCallback(
    (field: string) => setFocus((before) => ({ field, times: (before?.times ?? 0) + 1 })),
    [],
  );

  const goTo = useCallback<EditorValue["goTo"]>(
    (node, problem) => {
      store.getState().select({ nodes: new Set([node]) });
      view.center(boxOf(node));
      if (!problem) return;
      setPane(paneOf(problem));
      focusField(problem.field?.replace(/^params\./, "") ?? `port ${problem.port ?? ""}`);
    },
    [store, view, boxOf, focusField],
  );
  const ready = useRef(false);
  const choose = useCallback(
    (node: string) => {
      store.getState().select({ nodes: new Set([node]) });
      if (ready.current) view.reveal(boxOf(node));
    },
    [store, view, boxOf],
  );
  useNodeInUrl(store, url, choose);
  const onReady = useCallback(() => {
    ready.current = true;
    const [node] = store.getState().selection.nodes;
    if (node) view.reveal(boxOf(node));
  }, [store, view, boxOf]);

  const add = useCallback(
    (component: string, options: AddOptions = {}) => {
      const { selection, perform, select } = store.getState();
      const [selected] = selection.nodes;
      const version = latest.get(component);
      const using = version === undefined ? component : `${component}@${version}`;
      const addition = options.edge
        ? insertAct(current(), { component: using, edge: options.edge, at: options.at })
        : addAct(current(), {
            component: using,
            anchor: options.at || selection.nodes.size !== 1 ? null : selected,
            middle: view.middle(),
            ...options,
          });
      if (typeof addition === "string") return void toast({ tone: "error", title: addition });
      const refused = perform(addition.act);
      if (refused) return void toast({ tone: "error", title: refused });
      countUse(component);
      select({ nodes: new Set([addition.id]) });
      setFocus(null);
      view.reveal(addition.box, boxesOf(current()));
    },
    [store, current, latest, view],
  );

  const tidyUp = useCallback(
    async (nodes: ReadonlySet<string>) => {
      const before = current();
      try {
        const layout = await tidy(before, nodes);
        if (store.getState().definition !== before.definition) return; // Edited meanwhile: ask again.
        store.getState().perform(moveAct(before, layout, { label: "tidy" }));
        requestAnimationFrame(() => view.fit());
      } catch (error) {
        toast({ tone: "error", title: "The graph could not be tidied", description: String(error) });
      }
    },
    [store, current, view],
  );

  const addHere = useCallback(() => {
    const box = canvasBox.current?.getBoundingClientRect();
    const { nodes, edges } = store.getState().selection;
    const edge = nodes.size === 0 && edges.size === 1 ? ([...edges][0] ?? null) : null;
    const client = box && { x: box.left + box.width / 2 - 150, y: box.top + box.height / 4 };
    if (client) setQuickAdd({ client, wire: null, edge });
  }, [store]);

  const askRerun = useAskRerun({ pipeline, store, saver, shown: live.run, ask: rerun.ask, openProblems });
  const actions = useMemo<ActionContext>(
    () => ({
      store,
      drawn: current,
      view,
      around: {
        openRun: (options = false) => setDialog(options ? "options" : "run"),
        askRerun: (mode, nodes) => void askRerun(mode, nodes),
        openPublish: () => setDialog("publish"),
        openHelp: () => setDialog("help"),
        searchPalette: () => {
          const input = paletteInput.current;
          if (input?.checkVisibility()) input.select();
          else addHere();
        },
        addHere,
        openFind: () => setFinding((times) => times + 1),
        renameNode: () => focusField("title"),
        focusNode: (id) => {
          view.reveal(boxOf(id));
          canvasBox.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus();
        },
        tidy: (nodes) => void tidyUp(nodes),
        save: () => void saver?.flush(),
        say: (title, trouble) => void toast({ title, tone: trouble ? "error" : "info" }),
      },
    }),
    [store, current, view, boxOf, tidyUp, saver, focusField, addHere, askRerun],
  );
  useActionKeys(actions);

  const { set: setUrl } = url;
  const showRun = useCallback((run: string | null) => setUrl({ run }), [setUrl]);
  const tellRun = useRunsElsewhere(pipeline, url.run, showRun);

  const started = useCallback(
    (run: Run) => {
      tellRun(run.id);
      showRun(run.id);
      void queryClient.invalidateQueries({ queryKey: ["runs"] });
    },
    [tellRun, showRun, queryClient],
  );

  useEffect(() => {
    if (opened.left && !opened.left.conflict) toast("Edits that could not be saved before are back.");
  }, [opened.left]);

  const showVersion = useCallback((version: number | null) => setUrl({ version }), [setUrl]);
  const addAt = useCallback<CanvasAreaProps["onAddAt"]>(
    (client, wire, edge) => setQuickAdd({ client, wire, edge }),
    [],
  );
  const openInside = useCallback(
    (path: readonly string[]) => setUrl({ inside: path.join("/") || null, version: null }),
    [setUrl],
  );
  const openNode = useCallback(
    (id: string) => {
      const node = store.getState().definition.nodes.find((one) => one.id === id);
      if (node?.pipeline) return openInside([id]);
      setPane("settings");
      focusField("title");
    },
    [store, openInside, focusField],
  );

  const value = useMemo<EditorValue>(
    () => ({
      ...{ pipeline, store, saver, components, view, actions, add, goTo, live, showRun, mayRun },
      ...{ runId: url.run, problemsOpen, openProblems, openInside },
    }),
    [openInside, pipeline, store, saver, components, view, actions, add, goTo, live, showRun, mayRun, url.run, problemsOpen],
  );

  return (
    <EditorProvider value={value}>
      <MarksProvider states={states} fates={rerun.fates} problems={problems}>
        <div className="flex h-full flex-col">
          <RunControls
            dialog={dialog === "run" || dialog === "options" ? dialog : null}
            onClose={() => setDialog(null)}
            history={history || url.version !== null}
            onHistory={() => {
              const open = history || url.version !== null;
              setHistory(!open);
              if (open) setUrl({ version: null });
            }}
            onStarted={started}
          />
          <ConflictBanner />
          {opened.notes.length > 0 && (
            <Notice tone="warning" className="m-2" title="This draft had to be repaired to be drawn">
              {opened.notes.join(" ")}
            </Notice>
          )}
          <FromRun url={url} />
          <div className="flex min-h-0 flex-1">
            {editable && url.version === null && url.inside.length === 0 && <Palette inputRef={paletteInput} />}
            <CanvasArea
              boxRef={canvasBox}
              version={url.version}
              inside={url.inside}
              onVersion={showVersion}
              onReady={onReady}
              onAddAt={addAt}
              onOpenNode={openNode}
            >
              {finding > 0 && <FindPanel key={finding} onClose={() => setFinding(0)} />}
            </CanvasArea>
            {url.inside.length === 0 && (
            <SidePane label="the inspector" storageKey="penstock-inspector-width" first={360}>
              {history || url.version !== null ? (
                <HistoryPanel
                  shown={url.version}
                  onShow={showVersion}
                  onClose={() => {
                    setHistory(false);
                    setUrl({ version: null });
                  }}
                />
              ) : (
                <Inspector
                  pane={pane}
                  onPane={(next) => {
                    setPane(next);
                    setFocus(null);
                  }}
                  focus={focus}
                />
              )}
            </SidePane>
            )}
          </div>
        </div>
        <PublishDialog open={dialog === "publish"} onClose={() => setDialog(null)} />
        <RerunDialog
          question={rerun.question}
          team={pipeline.team}
          onClose={rerun.close}
          onOutlook={rerun.show}
          onStarted={started}
        />
        <HelpDialog open={dialog === "help"} onClose={() => setDialog(null)} />
        {quickAdd && <QuickAdd at={quickAdd} onClose={() => setQuickAdd(null)} />}
      </MarksProvider>
    </EditorProvider>
  );
}
