import type { FileChange } from "../../packages/semantic/src/check/trees.ts";

/** An entry of a tree. `folder`: it is a tree itself; what is neither a folder nor a file (a submodule) is left out. */
export type Entry = { name: string; oid: string; folder: boolean };

/** What git made of two commits: a tree, and the paths in it that are in conflict. */
export type GitMerge = { clean: boolean; tree: string; conflicts: readonly Stages[] };

/** The blobs of a conflicted path; null: that tree has none. */
export type Stages = { path: string; base: string | null; left: string | null; right: string | null };

/** A git repository that is only read. One process answers for all objects. */
export type Repository = {
  tree(oid: string): Promise<readonly Entry[]>;
  blob(oid: string): Promise<Uint8Array>;
  changes(from: string, to: string): Promise<FileChange[]>;
  merges(pairs: readonly (readonly [left: string, right: string])[]): Promise<GitMerge[]>;
  run(args: readonly string[], stdin?: string | Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
};

const NO_USER_CONFIG = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
const IDENTITY = {
  GIT_AUTHOR_NAME: "suite",
  GIT_AUTHOR_EMAIL: "suite@example.org",
  GIT_COMMITTER_NAME: "suite",
  GIT_COMMITTER_EMAIL: "suite@example.org",
};

/**
 * `scratch`: a folder for the objects that merging makes, where the repository is somebody else's; null: they go into the
 * repository.
 */
export function openRepository(folder: string, scratch: string | null = null): Repository {
  const env: Record<string, string> = {
    ...{ PATH: process.env.PATH ?? "", HOME: "/nonexistent", LC_ALL: "C", ...NO_USER_CONFIG, ...IDENTITY },
    ...(scratch === null ? {} : objectsIn(folder, scratch)),
  };
  const argv = (args: readonly string[]) => ["git", "-C", folder, ...args];
  const run = async (args: readonly string[], stdin?: string | Uint8Array) => {
    const child = Bun.spawn(argv(args), {
      env,
      stdin: stdin === undefined ? "ignore" : typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin,
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([child.stdout.bytes(), child.stderr.text(), child.exited]);
    if (code !== 0) throw new Error(`git ${args[0]} in ${folder} ended with ${code}: ${err.trim()}`);
    return out;
  };
  const objects = openObjects(argv(["cat-file", "--batch"]), env);
  const text = new TextDecoder();
  return {
    run,
    blob: (oid) => objects.read(oid),
    tree: async (oid) => entriesOf(await objects.read(oid)),
    changes: async (from, to) =>
      changesOf(text.decode(await run(["diff-tree", "-r", "-z", "-M", "--name-status", from, to]))),
    merges: async (pairs) => {
      const stdin = pairs.map(([left, right]) => `${left} ${right}\n`).join("");
      return mergesOf(
        text.decode(await run(["merge-tree", "--write-tree", "--allow-unrelated-histories", "-z", "--stdin"], stdin)),
      );
    },
    close: objects.close,
  };
}

function objectsIn(folder: string, scratch: string): Record<string, string> {
  const found = Bun.spawnSync(["git", "-C", folder, "rev-parse", "--path-format=absolute", "--git-path", "objects"]);
  const own = found.stdout.toString().trim();
  if (own === "") throw new Error(`${folder} is no git repository: ${found.stderr.toString().trim()}`);
  return { GIT_OBJECT_DIRECTORY: scratch, GIT_ALTERNATE_OBJECT_DIRECTORIES: own };
}

/** One `git cat-file --batch`: objects are asked for one after the other. */
function openObjects(argv: string[], env: Record<string, string>) {
  // It is started when it is first asked: the repository may have to be made before.
  let started: ReturnType<typeof start> | null = null;
  const start = () => {
    const child = Bun.spawn(argv, { env, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
    return { child, reader: child.stdout.getReader() };
  };
  const running = () => {
    started ??= start();
    return started;
  };
  let rest = new Uint8Array(0);
  const more = async () => {
    const { value, done } = await running().reader.read();
    if (done) throw new Error("git cat-file ended");
    const joined = new Uint8Array(rest.length + value.length);
    joined.set(rest);
    joined.set(value, rest.length);
    rest = joined;
  };
  let turn: Promise<unknown> = Promise.resolve();
  const readOne = async (oid: string): Promise<Uint8Array> => {
    const { stdin } = running().child;
    stdin.write(`${oid}\n`);
    await stdin.flush();
    while (!rest.includes(10)) await more();
    const end = rest.indexOf(10);
    const [, size] = /^\w+ \w+ (\d+)$/.exec(new TextDecoder().decode(rest.subarray(0, end))) ?? [];
    if (size === undefined) {
      rest = rest.subarray(end + 1);
      throw new Error(`There is no object ${oid}`);
    }
    const length = Number(size);
    while (rest.length < end + 2 + length) await more();
    const body = rest.slice(end + 1, end + 1 + length);
    rest = rest.subarray(end + 2 + length);
    return body;
  };
  return {
    read: (oid: string): Promise<Uint8Array> => {
      const next = turn.then(() => readOne(oid));
      turn = next.catch(() => null);
      return next;
    },
    close: async () => {
      await started?.child.stdin.end();
      await started?.child.exited;
    },
  };
}

/** A tree object: mode, name and twenty bytes of id for each entry. */
function entriesOf(body: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  const text = new TextDecoder();
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(0, at);
    const [mode = "", ...name] = text.decode(body.subarray(at, end)).split(" ");
    const oid = Buffer.from(body.subarray(end + 1, end + 21)).toString("hex");
    if (/^(40000|100)/.test(mode)) entries.push({ name: name.join(" "), oid, folder: mode === "40000" });
    at = end + 21;
  }
  return entries;
}

function changesOf(text: string): FileChange[] {
  const words = text.split("\0");
  const changes: FileChange[] = [];
  for (let at = 0; at + 1 < words.length; ) {
    const [status = "", one = "", two = ""] = words.slice(at, at + 3);
    const isPair = /^[RC]/.test(status);
    at += isPair ? 3 : 2;
    if (status.startsWith("A")) changes.push({ from: null, to: one });
    else if (status.startsWith("C")) changes.push({ from: null, to: two });
    else changes.push({ from: one, to: status === "D" ? null : isPair ? two : one });
  }
  return changes;
}

/** See OUTPUT in git-merge-tree(1): of each merge a status, a tree, conflicted entries, and words. */
function mergesOf(text: string): GitMerge[] {
  const words = text.split("\0");
  const merges: GitMerge[] = [];
  for (let at = 0; at + 1 < words.length; ) {
    const [status = "", tree = ""] = words.slice(at, at + 2);
    const stages = new Map<string, { path: string; base: string | null; left: string | null; right: string | null }>();
    at += 2;
    for (; status === "0" && words[at] !== ""; at++) {
      const [, oid = "", stage = "", path = ""] = /^\d+ (\w+) ([123])\t(.*)$/s.exec(words[at] ?? "") ?? [];
      const known = stages.get(path) ?? { path, base: null, left: null, right: null };
      stages.set(path, { ...known, [["base", "left", "right"][Number(stage) - 1] ?? "base"]: oid });
    }
    if (status === "0") at += 1;
    while (status === "0" && words[at] !== "") at += Number(words[at]) + 3;
    at += 1;
    merges.push({ clean: status === "1", tree, conflicts: [...stages.values()] });
  }
  return merges;
}
