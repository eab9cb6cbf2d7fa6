import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { covers, parseClaim } from "@dgov/sandbox/claim";
import { copyTree, isNotToBeHad, isWithin } from "./copy_tree.ts";
import { partOfTree } from "./git/tree_part.ts";
import { removeTree } from "./remove_tree.ts";
import { runSetup, type SetupSite } from "./run_setup.ts";

/**
 * Puts a copy of what a `setup_cmd` has made beside a worktree's own files. What stands in its way there stays.
 *
 * @returns as `copyTree`
 */
export type GiveSetup = (root: string) => Promise<boolean>;
/** `why_not`: what keeps it from being given, as a clause; null: nobody asked for it. */
export type KeptSetup = { give: GiveSetup } | { why_not: string | null };

/** `commit`, `tree`: as for `Pool.acquire`; `keeps`: as for `runSetup`. */
type Wanted = { commit: string; tree: string; keeps: boolean };

/** Part of every key: what is kept in another shape is not found. */
const SHAPE = "setup 1";
/** Below the pool's cache, where no jail can write. */
const FOLDER = "setups";
/** Each is what one state of the lock files comes to; few of them are in use at one time. */
const KEPT_MAX = 6;
/** A setup that failed may have failed for want of the network. */
const TRY_AGAIN_MS = 60 * 60_000;
/** A copy is made in seconds. */
const IN_USE_MS = 10 * 60_000;

/**
 * What the project's setup makes of the files that `setup_reads` names, as they are in a tree. Where it is not known it is made: in a
 * worktree that has these files and no others, so that nothing else has a say in it, and whoever is given it has the same ones.
 *
 * @returns `why_not` where it has to be run in the worktree itself: the project does not say what it reads, the setup wants more than
 *   that, or what it makes works only where it was made
 */
export async function keptSetup(site: SetupSite, wanted: Wanted, signal: AbortSignal): Promise<KeptSetup> {
  const { project, pool, git } = site;
  const { setup_reads, include } = project.rules.sandbox.worktree;
  if (project.commands.setup === null || setup_reads.length === 0) return { why_not: null };
  if (include) return { why_not: "[worktree] include puts other files there, too" };
  const claims = setup_reads.map(parseClaim);
  const part = await partOfTree(git, wanted.tree, (path) => claims.some((claim) => covers(claim, path)));
  if (part.paths.length === 0) return { why_not: "none of the files in [worktree] setup_reads is there" };
  const folder = join(pool.cache, FOLDER, keyOf(site, part.tree));
  const before = making.get(folder);
  const made = before ?? makeOnce(site, { ...wanted, ...part, folder }, signal);
  if (!before) making.set(folder, made);
  try {
    await made;
  } finally {
    making.delete(folder);
  }
  return foundIn(folder);
}

function foundIn(folder: string): KeptSetup {
  try {
    const own = join(folder, "made");
    if (!existsSync(own)) return { why_not: readFileSync(join(folder, WHY_NOT), "utf8").trim() };
    usedNow(folder);
    return { give: (root) => copyTree(own, root) };
  } catch (error) {
    if (isNotToBeHad(error)) return { why_not: "it was thrown away meanwhile, or the disk is full" };
    throw error;
  }
}

const WHY_NOT = "why_not";
/** When somebody was last given it is the time of this file. */
const USED = "used";

/** @returns the time, as the disk has it */
function usedNow(folder: string): number {
  writeFileSync(join(folder, USED), "");
  return lstatSync(join(folder, USED)).mtimeMs;
}

/** Tasks that begin at one time want the same. */
const making = new Map<string, Promise<void>>();

/** All that it hangs on, as far as it can be told: also which programs the command names, by where they are and how old. */
function keyOf({ project }: SetupSite, tree: string): string {
  const command = project.commands.setup ?? "";
  const programs = [...new Set(command.match(/[\w./-]+/g) ?? []), "node", "python3"].map(programAt);
  const { setup } = project.rules.sandbox;
  const all = [SHAPE, tree, command, process.platform, process.arch, setup, programs];
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(all)).digest("hex");
}

function programAt(word: string): readonly [path: string, at_ms: number] | null {
  const found = word.includes("/") ? null : Bun.which(word);
  if (found === null) return null;
  const path = realpathSync(found);
  return [path, statSync(path).mtimeMs];
}

type Making = Wanted & { paths: readonly string[]; folder: string };

/** Makes the folder, whole or not at all: with what was made in it, or with why there is nothing to be given. */
async function makeOnce(site: SetupSite, wanted: Making, signal: AbortSignal): Promise<void> {
  const { folder, commit, tree, paths, keeps } = wanted;
  if (existsSync(folder) && !isToBeTried(folder)) return;
  const next = `${folder}.next-${process.pid}`;
  removeTree(next);
  mkdirSync(next, { recursive: true, mode: 0o700 });
  const lease = await site.pool.acquire(commit, { tree });
  try {
    const why = await runSetup(site, lease.path, { signal, keeps });
    if (signal.aborted) return;
    const made = join(next, "made");
    const refused = why ?? gather(lease.path, new Set(paths), made) ?? whyNotMoved(made, lease.path);
    if (refused !== null) {
      removeTree(made);
      writeFileSync(join(next, WHY_NOT), `${refused}\n`);
    }
    const now_ms = usedNow(next);
    if (isToBeTried(folder)) removeTree(folder);
    if (!existsSync(folder)) renameSync(next, folder);
    forgetOldest(dirname(folder), now_ms);
  } finally {
    removeTree(next);
    lease.release();
  }
}

/** Whether nothing is there to be given, and that was long ago. */
function isToBeTried(folder: string): boolean {
  const said = lstatSync(join(folder, WHY_NOT), { throwIfNoEntry: false });
  return said !== undefined && usedNow(folder) - said.mtimeMs > TRY_AGAIN_MS;
}

/**
 * Moves what is no file of the worktree's own to another place.
 *
 * @returns why it cannot be
 */
function gather(root: string, own: ReadonlySet<string>, to: string): string | null {
  const folders = new Set([...own].flatMap(foldersOf));
  const take = (at: string): void => {
    for (const name of readdirSync(join(root, at))) {
      const path = at === "" ? name : `${at}/${name}`;
      if (path === ".git" || own.has(path)) continue;
      if (folders.has(path)) take(path);
      else {
        mkdirSync(dirname(join(to, path)), { recursive: true });
        renameSync(join(root, path), join(to, path));
      }
    }
  };
  mkdirSync(to, { recursive: true });
  try {
    take("");
    return null;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EXDEV") return "it lies on another disk";
    throw error;
  }
}

const foldersOf = (path: string): string[] => {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
};

/** Why what was made in one folder does not work in another; null: it does, as far as can be told. */
function whyNotMoved(made: string, root: string): string | null {
  if (!isWithin(made)) return "it is too large";
  const roots = [...new Set([root, realpathSync(root)])].map((path) => Buffer.from(path));
  const open = [made];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (saysWhere(path, roots)) return `"${path.slice(made.length + 1)}" has the path in it where it was made`;
    }
  return null;
}

/** Whether a file, or a link, names one of these folders. */
function saysWhere(path: string, roots: readonly Buffer[]): boolean {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink())
    return isAbsolute(readlinkSync(path)) && roots.some((root) => readlinkSync(path).startsWith(String(root)));
  return stat.isFile() && roots.some((root) => readFileSync(path).includes(root));
}

/** Also what a process that was killed has left half made. Who is given one meanwhile has said so not long ago. */
function forgetOldest(folder: string, now_ms: number): void {
  const all = readdirSync(folder).map((name) => {
    const used = lstatSync(join(folder, name, USED), { throwIfNoEntry: false });
    return { name, at_ms: (used ?? lstatSync(join(folder, name), { throwIfNoEntry: false }))?.mtimeMs ?? now_ms };
  });
  const whole = all.filter(({ name }) => /^[0-9a-f]{64}$/.test(name)).sort((one, other) => other.at_ms - one.at_ms);
  const old = whole.slice(KEPT_MAX).filter(({ at_ms }) => now_ms - at_ms > IN_USE_MS);
  const left = all.filter(({ name, at_ms }) => name.includes(".") && now_ms - at_ms > TRY_AGAIN_MS);
  for (const { name } of [...old, ...left]) {
    const gone = join(folder, `${name}.old-${process.pid}`);
    renameSync(join(folder, name), gone);
    removeTree(gone);
  }
}
