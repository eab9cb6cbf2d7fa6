import { strict as assert } from "node:assert";
import { join } from "node:path";
import type { Action, Event, EventOf } from "@dgov/kernel";
import { halves, type Member } from "@dgov/kernel/batch";
import type { Git } from "../git/git.ts";
import { targetHead } from "../git/land.ts";
import { landingCommit } from "../git/landing_commit.ts";
import { diffTrees } from "../git/tree_changes.ts";
import type { CompiledTask, Files } from "../plan/compiled.ts";
import { type Site, unitOf } from "../site.ts";
import { type Fit, fit } from "./fit.ts";
import { pendingTests } from "./frozen.ts";
import { recordOf, type Settling, type Verdict, verdictEvent } from "./gate.ts";
import { isReviewed, type Judging, judging, noting, type Reviewing } from "./judge.ts";
import { landingWords } from "./landing_words.ts";
import { judgeByCommands, type TreeToLand } from "./tree_to_land.ts";

/**
 * A candidate on top of those before it. `verdicts`: what was said of it by itself; `commit` has its tree, and nobody's words:
 * the next one is put on it.
 */
type Placed = Member & Extract<Fit, { did: "fits" }> & { verdicts: Verdict[]; commit: string };
type Apart = EventOf<"batch_begun">["apart"];

/**
 * Judges several frozen candidates as one tree. Each is put on top of the one before it and judged there by all that needs no
 * checkout; who does not fit is judged alone, later. The tree with all of them is judged once by the project's commands. When it
 * passes, the reviewers look at each on top of those before it: that is the very tree it lands as. When nobody is refused they
 * are all to land, as commits in a row of which the branch takes the last; else each half is judged in its turn.
 *
 * @param review asks the project's reviewers; null: it has none
 */
export async function judgeBatch(
  plain: Site,
  { tasks: wanted }: Extract<Action, { do: "judge_batch" }>,
  signal: AbortSignal,
  review: Reviewing | null = null,
): Promise<void> {
  const site = judging(plain);
  const { session } = site;
  const head = await targetHead(site.git, site.target);
  const pile = await pileUp(site, { head, wanted }, signal);
  if (pile === null) return;
  const { placed, apart } = pile;
  const tasks = placed.map(memberOf);
  const [none, ...others] = apart;
  if (none && tasks.length === 0) tasks.push(memberOf(none)); // alone it is told why
  session.record({ kind: "batch_begun", head, tasks, apart: placed.length === 0 ? others : apart });
  const last = placed.at(-1);
  if (!last || placed.length < 2) return;
  const said: Verdict[] = [];
  const record = (verdict: Verdict) => void said.push(verdict);
  const settling = { now_ms: site.world.now_ms, level: site.level, record };
  const fell =
    (await judgeByCommands(await wholeOf(site, head, placed), settling, signal)) ??
    (await reviewEach(site, placed, { settling, review }, signal));
  if (signal.aborted) return;
  const gates = said.map(recordOf);
  const commits = fell === null ? await inARow(site, head, { placed, said }) : placed.map(({ commit }) => commit);
  const commit = commits.at(-1)!;
  const told = { kind: "batch_judged", head, tree: last.subject.tree, commit, tasks, gates } as const;
  session.recordAll(
    fell === null
      ? [
          { ...told, verdict: "pass" },
          ...placed.map((one, at) =>
            passedIn(one, { head: commits[at - 1] ?? head, commit: commits[at]!, tip: commit }),
          ),
        ]
      : [
          { ...told, verdict: fell.verdict },
          { kind: "batch_split", parts: halves(tasks) },
        ],
  );
}

type Reviewed = { settling: Settling; review: Reviewing | null };

/**
 * Has each of them reviewed on top of those before it. A vote is bound to the trees before and after, so who is judged there
 * again, in a half or alone, is not paid for again. It stops at the first who is refused: those after it stand on its work.
 */
async function reviewEach(
  site: Judging,
  placed: readonly Placed[],
  { settling, review }: Reviewed,
  signal: AbortSignal,
): Promise<Verdict | null> {
  for (const { task, attempt, subject, verdicts } of placed) {
    if (signal.aborted) return null;
    if (!isReviewed(site, subject)) continue;
    assert(review, "A review is asked for, and nobody was given who could");
    const of = { task, attempt };
    const record = (verdict: Verdict) => {
      if (verdict.verdict !== "pass") settling.record(verdict);
      else if (!signal.aborted) site.session.record(verdictEvent(of, verdict));
    };
    const { verdict } = await review({ site, of }, subject, noting({ ...settling, record }, verdicts), signal);
    if (verdict !== null) return verdict;
  }
  return null;
}

/** The commits that land, each on the one before it. */
async function inARow(
  site: Judging,
  head: string,
  { placed, said }: { placed: readonly Placed[]; said: readonly Verdict[] },
): Promise<string[]> {
  const commits: string[] = [];
  for (const { task, attempt, subject, verdicts } of placed) {
    const words = landingWords(site, { task, attempt }, [...verdicts, ...said], head);
    commits.push(await landingCommit(site.git, { head: commits.at(-1) ?? head, tree: subject.tree }, words));
  }
  return commits;
}

const memberOf = ({ task, attempt }: Member): Member => ({ task, attempt });

const passedIn = (
  { task, attempt, subject: { tree } }: Placed,
  landing: { head: string; commit: string; tip: string },
): Event => ({ ...{ kind: "candidate_passed", task, attempt, tree }, ...landing });

type Piling = { head: string; wanted: readonly Member[] };

/**
 * Puts one candidate on top of the other, as far as they fit. What refuses one of them here stands in no record of it: on
 * another head, or without the others, it may be right. null: the signal came.
 */
async function pileUp(
  site: Judging,
  { head, wanted }: Piling,
  signal: AbortSignal,
): Promise<{ placed: Placed[]; apart: Apart } | null> {
  const placed: Placed[] = [];
  const apart: Apart = [];
  const { session, world, level } = site;
  for (const of of wanted) {
    const on = placed.at(-1)?.commit ?? head;
    const record = (verdict: Verdict) => {
      if (verdict.verdict === "pass" && !signal.aborted) session.record(verdictEvent(of, verdict));
    };
    const verdicts: Verdict[] = [];
    const settling = noting({ now_ms: world.now_ms, level, record }, verdicts);
    const found = await fit(site, { of, head: async () => on, settling, signal });
    if (found.did === "stopped") return null;
    if (found.did === "fits")
      placed.push({ ...of, ...found, verdicts, commit: await bareCommit(site.git, on, found.subject.tree) });
    else apart.push({ ...of, gate: found.refusal.gate, why: found.refusal.findings[0]?.message ?? "" });
  }
  return { placed, apart };
}

const bareCommit = (git: Git, head: string, tree: string) =>
  landingCommit(git, { head, tree }, { message: "To be judged", trailers: {}, at_ms: 0 });

/** The tree with all of them, for gates that are asked of it once. What a task says of itself, all of them say. */
async function wholeOf(site: Judging, head: string, placed: readonly Placed[]): Promise<TreeToLand> {
  const units = placed.map(({ task }) => unitOf(site, task));
  const [first, last] = [placed[0]!.subject, placed.at(-1)!.subject];
  const changes = await diffTrees(site.git, head, last.tree);
  const tests = units.flatMap(({ test_cmd }) => (test_cmd === null ? [] : [test_cmd]));
  const out = join(site.out, `batch-${site.session.tip.seq}`);
  const [test_cmd = null, ...more_tests] = tests;
  const pending = pendingTests(
    site,
    placed.map(({ task }) => task),
  );
  return { ...first, head, tree: last.tree, changes, unit: { ...joined(units), test_cmd }, more_tests, pending, out };
}

function joined(units: readonly CompiledTask[]): CompiledTask {
  const all = (of: keyof Files) => [...new Set(units.flatMap(({ files }) => files[of] ?? []))];
  return {
    ...units[0]!,
    summary: units.map(({ summary }) => summary).join("; "),
    commit_message: units.map(({ commit_message }) => commit_message).join("\n\n"),
    files: {
      create: all("create"),
      edit: all("edit"),
      delete: all("delete"),
      read: all("read"),
      touch: all("touch"),
      tests: all("tests"),
    },
  };
}
