import { type Cause, replay, type Stored, type TaskState } from "@dgov/kernel";
import { tell } from "./story.ts";

/** A run, looked back upon: what it was to do, what stood in its way, and who has said what of it. */
export type Debrief = {
  plan: string;
  status: string; // how it ended; `unfinished`
  from_ms: number; // of its first event
  to_ms: number; // of its last
  tasks: readonly DebriefedTask[];
  comments: readonly Comment[];
};

/** `setbacks`: attempts that came to nothing, in order; `seq` is the number of the event in the log that says so. */
export type DebriefedTask = {
  task: string;
  state: TaskState;
  attempts: number;
  setbacks: readonly { seq: number; attempt: number; cause: Cause; text: string }[];
};

/** What somebody has said of a task, and the event that has it: `by` is a person, a seat of the review, or a gate. */
export type Comment = { seq: number; at_ms: number; task: string; by: string; text: string };

type Event = Pick<Stored, "seq" | "at_ms" | "event">;

/** @param events all of one run, in order: of no other is anything said. @returns null: there are none */
export function debriefOf(events: readonly Event[]): Debrief | null {
  const run = replay(events);
  const [first, last] = [events[0], events.at(-1)];
  if (run === null || !first || !last) return null;
  const tasks = run.tasks.map(({ id, state, attempt }): DebriefedTask => {
    return { task: id, state, attempts: attempt, setbacks: events.flatMap((stored) => setbackOf(stored, id)) };
  });
  return {
    plan: run.started.plan,
    status: run.status ?? "unfinished",
    from_ms: first.at_ms,
    to_ms: last.at_ms,
    tasks,
    comments: events.flatMap(commentsIn),
  };
}

function setbackOf({ seq, event }: Event, id: string): DebriefedTask["setbacks"] {
  if (event.kind !== "attempt_failed" && event.kind !== "candidate_rejected") return [];
  const { task, attempt, cause } = event;
  return task === id ? [{ seq, attempt, cause, text: tell(event)?.text ?? "" }] : [];
}

function commentsIn({ seq, at_ms, event }: Event): Comment[] {
  const say = (task: string, by: string, text: string): Comment[] =>
    text === "" ? [] : [{ seq, at_ms, task, by, text }];
  switch (event.kind) {
    case "approval_answered":
      return say(event.task, event.by, [event.verdict, event.reason].filter((text) => text !== "").join(": "));
    case "finding_answered":
      return say(event.task, event.by, `${event.does} ${event.finding}: ${event.reason}`);
    case "task_cancelled":
      return say(event.task, event.by, event.reason);
    case "seat_voted":
      return [
        ...say(event.task, `seat ${event.seat}`, event.vote === "none" ? "" : `${event.vote}: ${event.said}`),
        ...event.findings.flatMap(({ message, path, line }) =>
          say(event.task, `seat ${event.seat}`, path === undefined ? message : `${path}:${line ?? 1}: ${message}`),
        ),
      ];
    case "gate_judged": // what a gate says beside letting it through
      return event.verdict === "pass"
        ? event.findings.flatMap(({ message }) => say(event.task, `gate ${event.gate}`, message))
        : [];
    default:
      return [];
  }
}
