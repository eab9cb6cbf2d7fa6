import { RunId, type Store } from "@dgov/kernel";
import { broughtBetween } from "../git/brought.ts";
import { type Git, items } from "../git/git.ts";

/** An attempt that landed somewhere in a range. */
export type Landed = { run: RunId; task: string; attempt: number };

/** Who brought a symbol. `claimed`: whether a claim of the task covers it; null: the log does not say. */
export type Author = Landed & { claimed: boolean | null };

/** Who brought what in a range: by the record of each attempt in symbols, else by the files of its commit. */
export type Authors = (path: string, symbol: string) => Author[];

const COMMITS_MAX = 1_000;
const FIELD = "\u001f";

/** @param ends two commits; the first may be a tree, and then only the second counts */
export async function authorsBetween(git: Git, log: Store, [from, to]: readonly [string, string]): Promise<Authors> {
  const [info] = await git.objects.info([from]);
  if (info?.type !== "commit") return () => [];
  const landed = await landedBetween(git, from, to);
  const brought = await broughtBetween(git, from, to);
  const bySymbol = new Map<string, Author[]>();
  const recorded = new Set<string>();
  for (const one of landed) {
    for (const { event } of log.read({ run: one.run, kinds: ["symbols_touched"] })) {
      if (event.kind !== "symbols_touched" || event.task !== one.task || event.attempt !== one.attempt) continue;
      if (event.touched_more === undefined && event.unknown.length === 0) recorded.add(one.task);
      for (const { path, symbol, claimed } of event.touched) {
        const key = `${path}::${symbol}`;
        bySymbol.set(key, [...(bySymbol.get(key) ?? []), { ...one, claimed }]);
      }
    }
  }
  return (path, symbol) => {
    const known = bySymbol.get(`${path}::${symbol}`) ?? [];
    const files = landed.filter(({ task }) => !recorded.has(task) && brought.get(path)?.has(task));
    const more = files.filter((one) => !known.some(({ task, run }) => task === one.task && run === one.run));
    return [...known, ...more.map((one) => ({ ...one, claimed: null }))];
  };
}

/** By the trailers of the commits, the oldest first. */
async function landedBetween(git: Git, from: string, to: string): Promise<Landed[]> {
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x2C)`;
  const fields = [trailer("Dgov-Run"), trailer("Dgov-Task"), trailer("Dgov-Attempt")].join("%x1f");
  const asked = ["log", `--max-count=${COMMITS_MAX}`, "--reverse", "-z", `--format=${fields}`, `${from}..${to}`];
  return items((await git.ask(asked)).bytes).flatMap((line): Landed[] => {
    const [run = "", task = "", attempt = ""] = line.split(FIELD).map((field) => field.trim());
    const id = RunId.safeParse(run);
    return id.success && task !== "" ? [{ run: id.data, task, attempt: Number(attempt) || 0 }] : [];
  });
}
