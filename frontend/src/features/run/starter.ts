/** Who or what started a run, in words: the same in lists and on its page. */

import type { RunRow } from "@/api/types";

const TRIGGERS: Record<string, string> = {
  manual: "Started",
  clone: "Cloned",
  resume: "Resumed",
  rerun: "Run again",
  pipeline: "Started as a sub-pipeline",
  bundle: "Started from a bundle",
  schedule: "Started on schedule",
  webhook: "Started by a webhook",
};

/** Triggers that a person pulls. */
const STARTED_BY_PEOPLE: ReadonlySet<string> = new Set(["manual", "clone", "resume", "rerun", "bundle"]);

/** `Started`, `Cloned from an earlier run`; who and when are said beside it. */
export function triggerWords({ trigger }: Pick<RunRow, "trigger">): string {
  return TRIGGERS[trigger] ?? `Started by ${trigger}`;
}

/** `Cloned from #3`, `Resumed from #12`, `Started as a sub-pipeline`. */
export function originWords(run: Pick<RunRow, "trigger" | "clone_of" | "origin">): string {
  const from = run.clone_of ?? run.origin;
  return from ? `${triggerWords(run)} from #${from.number}` : triggerWords(run);
}

/** `ann`, `ann with token ci`, `robot@acme, a service account`. */
export function starterName(run: Pick<RunRow, "created_by" | "started_with" | "trigger">): string {
  const { service, token } = run.started_with;
  if (!run.created_by) return STARTED_BY_PEOPLE.has(run.trigger) ? "somebody who has left" : "Penstock";
  const who = run.created_by.username + (service ? ", a service account" : "");
  return token ? `${who} with token ${token}` : who;
}
