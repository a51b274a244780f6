/** Server state for pages: one query key per thing, in one place. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getMe, listTokens } from "./resources/account";
import { getPreview } from "./resources/artifacts";
import {
  diffComponent,
  getComponent,
  getComponentVersion,
  getSharing,
  listComponentHistory,
  listComponents,
  listComponentUses,
} from "./resources/components";
import { listConnections, listConnectionTypes } from "./resources/connections";
import { getEnvironment } from "./resources/environments";
import { getKeeping, listCleanUps, previewCleanUp } from "./resources/keeping";
import { getNetwork, listAllowedHosts } from "./resources/network";
import { listSecrets } from "./resources/secrets";
import { getDiff, getPipeline, getVersion, listPipelineHistory, listPipelines, listPipelineSpecs, listVersions } from "./resources/pipelines";
import { getNode, listApprovals, listChildRuns, listItems, listRunArtifacts, listRunHistory, listRuns } from "./resources/runs";
import { listAudit, listInvitations, listMembers, listRoles, listServiceTokens } from "./resources/teams";
import { listLimits, listWorkers } from "./resources/workers";
import type { ApprovalFilters, AuditFilters, ComponentFilters, ItemFilters, PipelineFilters, RunFilters } from "./types";

export const keys = {
  me: ["me"] as const,
  tokens: ["tokens"] as const,
  roles: ["roles"] as const,
  members: (team: string, page = 1) => ["team", team, "members", page] as const,
  services: (team: string, page = 1) => ["team", team, "services", page] as const,
  serviceTokens: (team: string, service: number) => ["team", team, "service", service, "tokens"] as const,
  invitations: (team: string) => ["team", team, "invitations"] as const,
  connectionTypes: ["connection-types"] as const,
  connections: (team: string) => ["team", team, "connections"] as const,
  network: (team: string) => ["team", team, "network"] as const,
  allowedHosts: (team: string, page = 1) => ["team", team, "network", "hosts", page] as const,
  team: (team: string) => ["team", team] as const,
  secrets: (team: string) => ["team", team, "secrets"] as const,
  secretUses: (team: string, id: number) => ["team", team, "secrets", id, "uses"] as const,
  keeping: (team: string) => ["team", team, "keeping"] as const,
  cleanUps: (team: string, page = 1) => ["team", team, "clean-ups", page] as const,
  cleanUpPreview: (team: string) => ["team", team, "clean-up-preview"] as const,
  audit: (filters: AuditFilters) => ["audit", filters] as const,
  components: (filters: ComponentFilters = {}) => ["components", filters] as const,
  component: (namespace: string, name: string) => ["component", namespace, name] as const,
  componentVersion: (namespace: string, name: string, number: number) =>
    ["component", namespace, name, number] as const,
  componentDiff: (namespace: string, name: string, number: number, against: number) =>
    ["component", namespace, name, "diff", number, against] as const,
  componentUses: (namespace: string, name: string, page = 1) => ["component", namespace, name, "uses", page] as const,
  sharing: (namespace: string, name: string) => ["component", namespace, name, "sharing"] as const,
  pipelines: (filters: PipelineFilters = {}) => ["pipelines", filters] as const,
  pipelineSpecs: (team: string) => ["pipelines", "specs", team] as const,
  pipeline: (id: string) => ["pipeline", id] as const,
  versions: (id: string) => ["pipeline", id, "versions"] as const,
  version: (id: string, number: number) => ["pipeline", id, "versions", number] as const,
  diff: (id: string, from: number, to: number | null) => ["pipeline", id, "diff", from, to] as const,
  history: (kind: string, id: string, page = 1) => ["history", kind, id, page] as const,
  runs: (filters: RunFilters = {}) => ["runs", filters] as const,
  run: (id: string) => ["run", id] as const,
  runArtifacts: (id: string, page = 1) => ["run", id, "artifacts", page] as const,
  node: (runId: string, node: string) => ["run", runId, "nodes", node] as const,
  approvals: (filters: ApprovalFilters = {}) => ["approvals", filters] as const,
  limits: ["limits"] as const,
  environment: (digest: string) => ["environment", digest] as const,
  items: (runId: string, node: string, filters: ItemFilters = {}) =>
    ["run", runId, "nodes", node, "items", filters] as const,
  childRuns: (runId: string, node: string, page = 1) => ["run", runId, "nodes", node, "runs", page] as const,
  workers: (page: number) => ["workers", page] as const,
  preview: (digest: string, page: number, pageSize: number) => ["preview", digest, page, pageSize] as const,
};

const FOREVER = { staleTime: Infinity };

export function useMe() {
  return useQuery({ queryKey: keys.me, queryFn: ({ signal }) => getMe(signal), staleTime: 60_000 });
}

export function useTokens() {
  return useQuery({ queryKey: keys.tokens, queryFn: ({ signal }) => listTokens(1, signal) });
}

export function useRoles() {
  return useQuery({ queryKey: keys.roles, queryFn: ({ signal }) => listRoles(signal), ...FOREVER });
}

export function useMembers(team: string, page: number) {
  return useQuery({
    queryKey: keys.members(team, page),
    queryFn: ({ signal }) => listMembers(team, page, signal),
    placeholderData: keepPreviousData,
  });
}

export function useSecrets(team: string, page = 1, enabled = true) {
  return useQuery({
    queryKey: [...keys.secrets(team), page],
    queryFn: ({ signal }) => listSecrets(team, page, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** The service accounts of a team. */
export function useServices(team: string, page: number) {
  return useQuery({
    queryKey: keys.services(team, page),
    queryFn: ({ signal }) => listMembers(team, page, signal, "service"),
    placeholderData: keepPreviousData,
  });
}

export function useServiceTokens(team: string, service: number) {
  return useQuery({
    queryKey: keys.serviceTokens(team, service),
    queryFn: ({ signal }) => listServiceTokens(team, service, signal),
  });
}

export function useInvitations(team: string) {
  return useQuery({ queryKey: keys.invitations(team), queryFn: ({ signal }) => listInvitations(team, signal) });
}

export function useKeeping(team: string) {
  return useQuery({ queryKey: keys.keeping(team), queryFn: ({ signal }) => getKeeping(team, signal) });
}

export function useCleanUpPreview(team: string) {
  return useQuery({ queryKey: keys.cleanUpPreview(team), queryFn: ({ signal }) => previewCleanUp(team, signal), staleTime: 0 });
}

/** Asked for again every few seconds while one is at work. */
export function useCleanUps(team: string, page: number) {
  return useQuery({
    queryKey: keys.cleanUps(team, page),
    queryFn: ({ signal }) => listCleanUps(team, page, signal),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.results.some((row) => !row.ended_at) ? 2_000 : false),
  });
}

export function useConnectionTypes() {
  return useQuery({ queryKey: keys.connectionTypes, queryFn: ({ signal }) => listConnectionTypes(signal), ...FOREVER });
}

export function useConnections(team: string, page = 1, enabled = true) {
  return useQuery({
    queryKey: [...keys.connections(team), page],
    queryFn: ({ signal }) => listConnections(team, page, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** What the steps of every team may reach, and of this one besides. */
export function useNetwork(team: string) {
  return useQuery({ queryKey: keys.network(team), queryFn: ({ signal }) => getNetwork(team, signal) });
}

export function useAllowedHosts(team: string, page: number) {
  return useQuery({
    queryKey: keys.allowedHosts(team, page),
    queryFn: ({ signal }) => listAllowedHosts(team, page, signal),
    placeholderData: keepPreviousData,
  });
}

export function useAudit(filters: AuditFilters) {
  return useQuery({
    queryKey: keys.audit(filters),
    queryFn: ({ signal }) => listAudit(filters, signal),
    placeholderData: keepPreviousData,
  });
}

export function useComponents(filters: ComponentFilters = {}) {
  return useQuery({
    queryKey: keys.components(filters),
    queryFn: ({ signal }) => listComponents(filters, signal),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

export function useComponent(namespace: string, name: string) {
  return useQuery({
    queryKey: keys.component(namespace, name),
    queryFn: ({ signal }) => getComponent(namespace, name, signal),
  });
}

/** One immutable component version; ask with `number` null not to ask. */
export function useComponentVersion(namespace: string, name: string, number: number | null) {
  return useQuery({
    queryKey: keys.componentVersion(namespace, name, number ?? 0),
    queryFn: ({ signal }) => getComponentVersion(namespace, name, number ?? 0, signal),
    enabled: number !== null,
    ...FOREVER,
  });
}

/** Two immutable versions beside each other. */
export function useComponentDiff(namespace: string, name: string, number: number, against: number) {
  return useQuery({
    queryKey: keys.componentDiff(namespace, name, number, against),
    queryFn: ({ signal }) => diffComponent(namespace, name, number, against, signal),
    ...FOREVER,
  });
}

export function useComponentUses(namespace: string, name: string, page: number) {
  return useQuery({
    queryKey: keys.componentUses(namespace, name, page),
    queryFn: ({ signal }) => listComponentUses(namespace, name, page, signal),
    placeholderData: keepPreviousData,
  });
}

export function useSharing(namespace: string, name: string) {
  return useQuery({ queryKey: keys.sharing(namespace, name), queryFn: ({ signal }) => getSharing(namespace, name, signal) });
}

export function usePipelines(filters: PipelineFilters = {}, refetchInterval: number | false = false) {
  return useQuery({
    queryKey: keys.pipelines(filters),
    queryFn: ({ signal }) => listPipelines(filters, signal),
    placeholderData: keepPreviousData,
    refetchInterval,
  });
}

/** The published pipelines of a team, as things that a node can use. */
export function usePipelineSpecs(team: string) {
  return useQuery({
    queryKey: keys.pipelineSpecs(team),
    queryFn: ({ signal }) => listPipelineSpecs(team, signal),
    staleTime: 60_000,
  });
}

export function usePipeline(id: string) {
  return useQuery({ queryKey: keys.pipeline(id), queryFn: ({ signal }) => getPipeline(id, signal) });
}

export function useVersions(id: string) {
  return useQuery({ queryKey: keys.versions(id), queryFn: ({ signal }) => listVersions(id, 1, signal) });
}

/** One immutable pipeline version; ask with `number` null not to ask. */
export function useVersion(id: string, number: number | null) {
  return useQuery({
    queryKey: keys.version(id, number ?? 0),
    queryFn: ({ signal }) => getVersion(id, number ?? 0, signal),
    enabled: number !== null,
    ...FOREVER,
  });
}

/** What made one version of another; never changes between versions, but the draft does. */
export function useDiff(id: string, from: number, to: number | null) {
  return useQuery({
    queryKey: keys.diff(id, from, to),
    queryFn: ({ signal }) => getDiff(id, from, to, signal),
    staleTime: to === null ? 0 : Infinity,
  });
}

/** What was done to one thing, newest first. */
export function useHistory(kind: "pipeline" | "component" | "run", id: string, page: number) {
  return useQuery({
    queryKey: keys.history(kind, id, page),
    queryFn: ({ signal }) => {
      if (kind === "pipeline") return listPipelineHistory(id, page, signal);
      if (kind === "run") return listRunHistory(id, page, signal);
      const [namespace = "", name = ""] = id.split("/");
      return listComponentHistory(namespace, name, page, signal);
    },
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

export function useRuns(filters: RunFilters = {}, refetchInterval: number | false = false) {
  return useQuery({
    queryKey: keys.runs(filters),
    queryFn: ({ signal }) => listRuns(filters, signal),
    placeholderData: keepPreviousData,
    refetchInterval,
  });
}

export function useRunArtifacts(id: string, page = 1) {
  return useQuery({
    queryKey: keys.runArtifacts(id, page),
    queryFn: ({ signal }) => listRunArtifacts(id, page, signal),
    placeholderData: keepPreviousData,
  });
}

export function useNode(runId: string, node: string) {
  return useQuery({
    queryKey: keys.node(runId, node),
    queryFn: ({ signal }) => getNode(runId, node, signal),
    staleTime: 0,
  });
}

/** What waits for a decision; `interval` false asks once, null not at all. */
export function useApprovals(filters: ApprovalFilters, interval: number | false | null = false) {
  return useQuery({
    queryKey: keys.approvals(filters),
    queryFn: ({ signal }) => listApprovals(filters, signal),
    placeholderData: keepPreviousData,
    refetchInterval: interval ?? false,
    enabled: interval !== null,
    staleTime: 0,
  });
}

export function useEnvironment(digest: string) {
  return useQuery({ queryKey: keys.environment(digest), queryFn: ({ signal }) => getEnvironment(digest, signal) });
}

/** One page of the items of a mapped node. */
export function useItems(runId: string, node: string, filters: ItemFilters) {
  return useQuery({
    queryKey: keys.items(runId, node, filters),
    queryFn: ({ signal }) => listItems(runId, node, filters, signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** How many child runs stand on a page. */
export const CHILD_PAGE = 50;

/** The runs of a sub-pipeline: one, or one for each round of a loop. */
export function useChildRuns(runId: string, node: string, page = 1, refetchInterval: number | false = false) {
  return useQuery({
    refetchInterval,
    queryKey: keys.childRuns(runId, node, page),
    queryFn: ({ signal }) => listChildRuns(runId, node, page, CHILD_PAGE, signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** The living workers, asked for again every few seconds. */
export function useWorkers(page = 1) {
  return useQuery({
    queryKey: keys.workers(page),
    queryFn: ({ signal }) => listWorkers(page, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 3_000,
  });
}

export function useLimits() {
  return useQuery({ queryKey: keys.limits, queryFn: ({ signal }) => listLimits(signal), refetchInterval: 3_000 });
}

export function usePreview(digest: string, page = 1, pageSize = 50) {
  return useQuery({
    queryKey: keys.preview(digest, page, pageSize),
    queryFn: ({ signal }) => getPreview(digest, page, pageSize, signal),
    placeholderData: (previous, query) => (query?.queryKey[1] === digest ? previous : undefined),
    ...FOREVER,
  });
}
