import type { EventOf, RunId, Store } from "@dgov/kernel";
import { eventsOver } from "../run_events.ts";
import { saidIn } from "../said_findings.ts";
import type { Session } from "../session.ts";
import { isWord, type Request, readRequest, removeRequest, requestFiles } from "./request.ts";
import { isSaid, speak } from "./speak.ts";

type Heard = EventOf<"finding_answered">;

/**
 * Takes over what persons have said to reviewers in the run of the plan before this one, and since it was over: the seats of
 * this run hear it. What was taken over already is not taken twice.
 *
 * @param past runs of the plan, newest first
 */
export function hearBefore(
  root: string,
  { session, log }: { session: Session; log: Store },
  past: readonly RunId[],
): void {
  const earlier = past.filter((run) => run !== session.id);
  const [last] = earlier;
  const before = last === undefined ? [] : saidInRun(log, last, session);
  const filed = requestFiles(root).flatMap((file) => {
    const request = readRequest(root, file);
    return request !== null && isWord(request) && earlier.includes(request.run) ? [{ file, request }] : [];
  });
  const asked = filed.flatMap(({ request }) => spokenIn(log, request, session));
  for (const said of [...before, ...asked]) if (!isSaid(session, said.task, said)) session.record(said);
  for (const { file, request } of filed)
    if (request.task !== null && session.run.index.has(request.task)) removeRequest(root, file);
}

/** Of what has not landed. */
function saidInRun(log: Store, run: RunId, { run: now }: Session): Heard[] {
  const events = eventsOver([...log.read({ run, kinds: ["finding_answered"] })].map(({ event }) => event));
  const open = now.tasks.filter(({ state }) => state !== "landed");
  return open.flatMap(({ id }) => saidIn(events, id)).map((said) => ({ ...said, run: said.run ?? run }));
}

function spokenIn(log: Store, request: Request, { run: now }: Session): Heard[] {
  const events = eventsOver([...log.read({ run: request.run, kinds: ["seat_voted"] })].map(({ event }) => event));
  const spoken = speak(now, request, events);
  return "said" in spoken ? [{ ...spoken.said, run: request.run }] : [];
}
