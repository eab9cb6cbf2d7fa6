import type { Event, EventOf, Finding } from "@dgov/kernel";
import { counted } from "../counted.ts";
import { withBlame } from "./blame.ts";
import { reasonOf, sayCancelled, sayFinding, WORDS } from "./run_summary.ts";
import { sayStated, sayWatched } from "./stated_words.ts";

/** How much a reader must care: what happened to the work · what the workers say and do · everything else. */
export type Weight = "milestone" | "stream" | "detail";

/** `task` is null for what concerns the whole run; `good` colours it, null where it is neither. */
export type Told = { weight: Weight; task: string | null; text: string; good: boolean | null };

/**
 * One event in plain words, for someone who has not read a line of this program; null for what only the books need.
 * The words of models and commands are passed on as they are: whoever prints them makes them harmless.
 */
export function tell(event: Event): Told | null {
  const told = words(event);
  return told && { ...told, task: "task" in event ? event.task : null };
}

type Words = Omit<Told, "task">;

const milestone = (text: string, good: boolean | null = null): Words => ({ weight: "milestone", text, good });
const stream = (text: string, good: boolean | null = null): Words => ({ weight: "stream", text, good });
const detail = (text: string): Words => ({ weight: "detail", text, good: null });

function words(event: Event): Words | null {
  switch (event.kind) {
    case "run_started":
    case "run_resumed":
    case "run_interrupted":
    case "run_paused":
    case "run_forked":
    case "run_ended":
    case "sandbox_chosen":
    case "tests_frozen":
      return ofRun(event);
    case "head_judged":
    case "good_head_kept":
      return ofWhole(event);
    case "batch_begun":
    case "batch_judged":
    case "batch_split":
      return ofBatch(event);
    case "call_reserved":
      return null;
    case "call_settled":
      return event.said === "" ? null : stream(`says: ${event.said}`);
    case "tool_called":
      return ofTool(event);
    case "agent_started":
    case "agent_ended":
      return ofProgram(event);
    case "gate_judged":
      return ofGate(event);
    case "review_opened":
    case "seat_voted":
    case "finding_answered":
      return ofReview(event);
    case "integration_risk_scored":
    case "merged_by_symbol":
    case "symbols_touched":
      return ofSymbols(event);
    default:
      return ofTask(event);
  }
}

/** What is told of the run itself. */
type OfRun = EventOf<
  | "run_started"
  | "run_resumed"
  | "run_interrupted"
  | "run_paused"
  | "run_forked"
  | "run_ended"
  | "sandbox_chosen"
  | "tests_frozen"
>;

function ofRun(event: OfRun): Words {
  switch (event.kind) {
    case "run_started": {
      const carried = event.tasks.filter((task) => task.carried !== null).length;
      const before = carried > 0 ? `, ${carried} of them landed before` : "";
      const target = event.target.replace(/^refs\/heads\//, "");
      return milestone(`plan "${event.plan}": ${counted(event.tasks.length, "task")}${before}, to land on "${target}"`);
    }
    case "run_resumed":
      return milestone(`the run goes on from ${short(event.head)}`);
    case "run_paused":
      return milestone(
        `paused${event.reason === "" ? "" : ` (${event.reason})`}: what is under way comes to its end, and nothing else is begun`,
        false,
      );
    case "run_interrupted":
      return milestone(`stopped by ${event.signal}; all work is kept, and the next run goes on`, false);
    case "run_forked":
      return milestone(`goes its own way from here: all before is run ${event.from} up to event ${event.at}`);
    case "run_ended":
      return milestone(`${event.status}: ${ENDS[event.status]}`, event.status === "complete");
    case "sandbox_chosen":
      return detail(`tools and gates run in the "${event.level}" sandbox: ${event.detail}`);
    case "tests_frozen": {
      const { by, name } = event.plan_by;
      return milestone(`${counted(event.tests.length, "test")} frozen, approved by ${by} (${name})`);
    }
  }
}

const ENDS: Readonly<Record<EventOf<"run_ended">["status"], string>> = {
  complete: "every task has landed",
  red: "every task has landed, and together they do not pass",
  partial: "some tasks have landed",
  failed: "nothing has landed",
};

function ofWhole(event: EventOf<"head_judged" | "good_head_kept">): Words {
  if (event.kind === "good_head_kept")
    return milestone(`the last good head is ${short(event.commit)}; take it with: ${event.cure}`);
  const { commit, verdict, gates, known } = event;
  const all = `all that has landed, taken together (${short(commit)})`;
  const before = known.length === 0 ? "" : `; ${known.join(", ")} had passed on this tree already`;
  if (verdict === "pass") return milestone(`${all}, passes every gate${before}`, true);
  const fell = gates.at(-1);
  const how = verdict === "reject" ? "is refused" : "cannot be judged";
  return milestone(`${all}, ${how} by gate ${fell?.gate}: ${found(fell?.findings ?? [])}`, false);
}

type OfTask = Exclude<
  Event,
  | OfRun
  | EventOf<
      | "head_judged"
      | "good_head_kept"
      | "batch_begun"
      | "batch_judged"
      | "batch_split"
      | "call_reserved"
      | "call_settled"
      | "tool_called"
      | "agent_started"
      | "agent_ended"
      | "gate_judged"
      | "review_opened"
      | "finding_answered"
      | "seat_voted"
      | "integration_risk_scored"
      | "merged_by_symbol"
      | "symbols_touched"
    >
>;

function ofTask(event: OfTask): Words {
  switch (event.kind) {
    case "task_dispatched": {
      const again = event.attempt > 1 ? ` (attempt ${event.attempt})` : "";
      const carried = event.carried_from === null ? "" : ", going on from its earlier work";
      return milestone(`starts${again} with "${event.agent}"${carried}`);
    }
    case "task_routed":
      return detail(
        `goes to "${event.chosen}" by the rule "${event.rule}" of [routing], as a task of kind ${event.task_kind}: ${chosenBecause(event)}`,
      );
    case "attempt_failed":
      if (event.cause === "interrupted") return milestone(`stopped${kept(event.kept)}`);
      return milestone(`failed: ${reasonOf({ ...event, findings: [] })}${kept(event.kept)}`, false);
    case "report_filed":
      return milestone(`reports: ${event.summary}`, true);
    case "candidate_frozen":
      return milestone(`done, now being judged: ${event.summary}`);
    case "candidate_passed":
      return detail(`passed every gate on top of ${short(event.head)}`);
    case "candidate_rejected":
      return milestone(refusal(event), false);
    case "candidate_stale":
      return detail(`something landed in between, so it is judged again on top of ${short(event.head)}`);
    case "landing_started":
      return detail(`is landing on top of ${short(event.head)}`);
    case "landing_refused":
      return detail(`the branch moved during the landing, so it is judged again on top of ${short(event.head)}`);
    case "task_landed":
      return milestone(`landed as ${short(event.commit)}`, true);
    case "task_retried":
      return milestone(event.by === "user" ? "is tried again, as the user asked" : "is tried again");
    case "task_cancelled":
      return milestone(`skipped: ${sayCancelled(event)}`, false);
    case "approval_answered": {
      const { verdict, by, reason } = event;
      const did = verdict === "approve" ? "approved" : "rejected";
      return milestone(`${did} by ${by}${reason === "" ? "" : `: ${reason}`}`, verdict === "approve");
    }
    case "task_skipped":
      return milestone(`skipped: it needs "${event.because}", which did not land`, false);
    case "ledger_recalled":
      return recalled(event);
    case "checks_stated":
      return stated(event);
    case "answer_given":
      return detail(
        `answers by ${event.form}${event.refused === 0 ? "" : `, after ${counted(event.refused, "answer")} that were given back`}`,
      );
    case "tests_watched":
      return event.verdict === "watched"
        ? detail(`its tests ${sayWatched(event)}`)
        : milestone(`its tests ${sayWatched(event)}`, false);
    case "checkout_behind":
      return milestone(`has landed, but the checkout has local changes and was left alone: ${event.cure}`, false);
  }
}

/** Why one of the candidates was chosen, in words. */
function chosenBecause({ candidates, why }: EventOf<"task_routed">): string {
  const others = candidates.length - 1;
  if (why === "only") return "it is the only one there";
  if (why === "unpriced") return `the first of ${candidates.length} of which none has a price`;
  const unpriced = candidates.filter(({ cost_micros }) => cost_micros === null).length;
  return `its price is the least beside ${counted(others, "other")}${unpriced > 0 ? `, of which ${unpriced} have none` : ""}`;
}

function stated({ checks }: EventOf<"checks_stated">): Words {
  const text = `states ${checks.map(sayStated).join("; ")}`;
  return checks.every(({ standing }) => standing === "verified") ? detail(text) : milestone(text, false);
}

function recalled({ told, withheld }: EventOf<"ledger_recalled">): Words {
  const named = (entries: readonly { entry: number }[]) => entries.map(({ entry }) => `#${entry}`).join(", ");
  if (withheld.length === 0) return detail(`is told ${named(told)} of the ledger`);
  return milestone(
    `is not told ${named(withheld)} of the ledger, changed since it was written: see "dgov ledger verify"`,
    false,
  );
}

function ofBatch(event: EventOf<"batch_begun" | "batch_judged" | "batch_split">): Words {
  const named = (tasks: readonly { task: string }[]) => tasks.map(({ task }) => `"${task}"`).join(", ");
  switch (event.kind) {
    case "batch_begun": {
      const apart = event.apart.map(({ task, gate, why }) => `; "${task}" is judged by itself (${gate}: ${why})`);
      if (event.tasks.length === 1) return detail(`${named(event.tasks)} is judged by itself${apart.join("")}`);
      return milestone(`judges ${named(event.tasks)} as one tree on top of ${short(event.head)}${apart.join("")}`);
    }
    case "batch_judged": {
      const { tasks, verdict, gates } = event;
      if (verdict === "pass") return milestone(`${named(tasks)} pass every gate together`, true);
      const last = gates.at(-1);
      const how = verdict === "reject" ? "refuses" : "could not answer";
      return milestone(
        `gate ${last?.gate} ${how}, asked of ${named(tasks)} together: ${found(last?.findings ?? [])}`,
        false,
      );
    }
    case "batch_split":
      return milestone(`judges them apart: ${event.parts.map(named).join(", then ")}`);
  }
}

function ofTool({ seat, ...event }: EventOf<"tool_called">): Words {
  const told = ofCall(event);
  // A reviewer that may not do something is no news of the work.
  return seat === undefined ? told : { ...detail(`seat ${seat}: ${told.text}`), good: told.good };
}

function ofProgram(event: EventOf<"agent_started" | "agent_ended">): Words {
  const named = `${event.seat === undefined ? "" : `seat ${event.seat}: `}program "${event.agent}"`;
  if (event.kind === "agent_started") {
    const given = event.passed.length > 0 ? `, and is given ${event.passed.join(", ")}` : "";
    const reached = event.hosts.length > 0 ? `, and reaches ${event.hosts.join(", ")}` : "";
    const how = event.protocol === "acp" ? "asks us for files and commands" : "works by itself";
    return milestone(`${named} ${how}: ${event.command.join(" ")}${given}${reached}`);
  }
  const { ended, exit, output, put_back, took_ms } = event;
  const said = (output.tail || output.head).trim();
  const how = exit === null ? `was ended by ${ended}` : `ended with exit status ${exit}`;
  const back = put_back.length > 0 ? `; put back, as it is not claimed: ${put_back.join(", ")}` : "";
  return stream(`${named} ${how} after ${took_ms} ms${back}${said === "" ? "" : `, and said: ${said}`}`, exit === 0);
}

function ofCall({ tool, input, ok, refused_by, text, within }: EventOf<"tool_called">): Words {
  // A script makes thousands, and what matters of them is in its own answer.
  if (within !== undefined && refused_by === null)
    return detail(`script: ${tool} ${input}${ok ? "" : ` failed: ${text}`}`);
  if (within !== undefined) return stream(`script: ${tool} was refused (${refused_by}): ${text}`, false);
  if (refused_by !== null) return milestone(`${tool} was refused (${refused_by}): ${text}`, false);
  return ok ? stream(`${tool} ${input}`) : stream(`${tool} ${input} failed: ${text}`, false);
}

function ofGate({ gate, verdict, findings, took_ms, command }: EventOf<"gate_judged">): Words {
  const how = command === null ? "" : ` (${command})`;
  if (verdict === "pass" && findings.length > 0)
    return stream(`gate ${gate} passed${how}, and notes: ${found(findings)}`);
  if (verdict === "pass") return detail(`gate ${gate} passed in ${took_ms} ms${how}`);
  return stream(
    `gate ${gate} ${verdict === "reject" ? "refuses" : "could not answer"}${how}: ${found(findings)}`,
    false,
  );
}

function ofReview(event: EventOf<"review_opened" | "seat_voted" | "finding_answered">): Words {
  if (event.kind === "finding_answered") {
    const { does, by, finding, reason } = event;
    return milestone(`${by} ${does === "dismiss" ? "dismisses" : "answers"} ${finding}: ${reason}`);
  }
  if (event.kind === "review_opened") {
    const names = event.seats.map(
      ({ seat, model, advises }) => `${seat} (${model}${advises ? ", who only advises" : ""})`,
    );
    const round = event.round ? `, in round ${event.round.n} of ${event.round.of},` : "";
    return stream(`is reviewed${round} by ${names.join(", ")}; ${event.approvals} must approve`);
  }
  const { seat, vote, why, said, findings, units = [] } = event;
  if (vote === "none") return stream(`seat ${seat} has no vote (${why ?? "unknown"}): ${said}`, false);
  const left = units.flatMap(({ unit, state }) => (state === "complete" ? [] : [`${unit} is ${state}`]));
  const open = left.length === 0 ? "" : ` (${left.join(", ")})`;
  const what = findings.length > 0 ? `: ${found(findings)}` : said === "" ? "" : `: ${said}`;
  return stream(`seat ${seat} ${vote === "approve" ? "approves" : "rejects"}${open}${what}`, vote === "approve");
}

function ofSymbols(event: EventOf<"integration_risk_scored" | "merged_by_symbol" | "symbols_touched">): Words {
  switch (event.kind) {
    case "integration_risk_scored": {
      const [first] = event.overlaps;
      if (!first) return detail("nobody else has touched what it touches");
      const more = event.overlaps.length > 1 ? ` (and ${event.overlaps.length - 1} more)` : "";
      return stream(`risk ${event.level}: ${place(first)}: ${first.ours}; ${first.theirs}${more}`);
    }
    case "merged_by_symbol": {
      const paths = event.files.map(({ path }) => `"${path}"`);
      return milestone(`git could not merge ${paths.join(", ")}; symbol by symbol it goes together, and is judged`);
    }
    case "symbols_touched": {
      const all = event.touched.length + (event.touched_more ?? 0);
      return detail(
        `touched ${counted(all, "symbol")}${event.unknown.length > 0 ? ", and files whose symbols are not known" : ""}`,
      );
    }
  }
}

const place = ({ path, symbol }: { path: string; symbol: string }) => (symbol === "" ? path : `${path}::${symbol}`);

const kept = (commit: string | null) => (commit === null ? "" : ` (its work is kept as ${short(commit)})`);

function refusal({ gate, findings, cause, ...whose }: EventOf<"candidate_rejected">): string {
  return withBlame(`refused by ${gate}: ${found(findings) || WORDS[cause]}`, whose);
}

function found(findings: readonly Finding[]): string {
  const [first] = findings;
  if (!first) return "";
  return findings.length > 1 ? `${sayFinding(first)} (and ${findings.length - 1} more)` : sayFinding(first);
}

/** A commit as people read it. */
export const short = (oid: string): string => oid.slice(0, 7);
