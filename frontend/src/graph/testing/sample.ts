/** A small catalog and pipeline that tests of the graph, the document and the canvas share. */
import { catalogOf } from "../catalog";
import type { ComponentSpec, Definition, InputPort, OutputPort, PortType } from "../types";

export function input(name: string, type: PortType, more: Partial<InputPort> = {}): InputPort {
  return { name, type, required: true, multiple: false, help: "", ...more };
}

export function output(name: string, type: PortType): OutputPort {
  return { name, type, help: "" };
}

export function component(
  name: string,
  inputs: InputPort[],
  outputs: OutputPort[],
  more: Partial<ComponentSpec> = {},
): ComponentSpec {
  return {
    namespace: "core",
    name,
    title: name,
    kind: "python",
    category: "data",
    icon: "box",
    summary: "",
    docs: "",
    inputs,
    outputs,
    parameters: { type: "object", properties: {} },
    implementation: {},
    examples: [],
    ...more,
  };
}

export const SPECS: Record<string, ComponentSpec> = {
  "core/read@1": component("read", [], [output("table", "table")]),
  "core/clean@1": component("clean", [input("data", "table")], [output("table", "table")]),
  "core/join@1": component(
    "join",
    [input("tables", "table", { multiple: true })],
    [output("table", "table"), output("rows", "integer")],
  ),
  "core/chart@1": component("chart", [input("data", "table")], [output("image", "image")]),
  "core/notify@1": component("notify", [input("text", "text", { required: false })], []),
};

export const catalog = catalogOf(SPECS);

export function definition(parts: Partial<Definition> = {}): Definition {
  return { schema: 1, name: "Sample", nodes: [], edges: [], layout: {}, ...parts };
}

/** read → clean → chart, side by side. */
export function chain(): Definition {
  return definition({
    nodes: [
      { id: "read", component: "core/read@1" },
      { id: "clean", component: "core/clean" },
      { id: "chart", component: "core/chart@1" },
    ],
    edges: [
      { from: "read.table", to: "clean.data" },
      { from: "clean.table", to: "chart.data" },
    ],
    layout: { read: [0, 0], clean: [300, 0], chart: [600, 0] },
  });
}
