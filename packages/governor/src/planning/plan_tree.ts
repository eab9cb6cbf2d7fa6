import { lstatSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DgovError } from "../error.ts";
import { removeTree } from "../remove_tree.ts";
import { writeAtomic } from "../write.ts";

/** Where drafts are laid out before they are plans. No plan can have such a name. */
const DRAFT = ".draft-";
const LEFT_MS = 3_600_000; // a draft of this age was left by a process that was killed

/** Texts of files by their path in a folder. */
export type Tree = Readonly<Record<string, string>>;

/**
 * Lays files out in a folder that has no name yet, beside the one that they are for, lets somebody look, and takes them
 * away again.
 *
 * @param dir of the plan, relative to the root
 */
export async function withDraft<Value>(
  root: string,
  { dir, files, now_ms }: { dir: string; files: Tree; now_ms: number },
  look: (draft: string) => Promise<Value>,
): Promise<Value> {
  const draft = layOut(root, { dir, files, now_ms });
  try {
    return await look(draft);
  } finally {
    removeTree(join(root, draft));
  }
}

/**
 * Makes the folder of a plan: all of it or nothing.
 *
 * @throws DgovError `plan_exists`
 */
export function placeTree(root: string, { dir, files, now_ms }: { dir: string; files: Tree; now_ms: number }): void {
  const draft = layOut(root, { dir, files, now_ms });
  try {
    if (isThere(join(root, dir))) throw taken(dir);
    renameSync(join(root, draft), join(root, dir));
  } catch (error) {
    removeTree(join(root, draft));
    throw error;
  }
}

export const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

export const taken = (dir: string): DgovError =>
  new DgovError("plan_exists", `Cannot make the plan "${dir}": it is there already`, { hint: "Choose another --name" });

function layOut(root: string, { dir, files, now_ms }: { dir: string; files: Tree; now_ms: number }): string {
  const above = dirname(dir);
  refuseLinks(root, above);
  removeLeft(join(root, above), now_ms);
  const draft = `${above}/${DRAFT}${process.pid}`;
  removeTree(join(root, draft));
  for (const [path, text] of Object.entries(files)) writeAtomic(join(root, draft, path), text);
  return draft;
}

function removeLeft(folder: string, now_ms: number): void {
  if (!isThere(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(DRAFT)) continue;
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat && now_ms - stat.mtimeMs > LEFT_MS) removeTree(join(folder, name));
  }
}

/** A repository that is not trusted could lead our writes out of it by a link. @throws DgovError `config_invalid` */
export function refuseLinks(root: string, dir: string): void {
  const parts = dir.split("/");
  const link = parts
    .map((_, at) => parts.slice(0, at + 1).join("/"))
    .find((path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink());
  if (link === undefined) return;
  throw new DgovError("config_invalid", `Cannot write below "${link}": it is a symbolic link`, {
    hint: "Make it a real folder, then run again",
  });
}
