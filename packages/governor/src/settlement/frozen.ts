import type { Finding, TaskId } from "@dgov/kernel";
import type { FrozenTest } from "@dgov/kernel/stages";
import { filesAt } from "../git/files_at.ts";
import type { Git } from "../git/git.ts";
import type { Site } from "../site.ts";
import { type Gate, type Judgement, pass, reject } from "./gate.ts";

/** The very tree that would land on `head`, and the tests that were frozen before the run began. */
type Judged = Pick<Site, "git" | "frozen"> & { head: string; tree: string };

/** The gate on frozen tests, where the plan has any. @returns none or one */
export const frozenGates = ({ frozen = [] }: Pick<Judged, "frozen">): Gate<Judged>[] =>
  frozen.length > 0 ? [{ name: "frozen", check }] : [];

const LISTED_MAX = 50;

/**
 * Whether each frozen test is what it was when it was approved: a file, of those bytes. One that differs on the target's head
 * as well was changed by somebody else since; then nobody's work can be judged by it before it is approved anew.
 */
async function check({ git, frozen = [], head, tree }: Judged): Promise<Judgement> {
  const differs = await differing(git, frozen, tree);
  if (differs.length === 0) return pass;
  const before = new Set((await differing(git, frozen, head)).map(({ path }) => path));
  const theirs = differs.filter(({ path }) => path !== undefined && before.has(path));
  if (theirs.length === 0) return reject("gate", differs.slice(0, LISTED_MAX));
  const findings = theirs.slice(0, LISTED_MAX).map(
    (finding): Finding => ({
      ...finding,
      code: "frozen_test_moved",
      message: `${finding.message}, on the target as well: approve the plan anew, or take the change back there`,
    }),
  );
  return { ...pass, verdict: "broken", cause: "broken", findings };
}

async function differing(git: Git, frozen: readonly FrozenTest[], tree: string): Promise<Finding[]> {
  const there = await filesAt(
    git,
    tree,
    frozen.map(({ path }) => path),
  );
  return frozen.flatMap(({ task, path, sha256 }): Finding[] => {
    const found = there.get(path) ?? null;
    if (found === sha256) return [];
    const [code, how] =
      found === null ? ["frozen_test_removed", "is no file any more"] : ["frozen_test_changed", "was changed"];
    return [{ code, message: `The frozen test "${path}" of "${task}" ${how}`, path }];
  });
}

/**
 * Frozen tests that are red because their own task has not landed: they judge neither the tasks that are judged now nor the
 * whole. What has landed by then is asked like any other test.
 */
export function pendingTests(
  { frozen = [], session }: Pick<Site, "frozen" | "session">,
  judged: readonly TaskId[],
): string[] {
  if (frozen.length === 0) return [];
  const before = session.read("tests_frozen", null).flatMap(({ landed }) => landed);
  const now = session.run.tasks.flatMap(({ id, state }) => (state === "landed" ? [id] : []));
  const asked: ReadonlySet<TaskId> = new Set([...judged, ...before, ...now]);
  return frozen.flatMap(({ task, path }) => (asked.has(task) ? [] : [path]));
}
