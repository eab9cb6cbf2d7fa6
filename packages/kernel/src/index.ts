export { Cause, Event, type EventKind, type EventOf, Finding, Output, Usage } from "./event.ts";
export { Oid, RetryPolicy, Role, RunId, RunLimits, TaskId, TaskSpec } from "./plan.ts";
export { type Retry, retry } from "./retry.ts";
export {
  affords,
  type Failed,
  type Reservation,
  type Run,
  type Spent,
  start,
  type Task,
  taskOf,
  verdict,
} from "./run.ts";
export { type Action, apply, next, type TaskState, TRANSITIONS } from "./transition.ts";
