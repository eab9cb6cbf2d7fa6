import type { Action, TaskId } from "@dgov/kernel";
import { Cancelled } from "../cancelled.ts";
import type { Session } from "../session.ts";
import { type Busy, decide } from "./decide.ts";
import type { Steering } from "./desk.ts";
import type { Request } from "./request.ts";

/** An action under way: for which tasks, and how it alone is ended. */
export type Work = { did: Promise<void>; verb: Action["do"]; tasks: readonly TaskId[]; own: AbortController };

type Governor = { session: Session; works: ReadonlyMap<string, Work>; stop: AbortController };

/**
 * Does what people have asked for, as far as it can be done now; the rest is looked at again when something has moved.
 *
 * @returns whether the run has changed by it
 */
export function takeRequests(steering: Steering, governor: Governor): boolean {
  const { session, works, stop } = governor;
  let changed = false;
  for (const filed of steering.requests()) {
    const { request } = filed;
    const under = workOn(works, request.task);
    const decided = decide(session.run, request, busyWith(under), session);
    if (decided.do === "wait") continue;
    if (decided.do === "abort") {
      under?.own.abort(new Cancelled(request));
      continue;
    }
    if (decided.do === "record") session.recordAll(decided.events);
    steering.done(filed);
    if (decided.do === "stop") stop.abort(stopWord(request));
    changed ||= decided.do !== "drop";
  }
  return changed;
}

const workOn = (works: Governor["works"], task: TaskId | null): Work | undefined =>
  task === null ? undefined : [...works.values()].find(({ tasks }) => tasks.includes(task));

function busyWith(work: Work | undefined): Busy {
  switch (work?.verb) {
    case "dispatch":
    case "judge":
    case "judge_batch":
    case "land":
    case "retry":
      return work.verb;
    default:
      return null;
  }
}

/** What a run that somebody has cancelled was interrupted by. */
const stopWord = (request: Request): string => `a request ${new Cancelled(request)}`;
