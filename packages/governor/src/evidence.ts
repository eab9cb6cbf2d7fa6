import { EVIDENCE, type Evidence, EvidenceSaid, evidenceOf } from "@dgov/kernel/evidence";
import { DgovError } from "./error.ts";
import { reachable } from "./git/describe.ts";
import type { Git } from "./git/git.ts";
import { dirtyPaths, openRepository } from "./git/readiness.ts";
import { treeOf } from "./git/tree_object.ts";
import { withLog } from "./log.ts";
import { appendRecord, readStream, type Stream } from "./record_files.ts";
import { findRoot } from "./root.ts";
import { runRecipe } from "./verify.ts";

/** What a command knows of where it stands. */
export type From = {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  now_ms: () => number;
  signal: AbortSignal;
};

const STREAM: Stream<typeof EvidenceSaid> = { name: EVIDENCE, folder: ".dgov/evidence", said: EvidenceSaid };

/** Evidence for people and programs, newest first. */
export const listEvidence = ({ cwd }: Pick<From, "cwd">): { evidence: Evidence[] } => ({
  evidence: readEvidence(findRoot(cwd)).toReversed(),
});

export const readEvidence = (root: string): Evidence[] => evidenceOf(readStream(root, STREAM));

/**
 * Takes a commit as evidence: as a landing with its gates where the log of this repository says that a task landed so, else as
 * a commit and no more, whatever its message says.
 *
 * @throws DgovError `work_unproven` when it is not in the history of what is checked out
 */
export async function addCommitEvidence(from: From, { commit, note }: { commit: string; note: string }) {
  const root = findRoot(from.cwd);
  const git = await openRepository(root, from.env);
  const oid = await commitOf(git, commit);
  const seen = { tree: await treeOf(git, oid), commit: oid, note };
  const landed = await landingOf(root, oid);
  const said: EvidenceSaid = landed
    ? { kind: "landing", ...seen, ...landed, holds: landed.gates.every(({ verdict }) => verdict === "pass") }
    : { kind: "commit", ...seen, holds: true };
  return record(root, from, said);
}

/**
 * Runs a command of `[verify]` on the checkout and takes how it ended as evidence of that tree.
 *
 * @throws DgovError `repo_dirty` when something is not committed, before it or after it: then nobody can say what it ran on
 */
export async function addCheckEvidence(from: From, { recipe, note }: { recipe: string; note: string }) {
  const root = findRoot(from.cwd);
  const git = await openRepository(root, from.env);
  const before = await standing(git);
  const { status, command, results } = await runRecipe(from, recipe);
  if (status === "interrupted")
    throw new DgovError("work_unproven", `Cannot take "${recipe}" as evidence: it was stopped`);
  const after = await standing(git);
  if (before !== after)
    throw new DgovError("repo_dirty", `Cannot take "${recipe}" as evidence: HEAD has moved meanwhile`);
  const seen = { tree: await treeOf(git, after), commit: after, holds: status === "pass", note };
  return record(root, from, { kind: "check", ...seen, recipe, command, exit: results[0]?.exit_code ?? -1 });
}

function record(root: string, { now_ms }: Pick<From, "now_ms">, said: EvidenceSaid): Evidence {
  const at_ms = now_ms();
  const hash = appendRecord(root, STREAM, { at_ms, said });
  return { ...said, id: `E-${hash.slice(0, 8)}`, hash, at_ms };
}

/** The commit of a checkout that has nothing else in it. */
async function standing(git: Git): Promise<string> {
  const dirty = await dirtyPaths(git);
  if (dirty.length === 0) return git.text(["rev-parse", "HEAD^{commit}"]);
  const named = dirty.slice(0, 3).map((path) => `"${path}"`);
  throw new DgovError("repo_dirty", `Cannot say which tree a command runs on: not committed are ${named.join(", ")}`);
}

/** @returns the whole id. @throws DgovError `work_unproven` */
export async function commitOf(git: Git, commit: string): Promise<string> {
  const asked = ["rev-parse", "--verify", "-q", "--end-of-options", `${commit}^{commit}`];
  const { exit, bytes } = await git.ask(asked, { ok: [0, 1, 128] });
  const oid = new TextDecoder().decode(bytes).trim();
  if (exit !== 0 || oid === "")
    throw new DgovError("work_unproven", `Cannot take "${commit}": there is no such commit`, { hint: 'See "git log"' });
  if ((await reachable(git, [oid])).has(oid)) return oid;
  throw new DgovError("work_unproven", `Cannot take "${commit}": it is not in the history of what is checked out`, {
    hint: "Land the commit first, or give the one that it has landed as",
  });
}

type Landed = Pick<Extract<EvidenceSaid, { kind: "landing" }>, "run" | "task" | "attempt" | "gates" | "event">;

/** What the log knows of the task that landed as this commit, with the last word of each of its gates; null: nothing. */
const landingOf = (root: string, commit: string): Promise<Landed | null> =>
  withLog(root, (log) => {
    for (const { run, hash, event } of log.read({ kinds: ["task_landed"] })) {
      if (event.kind !== "task_landed" || event.commit !== commit) continue;
      const { task, attempt } = event;
      const gates = new Map<string, Landed["gates"][number]>();
      for (const { event: said } of log.read({ run, kinds: ["gate_judged"] }))
        if (said.kind === "gate_judged" && said.task === task && said.attempt === attempt)
          gates.set(said.gate, { gate: said.gate, verdict: said.verdict });
      return { run, task, attempt, gates: [...gates.values()], event: hash };
    }
    return null;
  });
