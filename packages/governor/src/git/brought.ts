import { type Commit, lineBetween } from "./commits.ts";
import { type Git, items } from "./git.ts";
import { knownOf } from "./known_objects.ts";
import { diffTrees } from "./tree_changes.ts";

/** Which tasks changed each path on the way from one commit to another; "" stands for a commit of no task. */
export type Brought = ReadonlyMap<string, ReadonlySet<string>>;

/** Of a longer way only the end is told: who asks wants the words for a person, and no judgement hangs on them. */
const COMMITS_MAX = 1_000;
const MARK = "//"; // begins no path

/** By the trailers of the commits that dgov has landed. */
export async function broughtBetween(git: Git, base: string, head: string): Promise<Brought> {
  const line = await lineBetween(git, base, head);
  const each =
    line === null
      ? [null]
      : await Promise.all(line.map((commit) => landings(git, commit.oid, () => landingOf(git, commit))));
  return each.includes(null) ? askGit(git, base, head) : gathered(each as Landing[]);
}

/** What one commit brought, and of which task. */
type Landing = { task: string; paths: readonly string[] };

/** null: git has to say which trailers its message has. */
async function landingOf(git: Git, { oid, parents: [parent = ""], message }: Commit): Promise<Landing | null> {
  const task = message === null ? null : taskIn(message);
  if (task === null) return null;
  return { task, paths: (await diffTrees(git, parent, oid)).map(({ path }) => path) };
}

const landings = knownOf<Landing | null>(COMMITS_MAX);

/**
 * The task that a message names in a last paragraph which is nothing but trailers, as dgov writes it; "": it names none. null:
 * it speaks of one in another way, and what git takes for a trailer is a long story.
 */
function taskIn(message: string): string | null {
  if (!/dgov-task/i.test(message)) return "";
  const [last = "", ...before] = message.trimEnd().split("\n\n").toReversed();
  const lines = last.split("\n");
  const tasks = lines.flatMap((text) => /^Dgov-Task: (\S+)$/.exec(text)?.[1] ?? []);
  const [task] = tasks;
  const isPlain = before.length > 0 && lines.every((text) => /^[A-Za-z][A-Za-z0-9-]*: \S.*$/.test(text));
  const isOnly = message.match(/dgov-task/gi)?.length === 1;
  return isPlain && isOnly && task !== undefined ? task : null;
}

function gathered(each: readonly Landing[]): Brought {
  const brought = new Map<string, Set<string>>();
  for (const { task, paths } of each)
    for (const path of paths) brought.set(path, (brought.get(path) ?? new Set()).add(task));
  return brought;
}

async function askGit(git: Git, base: string, head: string): Promise<Brought> {
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
