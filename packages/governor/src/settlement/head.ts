import { strict as assert } from "node:assert";
import { join } from "node:path";
import { type Action, TaskId } from "@dgov/kernel";
import { goodRef } from "../git/good_ref.ts";
import { targetHead } from "../git/land.ts";
import { diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import type { Site } from "../site.ts";
import { SETUP } from "./commands.ts";
import { pendingTests } from "./frozen.ts";
import { recordOf, type Settling, type Verdict } from "./gate.ts";
import { answersOn, isKnown } from "./head_answers.ts";
import { judging } from "./judge.ts";
import { nobodysUnit } from "./nobodys_unit.ts";
import { gateNames, judgeByCommands, judgeByRules, type TreeToLand } from "./tree_to_land.ts";

/** Nobody's: all that has landed, as one change from where the plan began. */
const WHOLE = TaskId.parse("run/whole.head");

/**
 * Asks all gates of a commit, once no task is left: as of one change from where the plan's first run began, on a fresh
 * checkout in the jail, as settlement does, and with all tests. A gate that had passed on the very tree, at the same
 * question, when it was to land is not asked again. What is refused names no task: the kernel asks which landing it was.
 */
export async function judgeHead(
  plain: Site,
  { commit: asked }: Extract<Action, { do: "judge_head" }>,
  signal: AbortSignal,
): Promise<void> {
  const site = judging(plain);
  const { git, project, session, world } = site;
  const { final } = session.run.started;
  assert(final, "Nobody has asked for the whole to be judged");
  const commit = asked ?? (await targetHead(git, site.target));
  const tree = await treeOf(git, commit);
  const gates: Verdict[] = [];
  const settling: Settling = { now_ms: world.now_ms, level: site.level, record: (verdict) => void gates.push(verdict) };
  const subject: TreeToLand = {
    ...site,
    ...{ head: final.base, tree, task: WHOLE, attempt: 1, all_tests: true },
    changes: await diffTrees(git, final.base, tree),
    project: { ...project, timeouts: { ...project.timeouts, settlement_ms: project.timeouts.final_ms } },
    pending: pendingTests(site, []),
    unit: nobodysUnit({ id: WHOLE, summary: `All of plan "${site.plan.name}"`, commit_message: "" }),
    out: join(site.out, `head-${commit.slice(0, 12)}`),
  };
  const names = await gateNames(subject, settling, signal);
  const landed = answersOn(session, commit);
  const isAsked = (name: string) =>
    landed === null || !isKnown(name, landed.gates, { project, isSame: landed.head === final.base });
  const rules = names.rules.filter(isAsked);
  const commands = names.commands.filter(isAsked);
  const fell =
    (await judgeByRules(subject, settling, signal, rules)) ??
    (commands.length === 0 ? null : await judgeByCommands(subject, settling, signal, [SETUP, ...commands]));
  if (signal.aborted) return;
  const verdict = fell?.verdict ?? "pass";
  const known = [...names.rules, ...names.commands].filter((name) => !isAsked(name));
  session.record({ kind: "head_judged", commit, tree, verdict, gates: gates.map(recordOf), known });
}

/**
 * Keeps the last good head on a ref, and says how it is taken. The branch is moved by nobody but the user: back to it where
 * only this run's landings are above it, and onto a branch beside where others' commits are.
 */
export async function keepGood(
  { git, session, target, world }: Site,
  { commit }: Extract<Action, { do: "keep_good" }>,
): Promise<void> {
  const ref = goodRef(session.id);
  await git.ask(["update-ref", "-m", "dgov: the last good head", ref, commit], { at_ms: world.now_ms() });
  const above = await git.text(["rev-list", "--first-parent", `${commit}..${await targetHead(git, target)}`]);
  const own: ReadonlySet<string> = new Set(session.run.whole.landings);
  const isOwn = above.split("\n").every((one) => one === "" || own.has(one));
  const cure = isOwn ? `git reset --keep ${ref}` : `git switch --create dgov-good-${session.id} ${ref}`;
  session.record({ kind: "good_head_kept", commit, ref, cure });
}
