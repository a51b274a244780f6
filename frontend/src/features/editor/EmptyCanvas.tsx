import { useMutation } from "@tanstack/react-query";
import { ArrowRight, MousePointerClick, Play, Search, Spline } from "lucide-react";
import { useState } from "react";

import { action } from "@/actions";
import { usePipelines } from "@/api/hooks";
import { errorMessage } from "@/api/problem";
import { getPipeline } from "@/api/resources/pipelines";
import { examplesOf } from "@/features/pipelines/examples";
import { readDefinition } from "@/graph/read";
import { Button, Dialog, Kbd, Loaded, toast } from "@/ui";

import { useEditor } from "./context";

const STEPS = [
  { icon: MousePointerClick, text: "Drag a component here, double-click anywhere, or press", keys: "N" },
  { icon: Spline, text: "Draw from a port on the right of a node to the left of the next." },
  { icon: Play, text: "Watch it run, node by node:", keys: "Mod+Enter" },
];

/** What an empty canvas says: three sentences, and two ways to begin. */
export function EmptyCanvas() {
  const { actions } = useEditor();
  const [choosing, setChoosing] = useState(false);
  return (
    <div className="pointer-events-none absolute inset-0 flex items-center justify-center p-6" data-testid="empty-canvas">
      <div className="flex max-w-lg flex-col items-center gap-5 text-center">
        <h2 className="text-lg font-semibold">Build a pipeline</h2>
        <ol className="flex flex-col gap-3 text-left text-muted">
          {STEPS.map(({ icon: Icon, text, keys }) => (
            <li key={text} className="flex items-start gap-3">
              <Icon className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden />
              <span>
                {text} {keys && <Kbd keys={keys} />}
              </span>
            </li>
          ))}
        </ol>
        <div className="pointer-events-auto flex flex-wrap justify-center gap-2">
          <Button
            tone="primary"
            icon={<Search className="size-4" aria-hidden />}
            onClick={() => action("search").perform(actions)}
          >
            Search components
          </Button>
          <Button onClick={() => setChoosing(true)}>Start from an example</Button>
        </div>
      </div>
      <Dialog
        open={choosing}
        onOpenChange={setChoosing}
        size="md"
        title="Start from an example"
        description="Its nodes are copied into this draft; the example stays as it is."
      >
        {choosing && <Examples onDone={() => setChoosing(false)} />}
      </Dialog>
    </div>
  );
}

/** `Example: word count` is a name for the example, not for what somebody makes of it. */
function ownName(example: string): string {
  const name = example.replace(/^Example:\s*/, "");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function Examples({ onDone }: { onDone: () => void }) {
  const { pipeline, store } = useEditor();
  const query = usePipelines({ page_size: 100 });
  const take = useMutation({
    mutationFn: (id: string) => getPipeline(id),
    onSuccess: ({ draft, name }) => {
      const example = readDefinition(draft.definition).definition;
      const own = store.getState().definition;
      const keepName = own.name && own.name !== "Untitled pipeline";
      store.getState().perform({
        edit: { kind: "replace", definition: { ...example, name: keepName ? own.name : ownName(name) } },
        label: `start from ${name}`,
      });
      onDone();
    },
    onError: (error) => toast({ tone: "error", title: "The example could not be read", description: errorMessage(error) }),
  });
  return (
    <Loaded query={query} what="the examples">
      {({ results }) => {
        const others = results.filter(({ id }) => id !== pipeline.id);
        const examples = examplesOf(others).whole;
        const offered = examples.length > 0 ? examples : others;
        if (offered.length === 0) return <p className="py-2 text-muted">There is no other pipeline to start from yet.</p>;
        return (
          <ul className="flex flex-col gap-2 pt-1">
            {offered.map(({ id, name, description }) => (
              <li key={id}>
                <button
                  type="button"
                  disabled={take.isPending}
                  onClick={() => take.mutate(id)}
                  className="group flex w-full items-center gap-3 rounded-md border p-3 text-left hover:border-accent hover:bg-accent-soft"
                >
                  <span className="min-w-0 flex-1">
                    <span className="block font-medium">{name}</span>
                    <span className="line-clamp-2 text-xs text-muted">{description}</span>
                  </span>
                  <ArrowRight className="size-4 shrink-0 text-accent opacity-0 group-hover:opacity-100" aria-hidden />
                </button>
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}
