/** The words of the HTTP API as TypeScript: what the pages and the canvas are written against. */

/** A JSON object whose inside belongs to somebody else, such as a JSON Schema. */
export type JsonObject = Record<string, unknown>;

export type RunState = "pending" | "running" | "success" | "failed" | "cancelled";
export type NodeState =
  | "pending"
  | "queued"
  | "running"
  | "waiting"
  | "success"
  | "failed"
  | "skipped"
  | "cancelled";
export type Role = "viewer" | "operator" | "editor" | "admin";
export type PortType =
  | "string"
  | "number"
  | "integer"
  | "boolean"
  | "json"
  | "list"
  | "table"
  | "file"
  | "image"
  | "model"
  | "text"
  | "any";

export interface Page<T> {
  count: number;
  next: string | null;
  previous: string | null;
  results: T[];
}

export interface UserRef {
  id: number;
  username: string;
}

export interface Team {
  id: string;
  name: string;
  slug: string;
  role: Role;
}

export interface Me {
  id: number;
  username: string;
  email: string;
  is_staff: boolean;
  has_password: boolean;
  teams: Team[];
}

export interface ApiToken {
  id: number;
  name: string;
  prefix: string;
  created_at: string;
  last_used_at: string | null;
}

export interface Problem {
  code: string;
  message: string;
  node: string | null;
  port: string | null;
  edge: string | null;
  field: string | null;
}

export interface InputPort {
  name: string;
  type: PortType;
  required: boolean;
  multiple: boolean;
  help: string;
}

export interface OutputPort {
  name: string;
  type: PortType;
  help: string;
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
  /** A JSON Schema of type object. */
  parameters: JsonObject;
  implementation: Record<string, unknown>;
  examples: ComponentExample[];
}

export interface Component {
  namespace: string;
  name: string;
  full_name: string;
  title: string;
  summary: string;
  category: string;
  kind: string;
  icon: string;
  latest: number;
  /** The owning team's id; null for the built-in ones. */
  team: string | null;
  spec: ComponentSpec;
}

export interface ComponentVersionRow {
  number: number;
  digest: string;
  created_at: string;
}

export interface ComponentVersion extends ComponentVersionRow {
  full_name: string;
  spec: ComponentSpec;
}

export interface ComponentDetail extends Component {
  versions: ComponentVersionRow[];
}

export interface ParameterDefinition {
  name: string;
  type?: "string" | "number" | "integer" | "boolean" | "json";
  default?: unknown;
  required?: boolean;
  title?: string;
  description?: string;
  enum?: unknown[] | null;
  minimum?: number | null;
  maximum?: number | null;
}

export interface DefinitionNode {
  id: string;
  component: string;
  title?: string;
  params?: Record<string, unknown>;
  when?: string | null;
  run_if?: string;
  retry?: { max_attempts?: number; backoff?: { initial?: string; factor?: number; max?: string } };
  timeout?: string | number | null;
  cache?: boolean;
  resources?: { memory?: string | number | null };
  queue?: string | null;
}

export interface Definition {
  schema: 1;
  name: string;
  description?: string;
  parameters?: ParameterDefinition[];
  nodes?: DefinitionNode[];
  edges?: { from: string; to: string }[];
  on_failure?: "stop" | "continue";
  layout?: Record<string, [number, number]>;
}

export interface LastRun {
  id: string;
  number: number;
  state: RunState;
  created_at: string;
}

export interface PipelineRow {
  id: string;
  name: string;
  description: string;
  /** The owning team's id. */
  team: string;
  /** 0 before the first is published. */
  latest_version: number;
  created_by: UserRef | null;
  created_at: string;
  /** When the draft was last saved. */
  updated_at: string;
  last_run: LastRun | null;
}

export interface Draft {
  definition: Definition;
  revision: number;
  problems: Problem[];
  updated_at: string;
  updated_by: UserRef | null;
  changed: boolean;
}

export interface Pipeline extends PipelineRow {
  draft: Draft;
}

export interface PipelineVersionRow {
  number: number;
  message: string;
  content_hash: string;
  created_by: UserRef | null;
  created_at: string;
}

export interface PipelineVersion extends PipelineVersionRow {
  definition: Definition;
  components: Record<string, ComponentSpec>;
}

export interface ArtifactRef {
  artifact: string;
  type: PortType;
  size: number;
  name: string;
}

export interface StepError {
  kind: string;
  message: string;
  traceback?: string | null;
  line?: number | null;
}

export interface RunNode {
  id: string;
  title: string;
  component: string;
  state: NodeState;
  reason: string;
  attempt: number;
  max_attempts: number;
  cached: boolean;
  progress: number | null;
  queued_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  outputs: Record<string, unknown>;
  error: StepError | null;
}

export interface RunRow {
  id: string;
  number: number;
  team: string;
  pipeline: { id: string; name: string };
  version: number;
  state: RunState;
  reason: string;
  parameters: Record<string, unknown>;
  trigger: string;
  cloned_from: string | null;
  created_by: UserRef | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  last_seq: number;
  node_counts: Partial<Record<NodeState, number>>;
}

/** What changes while a run goes on: the part that events are applied to. */
export interface RunSnapshot extends RunRow {
  nodes: RunNode[];
}

export interface Run extends RunSnapshot {
  definition: Definition;
  components: Record<string, ComponentSpec>;
}

export interface RunEvent {
  seq: number;
  kind: string;
  node: string;
  data: Record<string, unknown>;
  at: string;
}

export interface Attempt {
  number: number;
  state: string;
  worker: string;
  started_at: string;
  ended_at: string | null;
  exit_code: number | null;
  signal: string;
  error: StepError | null;
  inputs: Record<string, unknown>;
  params: Record<string, unknown>;
  cpu_seconds: number | null;
  peak_memory: number | null;
  log_bytes: number;
  log_lines: number;
  log_truncated: boolean;
}

export interface Metric {
  name: string;
  value: number;
  step: number | null;
  attempt: number;
}

export interface NodeDetail extends RunNode {
  attempts: Attempt[];
  metrics: Metric[];
}

export interface LogPage {
  attempt: number;
  offset: number;
  next_offset: number;
  size: number;
  first_line: number;
  lines: number;
  text: string;
  complete: boolean;
  truncated: boolean;
}

export interface RunArtifact {
  digest: string;
  size: number;
  type: PortType;
  name: string;
  media_type: string;
  facts: Record<string, unknown>;
  node: string;
  port: string;
  created_at: string | null;
}

export type Preview =
  | {
      kind: "table";
      columns: { name: string; type: string }[];
      rows: unknown[][];
      total: number;
      page: number;
      page_size: number;
    }
  | { kind: "image"; url: string; width: number | null; height: number | null }
  | { kind: "json"; value: unknown }
  | { kind: "text"; text: string; truncated: boolean }
  | { kind: "model"; facts: Record<string, unknown> }
  | { kind: "none"; reason: string };

export interface Uploaded {
  digest: string;
  size: number;
  type: PortType;
  name: string;
  facts: Record<string, unknown>;
}

export function isArtifactRef(value: unknown): value is ArtifactRef {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as ArtifactRef).artifact === "string" &&
    typeof (value as ArtifactRef).type === "string"
  );
}
