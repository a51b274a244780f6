import type { Ref } from "react";

import { Loaded, Spinner } from "@/ui";

import { ComponentList } from "./ComponentList";
import { useEditor } from "./context";

/** The components at hand, left of the canvas. */
export function Palette({ inputRef }: { inputRef: Ref<HTMLInputElement> }) {
  const { components, add } = useEditor();
  const { components: list, error, ready, refetch } = components;
  return (
    <section
      aria-label="Components to add"
      className="flex w-60 shrink-0 flex-col border-r bg-surface max-[1100px]:hidden"
      data-testid="palette"
    >
      {ready ? (
        <ComponentList
          label="Search components"
          components={list}
          inputRef={inputRef}
          onPick={(component) => add(component.full_name)}
        />
      ) : error ? (
        <Loaded query={{ data: undefined, error, isFetching: false, refetch }} what="the components">
          {() => null}
        </Loaded>
      ) : (
        <div className="flex justify-center p-8">
          <Spinner label="Loading…" />
        </div>
      )}
    </section>
  );
}
