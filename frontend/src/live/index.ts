export { RunBus } from "./bus";
export type { LiveStatus, LogHint } from "./connection";
export { applyEvents, findNode, newest } from "./reducer";
export { type LiveRun, useLiveRun } from "./useLiveRun";
