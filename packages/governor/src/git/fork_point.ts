import { attemptRef } from "./candidate.ts";
import type { Git } from "./git.ts";

/** A commit of an attempt's work, and whose it is to be. */
export type Kept = { run: string; task: string; attempt: number; commit: string };

/**
 * The newest of some commits of one branch: the one that all others lead to. Where the branch was put back in between it
 * is the one that was named last.
 *
 * @returns null when it is not in the repository
 */
export async function newestOf(git: Git, commits: readonly string[]): Promise<string | null> {
  const [first, ...rest] = new Set(commits);
  if (first === undefined) return null;
  let newest = first;
  for (const one of rest) if (!(await leadsTo(git, one, newest))) newest = one;
  const [there] = await git.objects.info([newest]);
  return there?.type === "commit" ? newest : null;
}

async function leadsTo(git: Git, older: string, newer: string): Promise<boolean> {
  return (await git.ask(["merge-base", "--is-ancestor", older, newer], { ok: [0, 1, 128] })).exit === 0;
}

/** Why a new branch cannot have this name, or null. */
export async function branchRefusal(git: Git, name: string): Promise<string | null> {
  const { exit } = await git.ask(["check-ref-format", "--branch", name], { ok: [0, 1, 128] });
  if (exit !== 0) return "has a name that git does not take";
  const [there] = await git.objects.info([`refs/heads/${name}`]);
  return there ? "is there already" : null;
}

/** Whose work is no longer in the repository. */
export async function commitsGone(git: Git, kept: readonly Kept[]): Promise<Kept[]> {
  const found = await git.objects.info(kept.map(({ commit }) => commit));
  return kept.filter((_, at) => found[at]?.type !== "commit");
}

/** Makes the branch and the refs that keep work, all or none. */
export async function makeRefs(
  git: Git,
  { branch, kept, at_ms }: { branch: { ref: string; commit: string } | null; kept: readonly Kept[]; at_ms: number },
): Promise<void> {
  const refs = [...kept.map((one) => ({ ref: attemptRef(one), commit: one.commit })), ...(branch ? [branch] : [])];
  const stdin = refs.map(({ ref, commit }) => `create ${ref}\0${commit}\0`).join("");
  if (stdin !== "") await git.ask(["update-ref", "-z", "--stdin"], { stdin, at_ms });
}
