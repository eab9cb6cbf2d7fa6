import { z } from "zod";
import { Cause } from "./cause.ts";
import { Caller, Finding, Output, Short, Usage } from "./event_parts.ts";
import { REVIEW_EVENTS } from "./event_review.ts";
import { Oid, RetryPolicy, RunId, RunLimits, TaskId, TaskSpec } from "./plan.ts";
import { Approver, FrozenTest } from "./stages.ts";
import { WeighedCheck } from "./stated.ts";
import { Watched } from "./watched.ts";

export { Caller, Cause, Finding, Output, Short, Usage };

/**
 * Whose doing a rejection is: `task` its own work · `integration` the work with what has landed meanwhile, while each alone
 * is right · `base` it was red before · `environment` the gate can be asked of no tree here · `unknown` nobody can tell
 */
const Blame = z.enum(["task", "integration", "base", "environment", "unknown"]);

const Level = z.enum(["bwrap", "landlock", "seatbelt", "wasm"]);

/**
 * How a run ended: `complete` every task has landed, and the whole passes, where it was asked for · `red` every task has
 * landed, and the whole does not pass · `partial` some have landed · `failed` none has
 */
const RunEnd = z.enum(["complete", "red", "partial", "failed"]);

const byPerson = { by: z.string(), reason: z.string() }; // `reason` "": nobody said why
const attempt = { task: TaskId, attempt: z.int().min(1) };

/** What a gate said of a tree. */
const said = {
  gate: z.string(),
  verdict: z.enum(["pass", "reject", "broken"]),
  findings: z.array(Finding), // of a `pass` these are notes; a `broken` gate's cause stands here too
  took_ms: z.int().min(0),
  command: z.string().nullable(),
  exit: z.int().nullable(),
  output: Output.nullable(),
  level: Level.optional(), // that what it ran was confined at; absent: it ran nothing, or the log is from before it was told
};

/** The only list of events there is. No event has a default; an unknown kind or key is an error on the way in and out. */
export const Event = z.discriminatedUnion("kind", [
  // The run.
  z.strictObject({
    kind: z.literal("run_started"),
    plan: z.string(),
    plan_dir: z.string(), // relative to the repository's root
    plan_hash: z.string(),
    config_hash: z.string(),
    target: z.string(), // the full ref that work lands on, `refs/heads/main`
    head: Oid, // the target when the run began
    source: z.string(), // who asked: `manual`, or DGOV_RUN_SOURCE
    only: z.array(TaskId), // empty: the whole plan
    jobs: z.int().min(1),
    tasks: z.array(TaskSpec).min(1),
    retry: RetryPolicy,
    limits: RunLimits,
    currency: z.string().optional(), // of every amount in the run; absent: USD
    batch: z.int().min(2).optional(), // how many candidates may be judged together; absent: each alone
    profile: z.string().optional(), // of the project's [profiles], who works; absent: as the project says without one
    /** All gates are asked of the head at the end, as of a change from `base`: where the plan's first run began. */
    final: z.strictObject({ base: Oid }).optional(), // absent: nobody is asked
  }),
  z.strictObject({ kind: z.literal("sandbox_chosen"), level: Level, detail: z.string() }),
  z.strictObject({
    kind: z.literal("tests_frozen"), // of a plan by tests-first: what was approved by the time it began, and by whom
    spec: z.string(), // sha-256 (hex) of the spec
    spec_by: Approver,
    plan_by: Approver,
    tests: z.array(FrozenTest),
    landed: z.array(TaskId), // tasks that were done by then: their tests are asked like any others
  }),
  z.strictObject({ kind: z.literal("run_resumed"), head: Oid }),
  z.strictObject({ kind: z.literal("run_interrupted"), signal: z.string() }),
  z.strictObject({ kind: z.literal("run_paused"), reason: z.string() }), // nothing is begun until somebody resumes it
  z.strictObject({
    kind: z.literal("run_forked"), // all before it are facts of another run, of which they are copies
    from: RunId,
    at: z.int().min(1), // the number of the last of them in that run
    head: Oid, // the target by then
  }),
  z.strictObject({
    kind: z.literal("head_judged"), // once no task is left: the target's head; of a red one, commits below it
    commit: Oid,
    tree: Oid,
    verdict: z.enum(["pass", "reject", "broken"]),
    gates: z.array(z.strictObject(said)),
    known: z.array(z.string()), // gates that had passed on this very tree when it was to land, and were not asked again
  }),
  z.strictObject({ kind: z.literal("good_head_kept"), commit: Oid, ref: z.string(), cure: z.string() }),
  z.strictObject({ kind: z.literal("run_ended"), status: RunEnd }),

  // The life of a task: these move it through TRANSITIONS.
  z.strictObject({
    kind: z.literal("task_dispatched"),
    ...attempt,
    base: Oid,
    provider: z.string(),
    agent: z.string(),
    tier: z.int().min(0),
    carried_from: Oid.nullable(), // the kept work of an earlier attempt this one goes on from
    // What kind of task it is, and a sha-256 (hex) of what every task of its role is told here; absent in older logs.
    briefing: z.strictObject({ task_kind: z.string(), prompt: z.string() }).optional(),
  }),
  z.strictObject({
    kind: z.literal("task_routed"), // why the attempt has its agent: a rule of [routing] has chosen it
    ...attempt,
    rule: z.string(),
    task_kind: z.string(), // what kind of task that is, as `worker:py`
    candidates: z.array(z.strictObject({ model: z.string(), cost_micros: z.int().min(0).nullable() })).min(1),
    chosen: z.string(), // of these, `PROVIDER/MODEL`
    why: z.enum(["only", "cheapest", "unpriced"]),
  }),
  z.strictObject({
    kind: z.literal("attempt_failed"),
    ...attempt,
    cause: Cause,
    detail: z.string(),
    kept: Oid.nullable(),
    short: Short.optional(), // of a `budget`: the ceiling it came to
  }),
  z.strictObject({ kind: z.literal("report_filed"), ...attempt, base: Oid, summary: z.string() }),
  z.strictObject({
    kind: z.literal("candidate_frozen"),
    ...attempt,
    base: Oid,
    tree: Oid,
    commit: Oid, // the attempt's commit under refs/dgov/attempts
    lines: z.int().min(0).optional(), // added and removed; counted where the task estimates them
    summary: z.string(),
  }),
  z.strictObject({
    kind: z.literal("candidate_passed"),
    ...attempt,
    head: Oid,
    tree: Oid,
    commit: Oid,
    tip: Oid.optional(), // of a batch: the commit on top of this one whose tree was judged; absent: this one was
  }),
  z.strictObject({
    kind: z.literal("candidate_rejected"),
    ...attempt,
    cause: Cause,
    gate: z.string(),
    findings: z.array(Finding),
    blame: Blame.optional(), // absent in logs from before it was asked
    clash: z.strictObject({ task: z.string(), commit: Oid }).optional(), // the landing since which it does not pass
  }),
  z.strictObject({ kind: z.literal("candidate_stale"), ...attempt, head: Oid }),
  z.strictObject({ kind: z.literal("landing_started"), ...attempt, head: Oid, tree: Oid, commit: Oid }),
  z.strictObject({ kind: z.literal("landing_refused"), ...attempt, head: Oid }),
  z.strictObject({ kind: z.literal("task_landed"), ...attempt, commit: Oid }),
  z.strictObject({
    kind: z.literal("task_retried"),
    task: TaskId,
    attempt: z.int().min(0), // the attempt that failed; 0 for a task that was skipped before its first
    by: z.enum(["policy", "user"]),
    tier: z.int().min(0),
    carry: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("task_skipped"), task: TaskId, because: TaskId }),
  z.strictObject({
    kind: z.literal("task_cancelled"), // by a person, before an attempt; one under way fails with the cause `cancelled`
    task: TaskId,
    attempt: z.int().min(0), // the last one; 0 before the first
    ...byPerson,
  }),
  z.strictObject({
    kind: z.literal("approval_answered"), // of a candidate that everything else has let through
    ...attempt,
    tree: Oid, // that its worker left, which is what the person has looked at
    verdict: z.enum(["approve", "reject"]),
    ...byPerson,
  }),

  // Several candidates that are judged as one tree, each on top of the one before.
  z.strictObject({
    kind: z.literal("batch_begun"),
    head: Oid,
    tasks: z.array(z.strictObject(attempt)).min(1), // one: nobody else goes with it
    apart: z.array(z.strictObject({ ...attempt, gate: z.string(), why: z.string() })), // will be judged each by itself
  }),
  z.strictObject({
    kind: z.literal("batch_judged"),
    head: Oid,
    tree: Oid,
    commit: Oid, // of the last of them, with all others below it
    tasks: z.array(z.strictObject(attempt)).min(2),
    verdict: z.enum(["pass", "reject", "broken"]),
    gates: z.array(z.strictObject(said)),
  }),
  z.strictObject({ kind: z.literal("batch_split"), parts: z.array(z.array(z.strictObject(attempt)).min(1)) }),

  // Budgets: reserved before a call is sent, settled when it has answered.
  z.strictObject({
    kind: z.literal("call_reserved"),
    ...attempt,
    call: z.int().min(1),
    tokens: z.int().min(0),
    cost_micros: z.int().min(0),
    again: z.literal(true).optional(), // a further call of the same turn
    caller: Caller.optional(), // absent in logs from before it was told of each
  }),
  z.strictObject({
    kind: z.literal("call_settled"),
    ...attempt,
    call: z.int().min(1),
    usage: Usage,
    counted_by: z.enum(["provider", "estimate"]).optional(), // absent in logs from before it was told of each
    took_ms: z.int().min(0),
    said: z.string(),
    served: z.string().optional(), // how the provider calls what has answered; absent: it did not say
  }),

  // What happened on the way: facts for people, no state.
  z.strictObject({
    kind: z.literal("tool_called"),
    ...attempt,
    n: z.int().min(1), // counts the attempt's tool calls
    tool: z.string(),
    input: z.string(), // JSON, shortened
    ok: z.boolean(),
    refused_by: z.string().nullable(), // the rule or layer that refused, or null
    touched: z.array(z.string()), // paths the call wrote
    touched_more: z.int().min(1).optional(), // how many paths it wrote beside those; absent: none
    text: z.string(), // the answer, shortened
    took_ms: z.int().min(0),
    within: z.int().min(1).optional(), // the `n` of the script that made the call; absent: the model did
    level: Level.optional(), // that the call was confined at; absent in logs from before it was told of each
    seat: z.string().optional(), // of the review, whose reviewer made it; absent: the task's own worker did
    exit: z.int().nullable().optional(), // of the program that it ran, null: none of its own; absent: it ran none, or an older log
    nature: z.enum(["test", "read"]).optional(), // of a command: the task's own test command, or only reading; absent: anything
  }),
  z.strictObject({
    kind: z.literal("agent_started"), // a command-line agent, which does the whole attempt, or all that a seat does
    ...attempt,
    agent: z.string(), // its name in the project's `[agents]`
    command: z.array(z.string()), // as the project has it, without the task in it
    passed: z.array(z.string()), // names of the variables that it was given from the governor's environment
    hosts: z.array(z.string()), // that it may reach; none: no network
    level: Level,
    time_ms: z.int().min(0),
    protocol: z.literal("acp").optional(), // it asks as of an editor: its calls are told; absent: it works unseen
    seat: z.string().optional(), // of the review that it holds; absent: it works on the task
  }),
  z.strictObject({
    kind: z.literal("agent_ended"), // absent where its isolation died or the run was stopped
    ...attempt,
    agent: z.string(),
    ended: z.string(), // by what: `exit`, `timeout`, `signal`, or a limit of the sandbox
    exit: z.int().nullable(),
    output: Output, // what it said: words, and no evidence of anything
    put_back: z.array(z.string()), // unclaimed paths that it changed, and that were restored
    put_back_more: z.int().min(1).optional(), // how many there were beside those; absent: none
    seat: z.string().optional(), // as in `agent_started`
    took_ms: z.int().min(0),
  }),
  z.strictObject({
    kind: z.literal("gate_judged"),
    ...attempt,
    ...said,
  }),
  ...REVIEW_EVENTS,
  z.strictObject({
    kind: z.literal("integration_risk_scored"),
    ...attempt,
    head: Oid, // the target that the work is to be put on
    level: z.enum(["none", "low", "medium", "high", "critical"]),
    overlaps: z.array(
      z.strictObject({
        path: z.string(),
        symbol: z.string(), // "": the file as a whole, where its symbols are not known
        kind: z.enum(["same_symbol", "same_name", "signature", "reference", "syntax", "same_file"]),
        ours: z.string(), // what the task did to it, in words
        theirs: z.string(), // what was done to it on the target since, and by which task where that is known
      }),
    ),
  }),
  z.strictObject({
    kind: z.literal("merged_by_symbol"), // git could not put the work on the target; symbol by symbol it can be
    ...attempt,
    head: Oid,
    tree: Oid,
    files: z.array(
      z.strictObject({
        path: z.string(),
        decided: z.array(z.strictObject({ symbol: z.string(), from: z.string(), rule: z.string() })),
      }),
    ),
  }),
  z.strictObject({
    kind: z.literal("symbols_touched"), // the record of an attempt: what it did, in symbols
    ...attempt,
    base: Oid, // a tree, as is the next
    tree: Oid,
    grammars: z.string(), // a digest of all grammars that had a say
    touched: z.array(
      z.strictObject({
        path: z.string(),
        symbol: z.string(),
        did: z.enum(["added", "removed", "edited", "moved", "renamed"]),
        edited: z.array(z.string()), // what of it: signature, decorators, body, doc, trivia
        claimed: z.boolean(),
      }),
    ),
    touched_more: z.int().min(1).optional(), // how many there were beside those; absent: none
    unknown: z.array(z.strictObject({ path: z.string(), why: z.string() })), // by the rule for whole files
    unknown_more: z.int().min(1).optional(), // how many there were beside those; absent: none
  }),
  z.strictObject({
    kind: z.literal("ledger_recalled"), // which entries of the ledger an attempt is told, and which it is not
    ...attempt,
    told: z.array(z.strictObject({ entry: z.int().min(1), hash: z.string() })), // sha-256 (hex) of what the entry says
    withheld: z.array(z.strictObject({ entry: z.int().min(1), hash: z.string(), why: z.enum(["edited", "unproven"]) })),
  }),
  z.strictObject({
    kind: z.literal("checks_stated"), // what a worker says of its work, and what its own calls make of that
    ...attempt,
    left: Oid, // the tree that it left
    tree: Oid, // the tree that is judged: another where its work was formatted or fixed since
    checks: z.array(WeighedCheck).min(1),
  }),
  z.strictObject({
    kind: z.literal("answer_given"), // what somebody who was consulted has answered, or an author to a reviewer, in the form that was asked for
    ...attempt,
    form: z.string(), // the tool that it was handed in by
    answer: z.string(), // JSON, whole
    refused: z.int().min(0), // answers before it that were given back
  }),
  // Whether a task's own tests were seen to fail before its work began; of a task with a test command of its own alone.
  z.strictObject({ kind: z.literal("tests_watched"), ...attempt, command: z.string(), ...Watched.shape }),
  z.strictObject({ kind: z.literal("checkout_behind"), ...attempt, commit: Oid, cure: z.string() }),
]);
export type Event = z.infer<typeof Event>;
export type EventKind = Event["kind"];
/** The events of one kind. */
export type EventOf<Kind extends EventKind> = Extract<Event, { kind: Kind }>;

/**
 * Kinds that must survive a loss of power before the world is changed: they say what may land, and what did.
 * All others survive the death of the process, and cost a hundredth of the time.
 */
export const DURABLE: ReadonlySet<EventKind> = new Set(["candidate_passed", "landing_started", "task_landed"]);
