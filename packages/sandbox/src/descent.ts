import { closeSync, constants, lstatSync, mkdirSync, openSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { type Facts, factsOf } from "./facts.ts";

/** Not among Node's constants: a descriptor that only stands for a place, and needs no right to read it. */
const O_PATH = 0o10_000_000;
/** macOS: no part of the path may be a link. */
const O_NOFOLLOW_ANY = 0x2000_0000;

/**
 * A way down from a root, folder by folder, each held open by a descriptor and the next looked up in it: the names above
 * are not looked at again, so a folder that is swapped for a link meanwhile changes nothing. It is what `openat2` does
 * with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, for any kernel and without another system call.
 *
 * Where there is no /proc (macOS) names are resolved from the root each time, and links refused at each.
 *
 * Errors are the system's own: ENOENT, ENOTDIR (also for a link), ELOOP, ENAMETOOLONG.
 */
export class Descent {
  readonly #held: number[] = [];
  readonly #root: HeldRoot | null;
  readonly #made: string[] = []; // paths of folders that were made, through their own parents
  #path: string;

  constructor(root: string | HeldRoot) {
    this.#root = typeof root === "string" ? null : root;
    this.#path = typeof root === "string" ? root : root.path;
    if (typeof root === "string") this.#held.push(openSync(root, FOLDER_FLAGS));
  }

  /** The path by which the system reaches a name in the folder that is held; "." is the folder itself. */
  at(name: string): string {
    return this.#pathOf(name);
  }

  #pathOf(name: string): string {
    return HELD === null ? join(this.#path, name) : `${HELD}/${this.#folder()}/${name}`;
  }

  /** Opens what has this name in the folder that is held. */
  open(name: string, flags: number): number {
    const fd = this.#root === null ? -1 : this.#root.calls.openAt(this.#folder(), name, flags);
    return fd >= 0 ? fd : openSync(this.at(name), flags); // which also says why not
  }

  /** What has this name in the folder that is held, and is no way to anywhere else if it is a link. null: nothing has. */
  look(name: string): Facts | null {
    const facts = this.#root === null ? null : this.#root.calls.lookAt(this.#folder(), name);
    if (facts !== null) return facts;
    const stat = lstatSync(this.#pathOf(name), { throwIfNoEntry: false }); // which also says why not
    return stat ? factsOf(stat) : null;
  }

  /** Goes down into a folder, which must be a real one. */
  enter(name: string): void {
    this.#held.push(this.open(name, FOLDER_FLAGS));
    this.#path = join(this.#path, name);
  }

  /** Makes a folder and goes down into it. */
  make(name: string): void {
    const path = this.at(name);
    mkdirSync(path);
    this.#made.push(path);
    this.enter(name);
  }

  /** Takes away the folders that were made, from the deepest: those that are empty. */
  unmake(): void {
    for (const path of this.#made.splice(0).reverse()) rmdirSync(path);
  }

  close(): void {
    for (const fd of this.#held.splice(0)) closeSync(fd);
  }

  #folder(): number {
    return this.#held.at(-1) ?? this.#root?.fd ?? -1;
  }
}

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const LINUX = process.platform === "linux";
const HELD = LINUX && lstatSync("/proc/self/fd", { throwIfNoEntry: false }) ? "/proc/self/fd" : null;
/** Opens a folder, and nothing that leads to one: to find names in it. */
export const FOLDER_FLAGS = LINUX ? O_PATH | O_DIRECTORY | O_NOFOLLOW : O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/**
 * A root for whoever goes down from it thousands of times: it stays open, and the system's `openat` (-1: it failed) and
 * `statx` (null: it failed) need no way through /proc. A name is looked up in a folder that is held, as without it.
 */
export type HeldRoot = { path: string; fd: number; calls: NamedCalls };
type NamedCalls = {
  openAt: (folder: number, name: string, flags: number) => number;
  lookAt: (folder: number, name: string) => Facts | null;
};

/** Is held until this process ends. */
export const holdRoot = (path: string, calls: NamedCalls): HeldRoot => ({
  path,
  fd: openSync(path, FOLDER_FLAGS),
  calls,
});

/** Added to the flags by which a file is opened. */
export const NO_LINK = process.platform === "darwin" ? O_NOFOLLOW_ANY | O_NOFOLLOW : O_NOFOLLOW;
