/** Fakes and generators for tests of the document. */
import fc from "fast-check";

import type { Definition } from "@/graph/types";

import type { Edit } from "./edits";
import type { ServerDraft } from "./save";

export function draftOf(definition: Definition, revision = 1): ServerDraft {
  return {
    definition,
    revision,
    problems: [],
    updated_at: "2026-01-01T00:00:00Z",
    updated_by: { id: 1, username: "ada" },
    changed: true,
  };
}

/** fast-check makes objects without a prototype, JSON never does. */
const plain = <T>(value: T): T => structuredClone(value);

const id = fc.constantFrom("a", "b", "c", "d", "e_2");
const end = fc.oneof(id, fc.tuple(id, fc.constantFrom("x", "y")).map(([n, p]) => `${n}.${p}`));
const point = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -999, max: 999 }));
const text = fc.oneof(
  fc.string({ maxLength: 5 }),
  id.map((node) => `\${{ nodes.${node}.outputs.x }}`),
  id.map((node) => `\${{ nodes['${node}'].state }}`),
);
const value = fc.oneof(text, fc.integer(), fc.array(text, { maxLength: 2 }), fc.constant(undefined));
const params = fc.dictionary(fc.constantFrom("p", "q"), fc.oneof(text, fc.integer()));
const node = fc.record({ id, component: fc.constant("core/read"), params }, { requiredKeys: ["id", "component"] });
const edge = fc.record({ from: end, to: end });
const at = fc.option(fc.nat(6), { nil: undefined });

export const definitions: fc.Arbitrary<Definition> = fc
  .record({
    schema: fc.constant(1 as const),
    name: fc.string(),
    nodes: fc.uniqueArray(node, { selector: (one) => one.id }),
    edges: fc.array(edge, { maxLength: 6 }),
  })
  .chain((parts) =>
    fc.array(point, { minLength: 5, maxLength: 5 }).map((points) => ({
      ...parts,
      layout: Object.fromEntries(
        parts.nodes.slice(0, 3).map((one, index) => [one.id, points[index] as [number, number]]),
      ),
    })),
  )
  .map(plain);

const simple: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constant("add" as const),
    nodes: fc.array(fc.record({ node, at, position: point }, { requiredKeys: ["node"] }), { maxLength: 2 }),
    edges: fc.array(fc.record({ edge, at }, { requiredKeys: ["edge"] }), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("remove" as const),
    nodes: fc.array(id, { maxLength: 2 }),
    edges: fc.array(edge.map(({ from, to }) => `${from} -> ${to}`), { maxLength: 1 }),
  }),
  fc.record({
    kind: fc.constant("move" as const),
    positions: fc.dictionary(id, fc.option(point)) as fc.Arbitrary<Record<string, [number, number] | null>>,
  }),
  fc.record({ kind: fc.constant("rename" as const), from: id, to: fc.constantFrom("a", "b", "z", "9", "load") }),
  fc.record({ kind: fc.constant("setParam" as const), node: id, name: fc.constantFrom("p", "q"), value }),
  fc.record({ kind: fc.constant("setParams" as const), node: id, params: fc.option(params, { nil: undefined }) }),
  fc.record({
    kind: fc.constant("setOption" as const),
    node: id,
    option: fc.constantFrom("title" as const, "when" as const, "timeout" as const),
    value: fc.oneof(text, fc.constant(undefined)),
  }),
  fc.record({
    kind: fc.constant("setParameters" as const),
    parameters: fc.option(fc.array(fc.record({ name: id })), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("setField" as const),
    field: fc.constantFrom("name" as const, "description" as const),
    value: fc.string(),
  }),
  fc.record({ kind: fc.constant("replace" as const), definition: definitions }),
) as fc.Arbitrary<Edit>;

export const edits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc.array(simple, { maxLength: 3 }).map((all): Edit => ({ kind: "batch", edits: all })),
  },
).map(plain);
