import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DgovError } from "../error.ts";
import type { Slot } from "./candidate.ts";
import type { Git } from "./git.ts";
import { copyIndex, distrust } from "./index_file.ts";
import { takeLock } from "./lockfile.ts";
import { sweep } from "./sweep.ts";

/** A worktree for one attempt or one judging. `path` is absolute. */
export type Lease = Slot & {
  path: string;
  /** Gives it back; cleaned in the background. Idempotent; never throws. */
  release(): void;
};

/** Whose work is in a worktree. Written beside it, so that the work of a run that was killed is found and kept. */
export type Owner = { run: string; task: string; attempt: number; base: string };
export type Orphan = Lease & { owner: Owner };

/** Worktrees outside the repository that are used again and again: filling one costs what differs from its last use. */
export interface Pool {
  readonly folder: string;
  /** Where tools' caches are kept for later worktrees. */
  readonly cache: string;
  /**
   * A worktree that holds exactly `tree` (default: the commit's), with HEAD detached at `commit`.
   *
   * @throws DgovError `git_failed`
   */
  acquire(commit: string, more?: { tree?: string; owner?: Owner }): Promise<Lease>;
  /**
   * The worktrees of attempts that a dead process left, or that this one has not released. Freeze and keep what is in them
   * before they are released.
   */
  orphans(): Promise<Orphan[]>;
  /** Waits until all that was released is clean and all that was thrown away is gone. */
  close(): Promise<void>;
}

/** `clean`: nothing untracked is in it and nobody has written since. Known for the life of this process only. */
type Place = {
  name: string;
  path: string;
  index_file: string;
  admin: string | null;
  clean: boolean;
  unlock: () => void;
};

/**
 * `cache`: where tools' caches are kept; absent: in the folder. `furnish`: puts what is nobody's work into a worktree that has
 * just been filled.
 */
export type Opening = {
  folder: string;
  cache?: string;
  now_ms: () => number;
  furnish?: (path: string) => void | Promise<void>;
};

/** Opens the pool of a repository. */
export function openPool(
  git: Git,
  { folder, cache = join(folder, "cache"), now_ms, furnish = () => {} }: Opening,
): Pool {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const state: State = {
    git,
    folder,
    now_ms,
    furnish,
    places: new Map(),
    busy: new Set(),
    owned: new Map(),
    work: new Set(),
    adding: Promise.resolve(),
    thrown: 0,
  };
  for (const name of readdirSync(folder))
    if (name.startsWith("trash-")) background(state, rm(join(folder, name), FORCE));
  return {
    folder,
    cache,
    acquire: (commit, { tree = commit, owner } = {}) => acquire(state, { commit, tree, owner: owner ?? null }),
    orphans: () => orphans(state),
    async close() {
      while (state.work.size > 0) await Promise.all(state.work);
      for (const place of state.places.values()) {
        place.unlock();
        state.busy.delete(place.name);
      }
      state.places.clear();
    },
  };
}

/**
 * Where a repository's worktrees are kept: beside it, or in the folder that DGOV_WORKTREES names, or, where nobody may
 * write beside it, in a private folder among the temporary files.
 */
export function poolFolder(root: string, env: Readonly<Record<string, string | undefined>>): string {
  const key = Bun.hash(root).toString(16).padStart(16, "0");
  if (env.DGOV_WORKTREES) return join(env.DGOV_WORKTREES, `${basename(root)}-${key}`);
  const beside = join(dirname(root), `.dgov-worktrees-${basename(root)}`);
  if (writable(beside)) return beside;
  const own = join(tmpdir(), `dgov-worktrees-${process.getuid?.() ?? 0}-${key}`);
  if (!writable(own))
    throw new DgovError("machine_refused", `Cannot make worktrees: neither "${beside}" nor "${own}" can be written`);
  return own;
}

/** Takes away the locks that dead processes have left on slots, so that nobody who looks at them takes one for taken. */
export function removeDeadLocks(folder: string, now_ms: number): void {
  if (!exists(folder)) return;
  for (const name of readdirSync(folder).filter((file) => /^s\d+\.lock$/.test(file))) {
    const lock = takeLock(join(folder, name), now_ms);
    if ("release" in lock) lock.release();
  }
}

/** A slot's HEAD can be lost with the power: it is set again at the next use. */
const NOT_SYNCED = { "core.fsync": "none" };
const FORCE = { recursive: true, force: true } as const;

type State = Required<Omit<Opening, "cache">> & {
  git: Git;
  places: Map<string, Place>; // slots of this process that nobody uses
  busy: Set<string>; // names of all slots of this process
  owned: Map<Place, Owner>; // slots of attempts, from when they are filled until they are released
  work: Set<Promise<void>>; // cleaning and deleting in the background
  adding: Promise<unknown>; // one `worktree add` at a time
  thrown: number;
};
type Wanted = { commit: string; tree: string; owner: Owner | null };

async function acquire(state: State, wanted: Wanted): Promise<Lease> {
  const place = take(state);
  try {
    await fill(state, place, wanted);
  } catch {
    // Whatever the last occupant did to it, a new one is as good.
    try {
      await discard(state, place);
      await fill(state, place, wanted);
    } catch (error) {
      state.places.set(place.name, place);
      throw error;
    }
  }
  try {
    await state.furnish(place.path);
  } catch (error) {
    state.places.set(place.name, place);
    throw error;
  }
  if (wanted.owner) {
    writeAtomic(ownerFile(place), JSON.stringify(wanted.owner));
    state.owned.set(place, wanted.owner);
  }
  return lease(state, place);
}

async function orphans(state: State): Promise<Orphan[]> {
  const found: Orphan[] = [];
  for (const [place, owner] of state.owned) {
    rmSync(`${place.index_file}.lock`, { force: true });
    found.push({ ...lease(state, place), owner });
  }
  for (const file of readdirSync(state.folder)) {
    const name = /^(s\d+)\.owner$/.exec(file)?.[1];
    if (name === undefined) continue;
    const place = takeNamed(state, name);
    if (!place) continue;
    const owner = parseOwner(readFileSync(ownerFile(place), "utf8"));
    place.admin = await findAdmin(state, place);
    if (owner && place.admin && exists(place.path) && exists(place.index_file)) {
      rmSync(`${place.index_file}.lock`, { force: true });
      found.push({ ...lease(state, place), owner });
    } else {
      rmSync(ownerFile(place), { force: true });
      state.places.set(name, place);
    }
  }
  return found;
}

const ownerFile = ({ path }: Pick<Place, "path">) => `${path}.owner`;

/** Null for a file that is not one of ours, for example torn by a crash. */
export function parseOwner(text: string): Owner | null {
  try {
    const { run, task, attempt, base } = JSON.parse(text);
    return typeof run === "string" &&
      typeof task === "string" &&
      typeof attempt === "number" &&
      typeof base === "string"
      ? { run, task, attempt, base }
      : null;
  } catch {
    return null;
  }
}

/** A slot nobody uses, clean ones first; the next new number when all are busy. */
function take(state: State): Place {
  const idle = [...state.places.values()];
  const known = idle.find(({ clean }) => clean) ?? idle[0];
  if (known) {
    state.places.delete(known.name);
    return known;
  }
  for (let number = 1; ; number++) {
    const name = `s${number}`;
    if (state.busy.has(name) || exists(join(state.folder, `${name}.owner`))) continue; // an owner's work is not lost
    const place = takeNamed(state, name);
    if (place) return place;
  }
}

function takeNamed(state: State, name: string): Place | null {
  if (state.busy.has(name)) return null;
  const path = join(state.folder, name);
  mkdirSync(state.folder, { recursive: true, mode: 0o700 }); // somebody may have removed it during the run
  const lock = takeLock(`${path}.lock`, state.now_ms());
  if ("held_by" in lock) return null;
  state.busy.add(name);
  return { name, path, index_file: `${path}.index`, admin: null, clean: false, unlock: lock.release };
}

async function fill(state: State, place: Place, { commit, tree }: Wanted): Promise<void> {
  place.admin ??= await registered(state, place, commit);
  const git = state.git.at(place.path, place.admin);
  const oid_bytes = commit.length / 2;
  const { index_file } = place;
  restoreDotGit(place.path, place.admin);
  if (!place.clean) {
    rmSync(`${index_file}.lock`, { force: true });
    if (exists(index_file)) distrust(index_file, place.path, oid_bytes);
  }
  await Promise.all([
    git.ask(["read-tree", "--reset", "-u", tree], { index_file }),
    detach(state, place.admin, commit),
  ]);
  if (!place.clean) sweep(place.path, index_file, oid_bytes);
  place.clean = false;
  copyIndex(index_file, join(place.admin, "index.dgov"));
  renameSync(join(place.admin, "index.dgov"), join(place.admin, "index"));
}

/** Points the slot's HEAD at a commit: by a file, unless the repository keeps its refs in another way. */
async function detach(state: State, admin: string, commit: string): Promise<void> {
  const file = join(admin, "HEAD");
  if (!readFileSync(file, "utf8").startsWith("ref: refs/heads/.invalid")) return writeAtomic(file, `${commit}\n`);
  const git = state.git.at(admin, admin);
  await git.ask(["update-ref", "--no-deref", "HEAD", commit], { at_ms: state.now_ms(), config: NOT_SYNCED });
}

function writeAtomic(path: string, text: string) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function lease(state: State, place: Place): Lease {
  const git = state.git.at(place.path, place.admin ?? undefined);
  let held = true;
  return {
    path: place.path,
    git,
    index_file: place.index_file,
    release() {
      if (!held) return;
      held = false;
      state.owned.delete(place);
      rmSync(ownerFile(place), { force: true });
      background(state, tidy(state, place));
    },
  };
}

/** Cleans a slot for its next use. What cannot be cleaned is thrown away there. */
async function tidy(state: State, place: Place): Promise<void> {
  try {
    const oid_bytes = readFileSync(join(place.admin ?? "", "HEAD"), "utf8").trim().length / 2;
    distrust(place.index_file, place.path, oid_bytes);
    sweep(place.path, place.index_file, oid_bytes);
    place.clean = true;
  } catch {
    place.clean = false; // looked at again when it is needed
  }
  state.places.set(place.name, place);
}

/** On a busy machine git was seen to fail at this for a moment, in each slot of a run that began, and why it did not say. */
const ADD_AGAIN_MS = 250;

/** Git's own folder for the slot, made if there is none. */
async function registered(state: State, place: Place, commit: string): Promise<string> {
  const found = await findAdmin(state, place);
  if (found && exists(place.path)) return found;
  await discard(state, place);
  const add = [
    "worktree",
    "add",
    "--force",
    "--no-checkout",
    "--detach",
    "--lock",
    "--reason",
    "dgov uses it",
    place.path,
    commit,
  ];
  const again = () => Bun.sleep(ADD_AGAIN_MS).then(() => state.git.ask(add));
  const adding = state.adding.then(() => state.git.ask(add).catch(again));
  state.adding = adding.catch(() => null);
  await adding;
  const made = await findAdmin(state, place);
  if (!made) throw new DgovError("git_failed", `Cannot make the worktree "${place.path}": git does not list it`);
  return made;
}

/** Git's own folder for a worktree, or null. Found by what git wrote, never by what stands in the worktree. */
export async function findAdmin({ git }: { git: Git }, { path }: { path: string }): Promise<string | null> {
  const worktrees = join(await git.commonDir(), "worktrees");
  if (!exists(worktrees)) return null;
  const own = [join(path, ".git"), exists(path) ? join(realpathSync(path), ".git") : ""];
  const found = readdirSync(worktrees).find((name) => own.includes(wholeLine(join(worktrees, name, "gitdir"))));
  return found === undefined ? null : join(worktrees, found);
}

/** Forgets the slot and moves its files out of the way; they are deleted in the background. */
async function discard(state: State, place: Place): Promise<void> {
  const admin = await findAdmin(state, place);
  place.admin = null;
  place.clean = false;
  rmSync(place.index_file, { force: true });
  if (exists(place.path)) {
    state.thrown += 1;
    const trash = join(state.folder, `trash-${process.pid}-${state.thrown}`);
    renameSync(place.path, trash);
    background(state, rm(trash, FORCE));
  }
  if (admin) rmSync(admin, FORCE);
}

/** The file that makes the folder a worktree, for the git that the worker runs. Ours does not read it. */
function restoreDotGit(path: string, admin: string) {
  const file = join(path, ".git");
  const expected = `gitdir: ${admin}\n`;
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() && readFileSync(file, "utf8") === expected) return;
  rmSync(file, FORCE);
  writeFileSync(file, expected);
}

function background(state: State, job: Promise<void>) {
  const done = job
    .catch(() => undefined) // a leftover costs disk, never an answer
    .then(() => {
      state.work.delete(done);
    });
  state.work.add(done);
}

const exists = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
/** What git wrote as one line: a path, which may have line ends in it. */
const wholeLine = (path: string) => (exists(path) ? readFileSync(path, "utf8").replace(/\n$/, "") : "");

function writable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || (process.getuid && stat.uid !== process.getuid())) return false;
    const probe = join(folder, `.probe-${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
    return true;
  } catch {
    return false;
  }
}
