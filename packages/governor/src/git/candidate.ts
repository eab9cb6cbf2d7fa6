import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { DgovError } from "../error.ts";
import { type Git, items } from "./git.ts";
import { ignoreRules } from "./ignore_rules.ts";
import { distrust, statOf } from "./index_file.ts";
import { unlockOwnRef } from "./left_locks.ts";
import { type Change, diffTrees } from "./tree_changes.ts";

/** The whole work of an attempt as a tree. `ignored`: what is there but left out; looked for only when nothing changed. */
export type Frozen = { tree: string; changes: Change[]; ignored: string[] };

/** A worktree, and the index that describes it and that nobody but us can write. */
export type Slot = { git: Git; index_file: string };

/**
 * `base`     commit the work is compared with; its ignore rules are the ones that count
 * `ignores`  the project's own rule for paths that are nobody's work; a tracked file keeps the base's content
 * `as_is`    somebody is at work there: no probe is written in it, and nothing is made readable
 */
export type FreezeOptions = { base: string; ignores: (path: string) => boolean; as_is?: boolean };

/**
 * Computes the work from the files, whatever was staged, committed, hidden or ignored in the worktree meanwhile.
 * The slot's own index then holds the work, and freezing again after a change costs only the change.
 */
export async function freeze(slot: Slot, { base, ignores, as_is = false }: FreezeOptions): Promise<Frozen> {
  const { git, index_file } = slot;
  if (!existsSync(index_file))
    throw new DgovError("machine_refused", `Cannot keep the work in "${git.root}": somebody has removed the worktree`);
  distrust(index_file, git.root, base.length / 2, as_is ? `${index_file}.times` : undefined);
  const rules = `${index_file}.ignore`;
  const listUntracked = async () => {
    writeFileSync(rules, await ignoreRules(git, base));
    const others = ["ls-files", "-z", "--others", `--exclude-from=${rules}`];
    const listed = await git.ask(others, { index_file });
    // Git goes on past a folder that it may not read, and complains: what is in there is work too.
    return listed.stderr !== "" && !as_is && openFolders(git.root) ? git.ask(others, { index_file }) : listed;
  };
  const [changed, untracked] = await Promise.all([
    git.ask(["diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=dirty"], { index_file }),
    listUntracked(),
  ]);
  const nested: string[] = [];
  const found = chunks(untracked.bytes).flatMap((name) => embedded(git.root, name, nested));
  const added = found.filter((name) => !ignores(text(name)));
  const raw = rawChanges(changed.bytes, ignores);
  const special = raw.changed.filter((name) => isSpecial(git.root, name));
  await stage(slot, {
    deleted: [...raw.deleted, ...special],
    changed: raw.changed.filter((name) => !special.includes(name)),
    added,
    oid_bytes: base.length / 2,
    as_is,
  });
  const tree = await git.text(["write-tree"], { index_file });
  const changes = [...(await diffTrees(git, base, tree))]; // the answer is shared, and this list gets more
  const stored = new Set(changes.map(({ path }) => path));
  for (const name of added) if (!stored.has(text(name))) await explain(slot, text(name), changes);
  for (const name of special) changes.push({ ...nothing, path: text(name), kind: "unstorable" });
  for (const path of nested)
    if (!ignores(path)) changes.push({ ...nothing, path, kind: "gitlink", new_mode: "160000" });
  const ignored = changes.length > 0 ? [] : await ignoredPaths(slot, rules);
  rmSync(rules, { force: true });
  return { tree, changes, ignored };
}

/** Which attempt a commit is kept for, and what it says. `at_ms` is the date. */
export type Keep = {
  run: string;
  task: string;
  attempt: number;
  tree: string;
  base: string;
  message: string;
  at_ms: number;
};

/**
 * Makes the attempt's work a commit on its base that nothing will collect, also when it failed.
 *
 * @returns the commit
 */
export async function keep(git: Git, { tree, base, message, at_ms, ...attempt }: Keep): Promise<string> {
  const commit = await git.text(["commit-tree", tree, "-p", base], { stdin: `${message.trimEnd()}\n`, at_ms });
  const ref = attemptRef(attempt);
  await unlockOwnRef(git, ref);
  await git.ask(["update-ref", ref, commit], { at_ms });
  return commit;
}

/** The ref that keeps an attempt. Git takes no name that ends in `.lock`, so a task of that name gets a dot more. */
export const attemptRef = ({ run, task, attempt }: Pick<Keep, "run" | "task" | "attempt">) =>
  `refs/dgov/attempts/${run}/${task.replace(/\.lock$/, ".lock.")}/${attempt}`;

const nothing = { old_mode: "000000", new_mode: "000000", old_oid: "", new_oid: "", size_bytes: null } as const;

type Raw = { deleted: Buffer[]; changed: Buffer[] };
type Staged = Raw & { added: readonly Buffer[]; oid_bytes: number; as_is: boolean };

/** What `diff-files` says, by what must be done. Names stay bytes. */
function rawChanges(bytes: Uint8Array, ignores: (path: string) => boolean): Raw {
  const fields = chunks(bytes);
  const raw: Raw = { deleted: [], changed: [] };
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at + 1]!;
    if (!ignores(text(name))) raw[fields[at]!.toString("latin1").endsWith(" D") ? "deleted" : "changed"].push(name);
  }
  return raw;
}

/** Brings the index in step with the files. Deletions go first: what was a folder may be a link now. */
async function stage({ git, index_file }: Slot, work: Staged): Promise<void> {
  const { deleted, changed, added, oid_bytes, as_is } = work;
  if (deleted.length > 0) {
    const stdin = Buffer.concat(
      deleted.flatMap((name) => [Buffer.from(`0 ${"0".repeat(oid_bytes * 2)}\t`), name, NUL]),
    );
    await git.ask(["update-index", "-z", "--index-info"], { index_file, stdin });
  }
  const present = [...changed, ...added];
  if (present.length === 0) return;
  if (!as_is) for (const name of present) makeReadable(git.root, name);
  const stdin = Buffer.concat(present.flatMap((name) => [name, NUL]));
  await git.ask(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], { index_file, stdin });
}

const NUL = Buffer.from([0]);

function makeReadable(root: string, name: Buffer) {
  const path = Buffer.concat([Buffer.from(`${root}/`), name]);
  const stat = statOf(path);
  if (stat?.isFile() && (stat.mode & 0o400n) === 0n) chmodSync(path, Number(stat.mode | 0o400n) & 0o777);
}

/** A pipe, a socket or a device: git lists none, and refuses one that stands where it had a file. */
function isSpecial(root: string, name: Buffer): boolean {
  const stat = statOf(Buffer.concat([Buffer.from(`${root}/`), name]));
  return stat !== null && !(stat.isFile() || stat.isSymbolicLink() || stat.isDirectory());
}

/** Makes every folder readable that is not. @returns whether there was one */
export function openFolders(root: string): boolean {
  let opened = false;
  const visit = (folder: Buffer): void => {
    const stat = statOf(folder);
    if (!stat?.isDirectory()) return;
    if ((stat.mode & 0o700n) !== 0o700n) {
      chmodSync(folder, Number(stat.mode | 0o700n) & 0o777);
      opened = true;
    }
    for (const name of readdirSync(folder, { encoding: "buffer" }))
      if (name.length + folder.length < PATH_MAX_BYTES) visit(Buffer.concat([folder, Buffer.from("/"), name]));
  };
  visit(Buffer.from(root));
  return opened;
}

const PATH_MAX_BYTES = 4_000;

/** The files of a repository that was made inside the worktree; git lists only its folder. Its `.git` is left out. */
function embedded(root: string, name: Buffer, nested: string[]): Buffer[] {
  const folder = name.toString("latin1");
  if (!folder.endsWith("/")) return [name];
  nested.push(text(name).slice(0, -1));
  const files: Buffer[] = [];
  const visit = (at: string) => {
    const full = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(at, "latin1")]);
    for (const entry of readdirSync(full, { encoding: "latin1", withFileTypes: true })) {
      if (entry.name === ".git") continue;
      if (entry.isDirectory()) visit(`${at}${entry.name}/`);
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(Buffer.from(`${at}${entry.name}`, "latin1"));
    }
  };
  visit(folder);
  return files;
}

/** A file that was added and yet is no change: either it is again what the base has, or git would not take its name. */
async function explain({ git, index_file }: Slot, path: string, changes: Change[]): Promise<void> {
  const { bytes } = await git.ask(["ls-files", "-z", "--cached", "--", path], { index_file });
  if (bytes.length === 0) changes.push({ ...nothing, path, kind: "unstorable" });
}

async function ignoredPaths({ git, index_file }: Slot, rules: string): Promise<string[]> {
  const args = [
    "ls-files",
    "-z",
    "--others",
    "--ignored",
    "--directory",
    "--no-empty-directory",
    `--exclude-from=${rules}`,
  ];
  return items((await git.ask(args, { index_file })).bytes);
}

const text = (name: Buffer) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(name);

/** Splits at NULs and keeps the bytes. */
function chunks(bytes: Uint8Array): Buffer[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [];
  for (let from = 0, to = all.indexOf(0); to >= 0; from = to + 1, to = all.indexOf(0, from))
    parts.push(all.subarray(from, to));
  return parts;
}
