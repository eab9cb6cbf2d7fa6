import { type Git, items } from "./git.ts";

/**
 * A commit with which dgov has landed a task, by its own trailers. `plan` is the hash of the whole plan, `unit` that of the
 * task; null: in a commit from before it was noted. `reverted`: the commit that took it back, if that one stands.
 */
export type ShippedCommit = {
  commit: string;
  run: string;
  task: string;
  plan: string;
  unit: string | null;
  reverted: string | null;
};

/** How far back is looked. Whoever has more commits since a task landed is not told of it. */
const COMMITS_MAX = 10_000;
const FIELD = "\u001f";
const KEYS = ["Dgov-Run", "Dgov-Task", "Dgov-Plan", "Dgov-Unit"];

/** Git's own words for what a commit takes back. */
const REVERTS = /^This reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/gm;

/** What has landed on the way to a commit, the newest first. It costs the same however long the history is. */
export async function shippedOn(git: Git, head: string): Promise<ShippedCommit[]> {
  const fields = KEYS.map((key) => `%(trailers:key=${key},valueonly,separator=%x2C)`);
  const format = ["%H", ...fields, "%b"].join("%x1f");
  const there = await git.ask(["rev-parse", "-q", "--verify", "--end-of-options", `${head}^{commit}`], { ok: [0, 1] });
  if (there.exit !== 0) return []; // a branch without a commit
  const { bytes } = await git.ask(["log", `--max-count=${COMMITS_MAX}`, "-z", `--format=${format}`, head]);
  const undone = new Map<string, string>(); // what was taken back → by which commit
  return items(bytes).flatMap((line): ShippedCommit[] => {
    const [commit = "", ...rest] = line.split(FIELD);
    const [run = "", task = "", plan = "", unit = ""] = rest.slice(0, KEYS.length).map((field) => field.trim());
    // A commit that was taken back itself takes nothing back. Who does so comes later, so it was seen before.
    if (!undone.has(commit))
      for (const [, target = ""] of rest.slice(KEYS.length).join(FIELD).matchAll(REVERTS)) undone.set(target, commit);
    if (run === "" || task === "") return [];
    return [{ commit, run, task, plan, unit: unit === "" ? null : unit, reverted: undone.get(commit) ?? null }];
  });
}
