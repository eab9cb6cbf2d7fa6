import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Analyst } from "./analyst.ts";
import { areDisjoint } from "./disjoint.ts";
import { decoded, replay } from "./replay.ts";
import { type GitMerge, openRepository, type Repository } from "./repository.ts";

/**
 * What was said of the merges of a history. `kept`: git was clean, and the commit has its tree. `verdicts` and `kinds` are
 * of those; `kinds` counts merges. `conflicted`: files; `equal`: that were merged by symbols as people did. `disjoint`: of
 * those in conflict, in which the sides changed different symbols, and `freed`, how many of these were merged.
 */
export type HistoryTally = {
  merges: number;
  clean: number;
  kept: number;
  verdicts: Record<string, number>;
  kinds: Record<string, number>;
  conflicted: number;
  merged: number;
  equal: number;
  disjoint: number;
  freed: number;
  blocked: { commit: string; sentence: string }[];
  failed: string[];
};

type Commit = { commit: string; tree: string; left: string; right: string };

/** `only`: the commits to look at; null: all. `tell` gets what was said of each merge. */
type Asked = { limit: number; only?: ReadonlySet<string> | null; tell: (line: unknown) => void };

const BATCH = 32;

/** Replays the newest merges of two parents, and compares with what people committed. The repository is only read. */
export async function replayHistory(
  folder: string,
  analyst: Analyst,
  { limit, only = null, tell }: Asked,
): Promise<HistoryTally> {
  const tally: HistoryTally = {
    ...{ merges: 0, clean: 0, kept: 0, verdicts: {}, kinds: {} },
    ...{ conflicted: 0, merged: 0, equal: 0, disjoint: 0, freed: 0, blocked: [], failed: [] },
  };
  const scratch = mkdtempSync(join(tmpdir(), "semantic-history-"));
  const repository = openRepository(folder, scratch);
  try {
    const commits = (await mergesOf(repository, limit)).filter(({ commit }) => only?.has(commit) ?? true);
    for (let at = 0; at < commits.length; at += BATCH) {
      const batch = commits.slice(at, at + BATCH);
      const [merges, bases] = await Promise.all([
        repository.merges(batch.map(({ left, right }) => [left, right] as const)),
        Promise.all(batch.map((commit) => baseOf(repository, commit))),
      ]);
      for (const [index, commit] of batch.entries()) {
        const [git, base] = [merges[index], bases[index]];
        if (git && base) await one(repository, analyst, { commit, base, git, tally, tell });
      }
    }
    return tally;
  } finally {
    await repository.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** null: where two histories have several common ancestors, or none, no one tree is the base. */
async function baseOf(repository: Repository, { left, right }: Commit): Promise<string | null> {
  const found = await repository.run(["merge-base", "--all", left, right]).then(
    (out) => new TextDecoder().decode(out).trim(),
    () => "",
  );
  return /^\w+$/.test(found) ? found : null;
}

async function mergesOf(repository: Repository, limit: number): Promise<Commit[]> {
  const args = [
    "log",
    "--branches",
    "--tags",
    "HEAD",
    "--min-parents=2",
    "--max-parents=2",
    "--format=%H %T %P",
    `--max-count=${limit}`,
  ];
  const text = new TextDecoder().decode(await repository.run(args));
  return text.split("\n").flatMap((line) => {
    const [commit, tree, left, right] = line.split(" ");
    return commit && tree && left && right ? [{ commit, tree, left, right }] : [];
  });
}

type One = { commit: Commit; base: string; git: GitMerge; tally: HistoryTally; tell: (line: unknown) => void };

async function one(repository: Repository, analyst: Analyst, { commit, base, git, tally, tell }: One) {
  const isKept = git.clean && git.tree === commit.tree;
  tally.merges += 1;
  if (git.clean) tally.clean += 1;
  if (isKept) tally.kept += 1;
  if (git.clean && !isKept) return;
  try {
    const replayed = await replay(repository, analyst, { base, left: commit.left, right: commit.right, git });
    const { verdict, findings } = replayed.judgement;
    tell({ commit: commit.commit, kept: isKept, verdict, findings });
    if (isKept) {
      count(tally.verdicts, verdict);
      for (const kind of new Set(findings.map(({ kind }) => kind))) count(tally.kinds, kind);
      for (const { verdict: own, kind, sentence, place } of findings)
        if (own === "block" || own === "conflict")
          tally.blocked.push({
            commit: commit.commit,
            sentence: `${own} ${kind} ${place?.path}:${place?.lines[0]} ${sentence}`,
          });
      return;
    }
    tally.conflicted += git.conflicts.length;
    for (const stages of git.conflicts) {
      if ((await areDisjoint(repository, analyst, stages)) !== true) continue;
      tally.disjoint += 1;
      if (replayed.texts.has(stages.path)) tally.freed += 1;
      else tell({ commit: commit.commit, disjoint: stages.path, merged: false });
    }
    for (const [path, made] of replayed.texts) {
      tally.merged += 1;
      if ((await textIn(repository, commit.tree, path)) === made) tally.equal += 1;
    }
  } catch (error) {
    tally.failed.push(`${commit.commit} ${error instanceof Error ? error.message : error}`);
  }
}

const count = (counts: Record<string, number>, key: string) => {
  counts[key] = (counts[key] ?? 0) + 1;
};

async function textIn(repository: Repository, tree: string, path: string): Promise<string | null> {
  try {
    return decoded(await repository.blob(`${tree}:${path}`));
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("There is no object")) return null;
    throw error;
  }
}
