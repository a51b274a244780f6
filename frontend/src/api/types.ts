/** The API's words under short names. Where its document says less than we know, it is said here. */

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

/** A JSON object whose inside belongs to somebody else, such as a JSON Schema. */
export type JsonObject = Record<string, unknown>;

export interface Page<T> {
  count: number;
  next?: string | null;
  previous?: string | null;
  results: T[];
}

export type RunState = Schemas["RunState"];
export type NodeState = Schemas["NodeState"];
export type PortType = Schemas["PortType"];
export type Role = Schemas["Role"];

export type UserRef = Schemas["UserRef"];
export type Me = Schemas["Me"];
export type Team = Schemas["MyTeam"];
export type Member = Schemas["Member"];
export type TeamSecret = Schemas["TeamSecret"];
export type NewSecret = Schemas["NewSecretRequest"];
export type SecretUse = Schemas["SecretUse"];
export type Invitation = Schemas["Invitation"];
export type Connection = Schemas["Connection"];
export type ConnectionType = Schemas["ConnectionType"];
export type ConnectionTest = Schemas["ConnectionTest"];
export type AllowedHost = Schemas["AllowedHost"];
export type Network = Schemas["Network"];
export type CreatedInvitation = Schemas["CreatedInvitation"];
export type RoleAction = Schemas["Action"];
export type AuditEntry = Schemas["AuditEntry"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type VersionDiff = Schemas["VersionDiff"];
export type FieldChange = Schemas["FieldChange"];
export type PartChange = Schemas["PartChange"];
export type Keeping = Schemas["Keeping"];
export type Retention = Schemas["RetentionRequest"];
export type Quotas = Schemas["QuotasRequest"];
export type CleanUp = Schemas["CleanUp"];
export type CleanUpPreview = Schemas["CleanUpPreview"];
export type ApiToken = Schemas["ApiToken"];
export type NewApiToken = Schemas["NewApiTokenRequest"];
export type CreatedApiToken = Schemas["CreatedApiToken"];

export type Problem = Schemas["DefinitionProblem"];
export type InputPort = Schemas["InputPort"];
export type OutputPort = Schemas["OutputPort"];
export type ComponentExample = Schemas["Example"];
export type ComponentSpec = Schemas["ComponentSpec"];
export type Component = Schemas["Component"];
export type ComponentDetail = Schemas["ComponentDetail"];
export type ComponentVersion = Schemas["ComponentVersion"];
export type ComponentOutlook = Schemas["ComponentOutlook"];
export type ComponentKind = Schemas["ComponentKind"];
export type ComponentDraftRow = Schemas["ComponentDraftRow"];
/** What its author has written so far; only `kind` and `fields` are always there. */
export interface DraftContent {
  kind: string;
  fields: JsonObject;
  changelog?: string;
  sample?: { inputs: Record<string, SampleValue>; params: JsonObject };
}
/** A value to try a component on: JSON, CSV to be read as a table, or a file that was uploaded. */
export type SampleValue = { value: unknown } | { csv: string } | { artifact: string; name: string };
export type ComponentDraft = Omit<Schemas["ComponentDraft"], "content"> & { content: DraftContent };
export type ComponentVersionRow = Schemas["ComponentVersionRow"];
export type ComponentUse = Schemas["ComponentUse"];
export type ComponentDiff = Schemas["ComponentDiff"];
export type ComponentSharing = Schemas["Sharing"];
export type Visibility = Schemas["Visibility"];

export interface ParameterDefinition {
  name: string;
  type?: "string" | "text" | "number" | "integer" | "boolean" | "list" | "json" | "table" | "file" | "image" | "model" | "any";
  default?: unknown;
  required?: boolean;
  title?: string;
  description?: string;
  enum?: unknown[] | null;
  minimum?: number | null;
  maximum?: number | null;
}

export type PipelineSpec = Schemas["PipelineSpec"];
export type PipelineRow = Schemas["PipelineRow"];
export type Pipeline = Schemas["Pipeline"];
export type Draft = Schemas["Draft"];
export type SavedDraft = Schemas["SavedDraft"];
export type CurrentDraft = Schemas["CurrentDraft"];
export type PipelineVersionRow = Schemas["VersionRow"];
export type PipelineVersion = Schemas["Version"];
export type StartRun = Schemas["StartRunRequest"];
export type CloneRun = Schemas["CloneRunRequest"];

export type StepError = Schemas["NodeError"];
export type Environment = Schemas["EnvironmentDetail"];
export type NodeEnvironment = Schemas["NodeEnvironment"];
export type RunNode = Schemas["NodeRun"];
export type RunRow = Omit<Schemas["RunRow"], "node_counts"> & {
  node_counts: Partial<Record<NodeState, number>>;
};
/** What changes while a run goes on: the part that events are applied to. */
export type RunSnapshot = RunRow & { nodes: RunNode[] };
/** A run ran a version, so its definition is valid; parameters are what this code reads of it. */
export type Run = RunSnapshot & {
  definition: JsonObject & { parameters?: ParameterDefinition[] };
  components: Record<string, ComponentSpec>;
};
export type Arrival = Schemas["Arrival"];
export type Outlook = Schemas["Outlook"];
export type RerunMode = Outlook["mode"];
/** `kind` is open: a newer server may know more. */
export type RunEvent = Omit<Schemas["Event"], "kind"> & { kind: string };
export type Attempt = Schemas["Attempt"];
/** One item of a mapped node: a node run of its own, called `train[17]`. */
export type Item = Schemas["Item"];
export type Approval = Schemas["Approval"];
/** A node that waits for a decision, in a run or deep inside it. */
export type OpenApproval = Schemas["OpenApproval"];
export type Decision = Schemas["DecisionRequest"];
export type Metric = Schemas["Metric"];
export type NodeDetail = Schemas["NodeRunDetail"];
export type LogPage = Schemas["Log"];
export type RunArtifact = Schemas["RunArtifact"];
export type Preview = Schemas["Preview"];
export type Uploaded = Schemas["Artifact"];

export type Worker = Schemas["Worker"];
export type Limit = Schemas["Limit"];

/** The query of a list. */
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never;
export type PipelineFilters = QueryOf<"/api/v1/pipelines/">;
export type RunFilters = QueryOf<"/api/v1/runs/">;
export type ItemFilters = QueryOf<"/api/v1/runs/{id}/nodes/{node}/items/">;
export type ApprovalFilters = QueryOf<"/api/v1/approvals/">;
export type ComponentFilters = QueryOf<"/api/v1/components/">;

/** How an artifact stands among inputs and outputs. */
export interface ArtifactRef {
  artifact: string;
  type: string;
  size: number;
  name: string;
}

export function isArtifactRef(value: unknown): value is ArtifactRef {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as ArtifactRef).artifact === "string" &&
    typeof (value as ArtifactRef).type === "string"
  );
}

export type AuditFilters = NonNullable<paths["/api/v1/audit/"]["get"]["parameters"]["query"]>;
