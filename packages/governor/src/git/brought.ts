import { type Git, items } from "./git.ts";

/** Which tasks changed each path on the way from one commit to another; "" stands for a commit of no task. */
export type Brought = ReadonlyMap<string, ReadonlySet<string>>;

/** Of a longer way only the end is told: who asks wants the words for a person, and no judgement hangs on them. */
const COMMITS_MAX = 1_000;
const MARK = "//"; // begins no path

/** By the trailers of the commits that dgov has landed. */
export async function broughtBetween(git: Git, base: string, head: string): Promise<Brought> {
  const format = `--format=${MARK}%(trailers:key=Dgov-Task,valueonly,separator=%x2C)`;
  const range = [`--max-count=${COMMITS_MAX}`, "--no-renames", "--name-only", "-z", format, `${base}..${head}`];
  const { bytes } = await git.ask(["log", ...range]);
  const brought = new Map<string, Set<string>>();
  let task = "";
  for (const item of items(bytes)) {
    const line = item.replace(/^\n/, ""); // git sets the names off from the words
    if (line.startsWith(MARK)) task = line.slice(MARK.length).trim();
    else if (line !== "") brought.set(line, (brought.get(line) ?? new Set()).add(task));
  }
  return brought;
}
