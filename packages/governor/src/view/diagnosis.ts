import { type EventOf, type Finding, type Run, replay, type Stored, type Task } from "@dgov/kernel";
import { counted } from "../counted.ts";
import { BY_CAUSE, PATTERNS, type Pattern, type Shape } from "./failure_shapes.ts";
import { HINTS } from "./hint.ts";
import { reasonOf, sayFinding } from "./run_summary.ts";
import { wholeOf } from "./whole.ts";
import { sayWhole } from "./whole_text.ts";

/** A shape that was found, and where. `task` null: it is about the run, or the project. */
export type Diagnosis = Shape & { task: string | null; evidence: string };

type Told = Pick<Stored, "seq" | "at_ms" | "event">;
type Rejection = EventOf<"candidate_rejected">;

/** What is asked of a run, gathered in one walk. */
type Facts = {
  run: Run;
  rejections: Rejection[];
  frozen: EventOf<"candidate_frozen">[];
  refused: Map<string, { task: string; attempt: number; rule: string; times: number }>;
  stale: Map<string, number>;
  lost: Map<string, number>;
  skipped: Map<string, string>; // what was skipped → what it waits for
  behind: EventOf<"checkout_behind"> | null;
  heads: Pick<Stored, "event">[];
};

/** From how many on a thing is a shape, and no chance. */
const REPEATED = 2;
const FOUGHT = 5;
const MOVED = 3;
const WRAPPED = "tool_policy.require_wrapped_verify_tools";

/**
 * The shapes of failure in a run, what shows only over several events first. A run that is as it should be has none.
 *
 * @param events  of one run, from its first
 * @param process whether the governor of an unfinished run still lives
 */
export function diagnose(events: Iterable<Told>, process: "alive" | "gone" | "unknown"): Diagnosis[] {
  const facts = gather(events);
  if (!facts) return [];
  return [
    ...ofRun(facts, process),
    ...sharedFailures(facts),
    ...facts.run.tasks.flatMap((task) => [...habits(facts, task), ...ending(facts, task)]),
    ...unbegun(facts),
  ];
}

/** Those that never began, by what they wait for. */
const unbegun = ({ skipped }: Facts): Diagnosis[] =>
  [...Map.groupBy([...skipped], ([, because]) => because)].map(([because, waiting]) =>
    found("dependency_failed", because, `${waiting.map(([id]) => `"${id}"`).join(", ")} never began`),
  );

export const found = (name: Pattern, task: string | null, evidence: string): Diagnosis => ({
  name,
  ...PATTERNS[name],
  task,
  evidence,
});

function gather(events: Iterable<Told>): Facts | null {
  const facts: Omit<Facts, "run"> = {
    rejections: [],
    frozen: [],
    refused: new Map(),
    stale: new Map(),
    lost: new Map(),
    skipped: new Map(),
    behind: null,
    heads: [],
  };
  const run = replay(
    (function* () {
      for (const told of events) {
        yield told;
        note(facts, told.event);
      }
    })(),
  );
  return run && { ...facts, run };
}

const more = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

function note(facts: Omit<Facts, "run">, event: Stored["event"]): void {
  switch (event.kind) {
    case "candidate_rejected":
      facts.rejections.push(event);
      break;
    case "candidate_frozen":
      facts.frozen.push(event);
      break;
    case "candidate_stale":
      more(facts.stale, event.task);
      break;
    case "checkout_behind":
      facts.behind = event;
      break;
    case "attempt_failed":
      if (event.cause === "lost") more(facts.lost, event.task);
      break;
    case "task_skipped":
      facts.skipped.set(event.task, event.because);
      break;
    case "task_retried":
      facts.skipped.delete(event.task);
      break;
    case "head_judged":
    case "good_head_kept":
      facts.heads.push({ event });
      break;
    case "tool_called":
      noteRefusal(facts.refused, event);
  }
}

function noteRefusal(
  refused: Facts["refused"],
  { task, attempt, refused_by: rule, seat }: EventOf<"tool_called">,
): void {
  if (rule === null || seat !== undefined) return;
  const key = `${task} ${attempt} ${rule}`;
  refused.set(key, { task, attempt, rule, times: (refused.get(key)?.times ?? 0) + 1 });
}

function ofRun({ run, behind, heads }: Facts, process: "alive" | "gone" | "unknown"): Diagnosis[] {
  const plan = `plan "${run.started.plan}"`;
  const whole = wholeOf(run, heads);
  const red = whole === null ? [] : sayWhole(whole);
  return [
    ...(run.state === "running" && process === "gone"
      ? [found("stale_run_window", null, `The run of ${plan} has no end, and its process is gone`)]
      : []),
    ...(red.length > 0 ? [found("red_together", whole?.since?.task ?? null, red.join(". "))] : []),
    ...(behind ? [found("landing_waits", behind.task, behind.cure)] : []),
  ];
}

/** One sentence that two findings share only when they are the same. */
const identity = (gate: string, { code, path = "", message }: Finding) => JSON.stringify([gate, code, path, message]);

/** The last word of a gate on tasks that fell, where it is the same for several of them. */
function sharedFailures({ run, rejections }: Facts): Diagnosis[] {
  const tasksOf = new Map<string, { gate: string; finding: Finding; tasks: Set<string> }>();
  for (const { id, state } of run.tasks) {
    const last = rejections.findLast(({ task }) => task === id);
    if (state !== "failed" || !last) continue;
    for (const finding of last.findings) {
      const key = identity(last.gate, finding);
      const same = tasksOf.get(key) ?? { gate: last.gate, finding, tasks: new Set<string>() };
      tasksOf.set(key, { ...same, tasks: same.tasks.add(id) });
    }
  }
  const shared = [...tasksOf.values()].filter(({ tasks }) => tasks.size >= REPEATED);
  return shared.slice(0, 1).map(({ gate, finding, tasks }) => {
    const who = [...tasks].map((id) => `"${id}"`).join(", ");
    return found("shared_gate_failure", null, `${who} all fall at ${gate}: ${sayFinding(finding)}`);
  });
}

/** What a task's attempts did over and over, landed or not; of one that landed only what cost it something. */
function habits(facts: Facts, { id, state }: Task): Diagnosis[] {
  const out: Diagnosis[] = [];
  for (const { task, attempt, rule, times } of facts.refused.values())
    if (task === id && times >= FOUGHT)
      out.push(
        found(
          rule === WRAPPED ? "run_bash_verify_misuse" : "refusals_fought",
          id,
          `Attempt ${attempt} was refused ${counted(times, "time")} by "${rule}"`,
        ),
      );
  const moved = facts.stale.get(id) ?? 0;
  if (moved >= MOVED) out.push(found("target_moves", id, `Its candidate was overtaken ${counted(moved, "time")}`));
  const lost = facts.lost.get(id) ?? 0;
  if (lost >= REPEATED) out.push(found("attempt_lost_again", id, `Its process died ${counted(lost, "time")}`));
  return state === "failed" ? [...out, ...repeats(facts, id)] : out;
}

function repeats({ rejections, frozen }: Facts, id: string): Diagnosis[] {
  const own = rejections.filter(({ task }) => task === id);
  const last = own.at(-1);
  const [finding] = last?.findings ?? [];
  const met = own.filter(
    ({ gate, findings }) =>
      finding && findings.some((one) => identity(gate, one) === identity(last?.gate ?? "", finding)),
  );
  const trees = frozen.filter(({ task }) => task === id).slice(-2);
  const [before, after] = trees;
  const blamed = last?.blame === undefined ? null : BLAMED[last.blame];
  return [
    ...(last && blamed ? [found(blamed, id, `Attempt ${last.attempt} fell at ${last.gate}${said(finding)}`)] : []),
    ...(finding && met.length >= REPEATED
      ? [
          found(
            "same_failure_repeated",
            id,
            `${counted(met.length, "attempt")} fell at ${last?.gate}: ${sayFinding(finding)}`,
          ),
        ]
      : []),
    ...(before && after && before.tree === after.tree
      ? [found("no_progress", id, `Attempts ${before.attempt} and ${after.attempt} left the very same work`)]
      : []),
  ];
}

const said = (finding: Finding | undefined) => (finding ? `: ${sayFinding(finding)}` : "");

/** Where settlement has asked who is to blame, and it is not the task. */
const BLAMED: Readonly<Record<NonNullable<Rejection["blame"]>, Pattern | null>> = {
  task: null,
  unknown: null,
  base: "base_already_red",
  integration: "breaks_only_together",
  environment: "gate_cannot_be_asked",
};

/** How the task fell in the end, and where the judges had refused it when that was not what ended it. */
function ending({ rejections }: Facts, { id, state, attempt, failed }: Task): Diagnosis[] {
  if (state !== "failed" || !failed) return [];
  const at = failed.gate === null ? "" : ` at ${failed.gate}`;
  const before = rejections.findLast((one) => one.task === id && one.attempt < attempt && failed.gate === null);
  const earlier = before ? `; attempt ${before.attempt} had fallen at ${before.gate}${said(before.findings[0])}` : "";
  const evidence = `Attempt ${attempt} ended${at}: ${reasonOf(failed)}${earlier}`;
  return [{ ...BY_CAUSE[failed.cause], next_action: HINTS[failed.cause], task: id, evidence }];
}
