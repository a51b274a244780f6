/** Drawing a connection: what fits lights up, what does not says why, a drop finds its port. */
import type {
  Connection,
  FinalConnectionState,
  OnConnectStartParams,
  ReactFlowProps,
} from "@xyflow/react";
import { useCallback, useMemo } from "react";

import { connectAct, useDocumentStore } from "@/document";
import { dropOnNode } from "@/graph/autoconnect";
import { connectionGuide, type Terminal } from "@/graph/connect";
import type { Catalog } from "@/graph/types";

import { handlePort } from "./flow";
import { useMarksStore } from "./marks";

type Handlers = Required<
  Pick<
    ReactFlowProps,
    | "isValidConnection"
    | "onConnect"
    | "onConnectStart"
    | "onConnectEnd"
    | "onClickConnectStart"
    | "onClickConnectEnd"
  >
>;

export interface WireOptions {
  catalog: Catalog;
  /** A wire was dropped where nothing is. */
  onDropOnCanvas: (client: { x: number; y: number }, wire: Terminal) => void;
  /** A drop was refused; the words are for people. */
  onRefused: (client: { x: number; y: number }, reason: string) => void;
}

export function useWire({ catalog, onDropOnCanvas, onRefused }: WireOptions): Handlers {
  const documentStore = useDocumentStore();
  const marks = useMarksStore();

  const start = useCallback(
    (_event: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
      if (!nodeId) return;
      const side = handleType === "target" ? "in" : "out";
      const terminal: Terminal = { node: nodeId, port: handlePort(handleId), side };
      const { definition } = documentStore.getState();
      const guide = connectionGuide(definition, catalog, terminal);
      marks.setState({ wire: { start: terminal, guide } });
    },
    [catalog, documentStore, marks],
  );

  const end = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      const { wire } = marks.getState();
      marks.setState({ wire: null, dropTarget: null });
      if (!wire || state.isValid) return;
      const client = clientPoint(event);
      if (state.toHandle) {
        const { nodeId, id, type } = state.toHandle;
        const side = type === "target" ? "in" : "out";
        const verdict = wire.guide({ node: nodeId, port: handlePort(id), side });
        if (!verdict.ok && nodeId !== wire.start.node) onRefused(client, verdict.reason);
        return;
      }
      const under = document.elementFromPoint(client.x, client.y);
      const id = under?.closest("[data-node-id]")?.getAttribute("data-node-id");
      if (!id) {
        if (under?.closest(".react-flow__pane, .react-flow__edges")) onDropOnCanvas(client, wire.start);
        return;
      }
      if (id === wire.start.node) return;
      const { definition, perform } = documentStore.getState();
      const node = definition.nodes.find((candidate) => candidate.id === id);
      if (!node) return;
      const verdict = dropOnNode(definition, catalog, wire.start, node);
      if (verdict.ok) perform(connectAct(verdict.edge));
      else onRefused(client, verdict.reason);
    },
    [catalog, documentStore, marks, onDropOnCanvas, onRefused],
  );

  return useMemo<Handlers>(() => {
    const join = ({ source, target, sourceHandle, targetHandle }: Omit<Connection, "id">) => {
      const { definition } = documentStore.getState();
      const guide = connectionGuide(definition, catalog, {
        node: source,
        port: handlePort(sourceHandle),
        side: "out",
      });
      return guide({ node: target, port: handlePort(targetHandle), side: "in" });
    };
    return {
      isValidConnection: ({ source, target, sourceHandle = null, targetHandle = null }) =>
        join({ source, target, sourceHandle, targetHandle }).ok,
      onConnect: (connection) => {
        const verdict = join(connection);
        if (verdict.ok) documentStore.getState().perform(connectAct(verdict.edge));
      },
      onConnectStart: start,
      onConnectEnd: end,
      onClickConnectStart: start,
      onClickConnectEnd: () => marks.setState({ wire: null, dropTarget: null }),
    };
  }, [catalog, documentStore, end, marks, start]);
}

function clientPoint(event: MouseEvent | TouchEvent): { x: number; y: number } {
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  return { x: point?.clientX ?? 0, y: point?.clientY ?? 0 };
}
