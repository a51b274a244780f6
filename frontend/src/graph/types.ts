/**
 * The definition document and the component spec, as the server writes them.
 *
 * These mirror `pipelines/core/document.py` and `pipelines/core/component.py`. A draft may hold
 * keys that this version does not know: reading and editing carry them along untouched.
 */

export const PORT_TYPES = [
  "string",
  "number",
  "integer",
  "boolean",
  "json",
  "list",
  "table",
  "file",
  "image",
  "model",
  "text",
  "any",
] as const;

export type PortType = (typeof PORT_TYPES)[number];

export interface InputPort {
  name: string;
  type: PortType;
  required: boolean;
  /** Takes any number of edges; the step receives a list, in edge order. */
  multiple: boolean;
  help: string;
}

export interface OutputPort {
  name: string;
  type: PortType;
  help: string;
}

/** The subset of JSON Schema that component parameters use; unknown keywords are carried along. */
export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  [keyword: string]: unknown;
}

export interface ComponentExample {
  title: string;
  params: Record<string, unknown>;
  inputs: Record<string, unknown>;
}

export interface ComponentSpec {
  namespace: string;
  name: string;
  title: string;
  kind: string;
  category: string;
  icon: string;
  summary: string;
  docs: string;
  inputs: InputPort[];
  outputs: OutputPort[];
  parameters: JsonSchema;
  implementation: Record<string, unknown>;
  examples: ComponentExample[];
}

export const PARAMETER_TYPES = [
  "string",
  "text",
  "number",
  "integer",
  "boolean",
  "list",
  "json",
  "table",
  "file",
  "image",
  "model",
  "any",
] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** Their values are artifacts: `artifact:DIGEST`. */
export const ARTIFACT_TYPES: ReadonlySet<string> = new Set(["table", "file", "image", "model"]);

/** A value that the person who starts a run may choose. */
export interface Parameter {
  name: string;
  type?: ParameterType;
  default?: unknown;
  required?: boolean;
  title?: string;
  description?: string;
  enum?: unknown[] | null;
  minimum?: number | null;
  maximum?: number | null;
}

/** Seconds, or text such as `10s`, `5m`, `1h30m`. */
export type Duration = number | string;

export interface Retry {
  max_attempts?: number;
  backoff?: { initial?: Duration; factor?: number; max?: Duration };
}

export const RUN_IF = [
  "all_success",
  "all_done",
  "one_success",
  "one_failed",
  "none_failed",
  "always",
] as const;
export type RunIf = (typeof RUN_IF)[number];

/** What an attempt takes: cores, bytes or `4Gi`, whole devices. */
export interface Resources {
  cpu?: number | null;
  memory?: string | number | null;
  gpu?: number;
}

/** Whether results of earlier runs are used again, and of what age at most. */
export type CachePolicy = boolean | { max_age?: Duration };

/** The node runs once for each element of the list that comes to `over`, an input or a parameter. */
export interface MapDef {
  over: string;
  max_parallel?: number | null;
  /** How many items may fail: a number, or a share such as `10%`. */
  allow_failures?: number | string;
}

/** A sub-pipeline runs again until a condition holds; outputs feed the next round's parameters. */
export interface LoopDef {
  until: string;
  max_iterations?: number;
}

/**
 * One use of one component version, or of one pipeline version as a sub-pipeline.
 *
 * `component` is `namespace/name` or `namespace/name@3`; `pipeline` is `score-model@4`.
 */
export interface NodeDef {
  id: string;
  component?: string;
  pipeline?: string;
  title?: string;
  params?: Record<string, unknown>;
  when?: string | null;
  run_if?: RunIf;
  map?: MapDef | null;
  loop?: LoopDef | null;
  /** Runs at the end, whatever became of the others. */
  on_exit?: boolean;
  retry?: Retry;
  timeout?: Duration | null;
  /** Left out: as the whole pipeline does. */
  cache?: CachePolicy;
  resources?: Resources;
  queue?: string | null;
  pool?: string | null;
  /** -100 to 100; higher goes first. */
  priority?: number;
}

/**
 * `load.table` to `train.data` carries data; `load` to `train` is order alone, and `check.yes` to
 * `train` is order that holds only when the branch `check` takes `yes`.
 */
export interface EdgeDef {
  from: string;
  to: string;
}

/** What a pipeline gives to whoever uses it as a node: `from` is an output port of one of its nodes. */
export interface OutputDef {
  name: string;
  from: string;
}

export type Point = [x: number, y: number];
export type Layout = Record<string, Point>;

export interface Definition {
  schema: 1;
  name: string;
  description?: string;
  parameters?: Parameter[];
  nodes: NodeDef[];
  edges: EdgeDef[];
  outputs?: OutputDef[];
  on_failure?: "stop" | "continue";
  max_parallel?: number | null;
  cache?: CachePolicy;
  layout: Layout;
}

/** One finding of the server's checks; see `pipelines/core/problems.py`. */
export interface Problem {
  code: string;
  message: string;
  node?: string | null;
  port?: string | null;
  /** `load.table -> train.data` or `load -> train`. */
  edge?: string | null;
  /** Dotted path inside the node (`params.path`) or the document (`parameters.0.name`). */
  field?: string | null;
}

/** What nodes may use, by `refOf(node)`: `namespace/name`, `namespace/name@3`, `pipeline:slug@4`. */
export interface Catalog {
  spec(ref: string): ComponentSpec | undefined;
}
