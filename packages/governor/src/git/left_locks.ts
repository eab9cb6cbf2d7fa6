import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Git } from "./git.ts";

/**
 * Removes the lock on a ref that nobody but this governor writes: a git of ours left it when it was killed, and every later
 * one would take it for that of a git that is at work.
 */
export async function unlockOwnRef(git: Git, ref: string): Promise<void> {
  rmSync(join(await git.commonDir(), `${ref}.lock`), { force: true });
}

/** `refs`: those that were being moved; `since_ms`: when that began; `checkouts`: absolute paths of those to be brought along */
export type Interrupted = { refs: readonly string[]; checkouts: readonly string[]; since_ms: number };

/** A file system may tell time more coarsely than the log. */
const COARSE_MS = 2_000;

/**
 * Removes the locks that a git of ours left when it was killed in the middle of a landing. They may be a person's as well:
 * so only those go that came about since then, and only where no git is at work in any of these folders.
 */
export async function removeLeftLocks(git: Git, { refs, checkouts, since_ms }: Interrupted): Promise<void> {
  const common = await git.commonDir();
  const indexes = await Promise.all(
    checkouts.map((root) => git.at(root).text(["rev-parse", "--path-format=absolute", "--git-path", "index.lock"])),
  );
  const own = [...refs, "HEAD", "packed-refs"].map((name) => join(common, `${name}.lock`));
  const left = [...own, ...indexes].filter((path) => bornAt(path) >= since_ms - COARSE_MS);
  if (left.length === 0 || gitsIn([common, ...checkouts]).length > 0) return;
  for (const path of left) rmSync(path, { force: true });
}

const bornAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;

/**
 * The gits that are at work in some folders, but for our own, which only read. Where there is no /proc nobody can tell, and
 * one is supposed to be.
 */
function gitsIn(folders: readonly string[]): string[] {
  if (process.platform !== "linux") return ["unknown"];
  // Where a folder is deeper than a path is long, nobody can tell: it may be in one of them.
  const isIn = (path: string) =>
    path === TOO_DEEP || folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  return readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && nameOf(pid).startsWith("git") && isIn(folderOf(pid)) && !isOurs(pid),
  );
}

const nameOf = (pid: string): string => orGone(() => readFileSync(`/proc/${pid}/comm`, "utf8"));
const isOurs = (pid: string): boolean =>
  orGone(() => readFileSync(`/proc/${pid}/status`, "utf8")).includes(`\nPPid:\t${process.pid}\n`);
const folderOf = (pid: string): string => orGone(() => readlinkSync(`/proc/${pid}/cwd`));

/** Of a process that has ended meanwhile, or is somebody else's, there is nothing to be read. */
function orGone(look: () => string): string {
  try {
    return look();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === TOO_DEEP) return code;
    if (NOT_OURS.includes(code)) return "";
    throw error;
  }
}
const TOO_DEEP = "ENAMETOOLONG";
const NOT_OURS = ["ENOENT", "ESRCH", "EACCES", "EPERM"];
