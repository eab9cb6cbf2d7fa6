import { halves, landingWith } from "../../packages/kernel/src/batch.ts";
import { type Action, type Cause, type Event, shortOf, type TaskId, taskOf } from "../../packages/kernel/src/index.ts";
import type { Sim } from "./sim.ts";

/** An action under way. It stops wherever time passes; a crash is that it is never taken up again. */
export type Flight = Generator<void, void, void>;

type Of<Verb extends Action["do"]> = Extract<Action, { do: Verb }>;
type Attempt = { task: TaskId; attempt: number };

export function perform(sim: Sim, action: Exclude<Action, { do: "end" | "skip" }>): Flight {
  switch (action.do) {
    case "dispatch":
      return dispatch(sim, action);
    case "judge":
      return judge(sim, action);
    case "judge_batch":
      return judgeTogether(sim, action);
    case "land":
      return land(sim, action);
    case "retry":
      return tryAgain(sim, action);
    case "judge_head":
      return judgeHead(sim, action);
    case "keep_good":
      return keepGood(sim, action);
  }
}

/** What is red stays red, in some runs; in others nothing is told from anything. */
function* judgeHead(sim: Sim, { commit }: Of<"judge_head">): Flight {
  yield;
  if (sim.run.state !== "running") return;
  const { world, chance } = sim;
  const at = commit ?? world.head;
  const verdict = chance.pick(["pass", "pass", "reject", "broken"] as const);
  const gate = { gate: "tests", verdict, findings: [], took_ms: 1, command: null, exit: null, output: null };
  sim.record({ kind: "head_judged", commit: at, tree: world.make(), verdict, gates: [gate], known: [] });
}

function* keepGood(sim: Sim, { commit }: Of<"keep_good">): Flight {
  yield;
  if (sim.run.state === "running") sim.record({ kind: "good_head_kept", commit, ref: "refs/dgov/good/r", cure: "" });
}

const BY_WORKER: readonly Cause[] = [
  "error",
  "timeout",
  "turns",
  "stuck",
  "incomplete",
  "blocked",
  "provider",
  "setup",
];
const BY_SETTLEMENT: readonly Cause[] = [
  ...(["scope", "read_scope", "path_policy", "reserved_path", "empty_diff", "diff_size"] as const),
  ...(["gate", "text_conflict", "semantic", "review", "broken"] as const),
];

function* dispatch(sim: Sim, { task, attempt, tier, carry }: Of<"dispatch">): Flight {
  const { chance, world } = sim;
  const at = { task, attempt };
  yield; // the worktree is made
  if (sim.run.state !== "running") return;
  const base = world.head;
  const carried_from = carry ? (taskOf(sim.run, task).work?.kept ?? null) : null;
  sim.record({ kind: "task_dispatched", ...at, base, provider: "sim", agent: `rung ${tier}`, tier, carried_from });
  yield;
  const said = yield* talk(sim, at, chance.below(4));
  if (said === "stopped") return;
  if (said === "broke") return fail(sim, at, "budget");
  if (chance.yes(0.3)) return fail(sim, at, chance.pick(BY_WORKER));
  const summary = "done";
  if (sim.roleOf(task) !== "worker") return sim.record({ kind: "report_filed", ...at, base, summary });
  sim.record({ kind: "candidate_frozen", ...at, base, tree: world.make(), commit: world.make(), summary });
}

function fail({ record, chance, world }: Sim, at: Attempt, cause: Cause): void {
  record({ kind: "attempt_failed", ...at, cause, detail: "it failed", kept: chance.yes(0.5) ? world.make() : null });
}

/** Some turns with a model, each reserved before it is sent. Now and then one uses more than was reserved. */
function* talk(sim: Sim, at: Attempt, turns: number): Generator<void, "said" | "broke" | "stopped", void> {
  const { chance, world } = sim;
  for (let turn = 0; turn < turns; turn++) {
    if (sim.run.state !== "running") return "stopped";
    const ask = { tokens: chance.below(200), cost_micros: chance.below(200) };
    const run_ms = world.now_ms - sim.run.started_at_ms;
    if (shortOf(sim.run, { ...ask, task: at.task }, { run_ms, task_ms: 0 })) return "broke";
    const call = sim.nextCall();
    sim.record({ kind: "call_reserved", ...at, call, ...ask });
    yield;
    const more = chance.yes(0.15) ? chance.below(100) : 0;
    const [input_tokens, output_tokens] = [chance.below(ask.tokens + 1), more];
    const usage = { input_tokens, output_tokens, cost_micros: chance.below(ask.cost_micros + 1) + more };
    sim.record({ kind: "call_settled", ...at, call, usage, took_ms: 1, said: "" });
    const told = { tool: "edit_file", input: "{}", ok: true, refused_by: null, touched: [], text: "", took_ms: 1 };
    if (chance.yes(0.3)) sim.record({ kind: "tool_called", ...at, n: turn + 1, ...told });
    yield;
  }
  return "said";
}

function* judge(sim: Sim, { task, attempt }: Of<"judge">): Flight {
  const { chance, world } = sim;
  const at = { task, attempt };
  const head = world.head;
  yield;
  if (chance.yes(0.2)) {
    const said = yield* talk(sim, at, 1 + chance.below(2)); // reviewers
    if (said === "stopped") return;
    if (said === "broke") return fail(sim, at, "budget");
  }
  if (chance.yes(0.25)) {
    const [cause, gate] = [chance.pick(BY_SETTLEMENT), "lint"];
    const found = { ...at, gate, findings: [{ code: cause, message: "no" }] };
    const verdict = cause === "broken" ? "broken" : "reject";
    sim.record({ kind: "gate_judged", ...found, verdict, took_ms: 1, command: null, exit: null, output: null });
    return sim.record({ kind: "candidate_rejected", ...found, cause });
  }
  if (chance.yes(0.05)) return fail(sim, at, "broken");
  const [tree, commit] = [world.make(), world.make()];
  world.judge(commit, head);
  sim.record({ kind: "candidate_passed", ...at, head, tree, commit });
}

/**
 * As a governor judges several: who does not go with the others is left apart, then all are judged as one tree. In the sim a
 * tree is red because of a task of its own, or of two together.
 */
function* judgeTogether(sim: Sim, { tasks }: Of<"judge_batch">): Flight {
  const { chance, world } = sim;
  const head = world.head;
  yield;
  if (sim.run.state !== "running") return;
  const some = tasks.filter(() => chance.yes(0.8));
  const fits = some.length === 0 ? tasks.slice(0, 1) : some;
  const others = tasks.filter((one) => !fits.includes(one));
  const apart = others.map((one) => ({ ...one, gate: "integration", why: "it does not fit" }));
  sim.record({ kind: "batch_begun", head, tasks: [...fits], apart });
  if (fits.length < 2) return;
  yield;
  const commits = fits.map(() => world.make());
  const tip = commits.at(-1) ?? "";
  const verdict = chance.pick(["pass", "pass", "pass", "reject", "broken"] as const);
  const gate = { gate: "tests", verdict, findings: [], took_ms: 1, command: null, exit: null, output: null };
  const said: Event = {
    kind: "batch_judged",
    head,
    tree: world.make(),
    commit: tip,
    tasks: [...fits],
    verdict,
    gates: [gate],
  };
  if (verdict !== "pass") return sim.recordAll([said, { kind: "batch_split", parts: halves(fits) }]);
  world.judge(tip, head);
  const passed = fits.map((one, at): Event => {
    const on = { head: commits[at - 1] ?? head, tree: world.make(), commit: commits[at] ?? "" };
    return { kind: "candidate_passed", ...one, ...on, tip };
  });
  sim.recordAll([said, ...passed]);
}

/** As a governor lands: look, say so, swap, say so. It can be cut off between any two, and is then gone on with. */
function* land(sim: Sim, { task: id }: Of<"land">): Flight {
  const { world } = sim;
  const first = taskOf(sim.run, id);
  const together = landingWith(sim.run, first) ?? [];
  const judged = first.work?.integrated;
  const last = together.at(-1)?.work?.integrated;
  if (!judged || !last) throw new Error(`Asked to land "${id}", which was not judged`);
  const each = (of: (at: Attempt, commit: string) => Event) =>
    sim.recordAll(
      together.map((one) => of({ task: one.id, attempt: one.attempt }, one.work?.integrated?.commit ?? "")),
    );
  yield;
  if (first.state === "ready") {
    if (sim.run.state !== "running") return;
    if (world.head !== judged.head) return each((at) => ({ kind: "candidate_stale", ...at, head: world.head }));
    sim.recordAll(
      together.map((one): Event => {
        const { tip: _tip, ...integrated } = one.work?.integrated ?? judged;
        return { kind: "landing_started", task: one.id, attempt: one.attempt, ...integrated };
      }),
    );
    yield;
  }
  const ids = together.map((one) => one.id);
  const there = world.has(last.commit) || world.swap(ids, judged.head, last.commit);
  yield;
  each((at, commit) =>
    there ? { kind: "task_landed", ...at, commit } : { kind: "landing_refused", ...at, head: world.head },
  );
}

function* tryAgain(sim: Sim, { task, attempt, tier, carry, after_ms }: Of<"retry">): Flight {
  const until_ms = sim.world.now_ms + after_ms;
  do yield;
  while (sim.world.now_ms < until_ms);
  if (sim.run.state === "running") sim.record({ kind: "task_retried", task, attempt, by: "policy", tier, carry });
}
