import { rmSync } from "node:fs";
import { join } from "node:path";
import { digestOf, type FrozenTest, type StageSaid } from "@dgov/kernel/stages";
import { DgovError } from "../error.ts";
import { filesAt } from "../git/files_at.ts";
import { treeOf } from "../git/tree_object.ts";
import { appendRecord } from "../record_files.ts";
import { nobodysUnit } from "../settlement/nobodys_unit.ts";
import { approvedNow } from "../tests_first/approved.ts";
import { stageStream } from "../tests_first/situation.ts";
import { readSpec, SPEC_FILE } from "../tests_first/spec_text.ts";
import { writeAtomic } from "../write.ts";
import type { Range } from "./ask_gate.ts";
import type { Answer } from "./drill.ts";

const DIR = ".dgov/plans/dgov-drill";
const PLAN = "drill";
const BY = { by: "automatic", name: "dgov gates drill" } as const;

type Of = Pick<Range, "scratch" | "task" | "now_ms">;

/**
 * A plan by tests-first in the scratch repository, with everything that a run of it waits for but an approval: its records are
 * those that `dgov plan continue` writes.
 */
async function layPlan({ scratch, task, now_ms }: Of, commit: string, paths: readonly string[]) {
  const { git } = scratch;
  const { root } = git;
  rmSync(join(root, DIR), { recursive: true, force: true });
  writeAtomic(join(root, DIR, SPEC_FILE), "# A drill\n");
  const spec = readSpec(root, DIR)?.hash ?? "";
  const hashes = await filesAt(git, commit, paths);
  const tests = paths.map((path): FrozenTest => ({ task, path, sha256: hashes.get(path) ?? "" }));
  const say = (said: StageSaid) => appendRecord(root, stageStream(DIR), { at_ms: Math.round(now_ms()), said });
  say({ kind: "spec_approved", spec, ...BY });
  say({ kind: "tests_frozen", commit, tests, written: [], pruned: [] });
  const red = { is: "red", code: "red", failed: 1, passed: 0 } as const;
  say({ kind: "red_checked", task, unit: "", tests: digestOf(tests), commit, ...red });
  return { approve: () => say({ kind: "plan_approved", spec, plan: PLAN, tests: digestOf(tests), ...BY }) };
}

async function startOf({ scratch, task }: Of, head: string, paths: readonly string[]): Promise<readonly FrozenTest[]> {
  const { git } = scratch;
  const unit = nobodysUnit({ id: task, summary: "A drill", commit_message: "", claims: { tests: [...paths] } });
  const seen = { git, root: git.root, dir: DIR, head, landed: new Set<never>() };
  const { tests } = await approvedNow(seen, { name: PLAN, dir: DIR, hash: PLAN, tasks: [unit] });
  return tests;
}

/** The tests as a run of an approved plan takes them with it. */
export async function frozenBy(of: Of, commit: string, paths: readonly string[]): Promise<readonly FrozenTest[]> {
  const { approve } = await layPlan(of, commit, paths);
  approve();
  return startOf(of, commit, paths);
}

/** Begins with a plan that nobody has approved of. @returns null when it may begin */
export async function askUnapproved(of: Of): Promise<Answer> {
  const { git, head } = of.scratch;
  const path = "dgov_drill.txt";
  const commit = await of.scratch.commit(await of.scratch.lay(await treeOf(git, head), { [path]: "one\n" }), head);
  await layPlan(of, commit, [path]);
  try {
    await startOf(of, commit, [path]);
    return null;
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return { verdict: "reject", findings: [{ code: error.code, message: error.message }] };
  }
}
