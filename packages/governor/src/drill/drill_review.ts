import { type EventOf, openLog, RunId } from "@dgov/kernel";
import type { Model, Reply } from "@dgov/worker";
import { diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import type { Provider } from "../project.ts";
import { judgeByReview } from "../review/review.ts";
import { Session, type World } from "../session.ts";
import type { Site } from "../site.ts";
import { answerOf, type Range, settling, unitFor } from "./ask_gate.ts";
import type { Answer } from "./drill.ts";

/** What the stand-ins of all seats do. */
export type Voting = "reject" | "nothing";

const PATH = "dgov_drill.txt";

/**
 * Asks the review about a change, with stand-ins in its seats: no provider hears of it, and it costs nothing. What is drilled is
 * how votes are counted, and that none is no approval.
 */
export async function askReview(range: Range, voting: Voting): Promise<Answer> {
  const { scratch, signal, now_ms } = range;
  const { git, head } = scratch;
  const tree = await scratch.lay(await treeOf(git, head), { [PATH]: "one\n" });
  const unit = unitFor(range, { create: [PATH] });
  const commit = await scratch.commit(tree, head);
  const of = { task: range.task, attempt: 1 };
  const world: World = {
    ...{ now_ms, signal, env: {}, self: [] },
    sleep_ms: async () => undefined,
    random: () => 0,
    notify: () => undefined,
    warn: () => undefined,
  };
  const log = openLog(":memory:");
  try {
    const session = Session.begin(RunId.parse("drill"), log, world, started(range));
    const by = { provider: "scripted", agent: "stand-in", tier: 0, carried_from: null };
    session.record({ kind: "task_dispatched", ...of, base: head, ...by });
    session.record({ kind: "candidate_frozen", ...of, base: head, tree, commit, summary: "" });
    const site = siteOf(range, { session, world, voting, tree });
    const changes = await diffTrees(git, head, tree);
    const reviewed = { ...site, ...of, head, tree, changes, unit };
    const { verdict } = await judgeByReview({ site, of }, reviewed, settling(range), signal);
    return answerOf(verdict);
  } finally {
    log.close();
  }
}

function started({ task, scratch }: Range): EventOf<"run_started"> {
  const none = { calls: null, tokens: null, cost_micros: null, wall_ms: null };
  return {
    kind: "run_started",
    ...{ plan: "drill", plan_dir: "", plan_hash: "", config_hash: "", target: "refs/heads/main", head: scratch.head },
    ...{ source: "manual", only: [], jobs: 1 },
    tasks: [{ id: task, after: [], role: "worker", unit: "", carried: null }],
    retry: { retries: 0, settlement_retries: 0, tiers: 1, backoff_ms: [0] },
    limits: none,
  };
}

type Seated = { session: Session; world: World; voting: Voting; tree: string };

function siteOf(range: Range, { session, world, voting, tree }: Seated): Site {
  const { project, pool, jail, components, symbols, out, scratch, task } = range;
  const provider: Provider = {
    ...{ name: "stand-in", kind: "scripted", base_url: null, api_key_env: null },
    ...{ default_agent: null, script: null, price: null },
  };
  const binding = { provider, agent: "stand-in", price: null, route: null, program: null };
  const model = () => standIn(voting, tree);
  return {
    ...{ world, session, project, pool, jail, components, symbols, out, sops: [], charter: null, git: scratch.git },
    plan: {
      ...{ name: "drill", summary: "", dir: "", default_agent: null, default_provider: null, limits: {} },
      ...{ hashes: { source: "", charter: "", sops: "" }, hash: "" },
      tasks: [{ ...unitFor(range, {}), id: task }],
    },
    models: { binding: () => binding, model, seat: () => binding, seatModel: model, programs: [] },
    target: "refs/heads/main",
    leftOut: new Map(),
  };
}

function standIn(voting: Voting, tree: string): Model {
  const finding = { severity: "blocker", path: PATH, line: 1, message: "It is a drill" };
  const input = JSON.stringify({ tree, vote: "reject", summary: "A drill", findings: [finding], conditions: [] });
  const calls = voting === "reject" ? [{ id: "call_1", tool: "submit_review", input }] : [];
  const reply: Reply = { text: "Approved", calls, tokens: { input: 0, output: 0, estimated: true }, finish: "stop" };
  return { complete: async () => reply };
}
