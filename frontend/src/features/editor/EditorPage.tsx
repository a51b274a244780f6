import { useQuery } from "@tanstack/react-query";
import { ReactFlowProvider } from "@xyflow/react";
import { useState } from "react";
import { useParams } from "react-router";

import { useMe } from "@/api/hooks";
import { ApiProblem } from "@/api/problem";
import type { Role } from "@/api/types";
import { DocumentProvider } from "@/document";
import { EmptyState, Loaded } from "@/ui";

import { openDraft, type OpenedDraft } from "./draft";
import { createDraft, mayEdit } from "./useDraft";
import { Workbench } from "./Workbench";

/** The page of one pipeline: its draft on the canvas. */
export function EditorPage() {
  const { id = "" } = useParams();
  return <Opening key={id} id={id} />;
}

/** Reads the draft once; from then on the document is the truth here, and saving keeps it so there. */
function Opening({ id }: { id: string }) {
  const me = useMe();
  const opening = useQuery({
    queryKey: ["pipeline", id, "opening"],
    queryFn: ({ signal }) => openDraft(id, signal),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  if (opening.error instanceof ApiProblem && opening.error.status === 404) {
    return (
      <EmptyState title="There is no such pipeline">
        It was archived, or it belongs to a team that you are not a member of.
      </EmptyState>
    );
  }
  return (
    <Loaded query={me} what="who you are">
      {({ teams }) => (
        <Loaded query={opening} what="the pipeline">
          {(opened) => (
            <Editor opened={opened} role={teams.find((team) => team.id === opened.pipeline.team)?.role} />
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

function Editor({ opened, role }: { opened: OpenedDraft; role: Role | undefined }) {
  const [first] = useState(opened);
  const [store] = useState(() => createDraft(first, mayEdit(role)));
  return (
    <DocumentProvider value={store}>
      <ReactFlowProvider>
        <Workbench opened={first} mayRun={role !== undefined && role !== "viewer"} />
      </ReactFlowProvider>
    </DocumentProvider>
  );
}
