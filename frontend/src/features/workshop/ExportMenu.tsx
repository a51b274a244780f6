import { Download } from "lucide-react";

import { errorMessage } from "@/api/problem";
import { type ComponentFileFormat, downloadComponent } from "@/api/resources/componentDrafts";
import { Button, Menu, toast } from "@/ui";

/** The kinds that have a counterpart in Kubeflow Pipelines. */
const IN_KFP: ReadonlySet<string> = new Set(["python", "shell", "container"]);

/** A version of a component as a file. */
export function ExportMenu({ component, number, kind }: { component: string; number: number; kind: string }) {
  const save = (form: ComponentFileFormat) => () =>
    void downloadComponent(component, number, form).catch((error: unknown) =>
      toast({ tone: "error", title: "No file was made", description: errorMessage(error) }),
    );
  return (
    <Menu
      items={[
        { id: "penstock", label: "Component file", onSelect: save("penstock") },
        ...(IN_KFP.has(kind) ? [{ id: "kfp", label: "KFP component.yaml", onSelect: save("kfp") }] : []),
      ]}
    >
      <Button icon={<Download className="size-4" aria-hidden />}>Export</Button>
    </Menu>
  );
}
