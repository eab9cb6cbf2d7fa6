export { canonical } from "./canonical.ts";
export { Cause, Event, type EventKind, type EventOf, Finding, Output, Usage } from "./event.ts";
export { openLog } from "./log.ts";
export { Oid, RetryPolicy, Role, RunId, RunLimits, TaskId, TaskSpec } from "./plan.ts";
export { replay } from "./replay.ts";
export { carries, retry } from "./retry.ts";
export {
  type Failed,
  type Run,
  start,
  type Task,
  taskOf,
  verdict,
} from "./run.ts";
export { left, shortOf } from "./spent.ts";
export {
  LogCorrupt,
  LogMoved,
  LogTooNew,
  LogUnavailable,
  type RunRow,
  type Store,
  type Stored,
  type Wait,
} from "./store.ts";
export { type Action, apply, FOLDED, next, type TaskState } from "./transition.ts";
