import { X } from "lucide-react";
import { lazy, type ReactNode, Suspense, useMemo } from "react";

import { portClass } from "@/canvas";
import { connectAct, removeAct, useDocument } from "@/document";
import { refOf } from "@/graph/catalog";
import { connectionGuide, type Terminal } from "@/graph/connect";
import { edgeKey, formatEnd } from "@/graph/ends";
import { interfaceOf, portsOf } from "@/graph/interface";
import type { ComponentSpec, EdgeDef, InputPort, NodeDef, OutputPort } from "@/graph/types";
import { Badge, Button, IconButton, Select } from "@/ui";

import { useEditor } from "../context";
import { UsedLink } from "./UsedLink";
import { useNodeEdits } from "./useNodeEdits";

const Docs = lazy(() => import("@/features/components/Docs"));

/** What goes in and out, wiring by keyboard, and what the component's author says about it. */
export function PortsPane({ node, spec }: { node: NodeDef; spec: ComponentSpec }) {
  const definition = useDocument((state) => state.definition);
  const ports = interfaceOf(node, spec, definition.parameters);
  return (
    <div className="flex flex-col gap-5 p-4">
      <Section title="Inputs">
        {ports.inputs.length === 0 && <p className="text-xs text-muted">Nothing flows into it.</p>}
        {ports.inputs.map((port) => (
          <Port key={port.name} node={node.id} port={port} side="in" />
        ))}
      </Section>
      <Section title="Outputs">
        {ports.outputs.length === 0 && <p className="text-xs text-muted">Nothing comes out of it.</p>}
        {ports.outputs.map((port) => (
          <Port key={port.name} node={node.id} port={port} side="out" />
        ))}
      </Section>
      <Section title="Order alone">
        <Connections terminal={{ node: node.id, port: null, side: "in" }} verb="Run after" />
      </Section>
      <Examples node={node} spec={spec} />
      {(spec.docs || spec.summary) && (
        <Section title={node.pipeline ? "About this pipeline" : "About this component"} className="[&_.docs]:text-sm!">
          <Suspense fallback={<p className="text-muted">{spec.summary}</p>}>
            <Docs text={spec.docs || spec.summary} />
          </Suspense>
          <UsedLink node={node} className="text-xs text-accent underline">
            {node.pipeline ? "Open the pipeline" : "Its page in the catalog"}
          </UsedLink>
        </Section>
      )}
    </div>
  );
}

function Section({ title, className = "", children }: { title: string; className?: string; children: ReactNode }) {
  return (
    <section className={`flex flex-col gap-2 ${className}`}>
      <h3 className="text-xs font-semibold text-muted">{title}</h3>
      {children}
    </section>
  );
}

function Port({ node, port, side }: { node: string; port: InputPort | OutputPort; side: "in" | "out" }) {
  const required = "required" in port && port.required;
  const many = "multiple" in port && port.multiple;
  return (
    <div className="rounded-md border p-2.5" data-path={side === "in" ? `port ${port.name}` : undefined}>
      <div className="flex items-center gap-2">
        <span className={`size-2.5 shrink-0 rounded-full bg-current ${portClass(port.type)}`} aria-hidden />
        <span className="font-mono text-xs font-medium">{port.name}</span>
        <span className="text-xs text-muted">{port.type}</span>
        <span className="flex-1" />
        {many && <Badge>several</Badge>}
        {side === "in" && !required && <Badge>optional</Badge>}
      </div>
      {port.help && <p className="mt-1 text-xs text-muted">{port.help}</p>}
      <Connections terminal={{ node, port: port.name, side }} verb={side === "in" ? "Take from" : "Give to"} />
    </div>
  );
}

/** The edges at one end, and a choice of everything that could be joined to it. */
function Connections({ terminal, verb }: { terminal: Terminal; verb: string }) {
  const { store, components, goTo } = useEditor();
  const definition = useDocument((state) => state.definition);
  const editable = useDocument((state) => state.editable);
  const own = formatEnd(terminal);
  const edges = definition.edges.filter((edge) => (terminal.side === "in" ? edge.to : edge.from) === own);
  const options = useMemo(() => {
    const guide = connectionGuide(definition, components.catalog, terminal);
    const side = terminal.side === "in" ? "out" : "in";
    return definition.nodes.flatMap((node) => {
      const spec = components.catalog.spec(refOf(node));
      const own = portsOf(definition, components.catalog, node);
      const data = ((side === "out" ? own?.outputs : own?.inputs) ?? []).map(({ name }) => name);
      // A case of a branch leads to a whole node as well.
      const ports = terminal.port === null ? [null, ...(side === "out" ? (own?.cases ?? []) : [])] : [...data, null];
      return ports.flatMap((port) => {
        const verdict = guide({ node: node.id, port, side });
        const title = node.title || spec?.title || node.id;
        return verdict.ok ? [{ edge: verdict.edge, label: port === null ? `${title} (${node.id})` : `${title} (${node.id}) · ${port}` }] : [];
      });
    });
    // The terminal is made anew at every drawing; what it says is in `own` and its side.
  }, [definition, components.catalog, own, terminal.side]);

  const remove = (edge: EdgeDef): void => {
    store.getState().perform(removeAct(definition, { nodes: new Set(), edges: new Set([edgeKey(edge)]) }));
  };

  return (
    <>
      {edges.map((edge) => {
        const other = terminal.side === "in" ? edge.from : edge.to;
        return (
          <div key={edgeKey(edge)} className="mt-1.5 flex items-center gap-1">
            <button
              type="button"
              onClick={() => goTo(other.split(".")[0] ?? other)}
              className="min-w-0 flex-1 truncate rounded-sm bg-inset px-2 py-1 text-left font-mono text-xs hover:bg-hover"
            >
              {terminal.side === "in" ? "← " : "→ "}
              {other}
            </button>
            {editable && (
              <IconButton label={`Remove the edge ${edgeKey(edge)}`} size="sm" icon={<X />} onClick={() => remove(edge)} />
            )}
          </div>
        );
      })}
      {editable && options.length > 0 && (
        <Select
          label={`${verb}, ${own}`}
          className="mt-1.5"
          placeholder={`${verb}…`}
          value=""
          options={options.map(({ edge, label }) => ({ value: edgeKey(edge), label }))}
          onValueChange={(key) => {
            const chosen = options.find(({ edge }) => edgeKey(edge) === key);
            if (chosen) store.getState().perform(connectAct(chosen.edge));
          }}
        />
      )}
    </>
  );
}

function Examples({ node, spec }: { node: NodeDef; spec: ComponentSpec }) {
  const { setParams } = useNodeEdits(node.id);
  const editable = useDocument((state) => state.editable);
  const usable = spec.examples.filter(({ params }) => Object.keys(params).length > 0);
  if (usable.length === 0 || !editable) return null;
  return (
    <Section title="Worked examples">
      {usable.map(({ title, params }, at) => (
        <div key={`${title} ${at}`} className="flex items-center gap-2">
          <span className="min-w-0 flex-1 text-xs" title={JSON.stringify(params, null, 2)}>
            {title || `Example ${at + 1}`}
          </span>
          <Button size="sm" onClick={() => setParams({ ...node.params, ...params }, `use an example on ${node.id}`)}>
            Use these settings
          </Button>
        </div>
      ))}
    </Section>
  );
}
