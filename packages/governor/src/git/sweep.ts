import { chmodSync, type Dirent, readdirSync, rmSync } from "node:fs";
import { byteName, indexedPaths, statOf } from "./index_file.ts";

/**
 * Removes from a worktree all that its index does not have: untracked and ignored files, other repositories, empty folders,
 * pipes and sockets, and whatever stands in a submodule's place. Follows no link. Folders that forbid it are opened first.
 */
export function sweep(root: string, index_file: string, oid_bytes: number): void {
  const { files, gitlinks } = indexedPaths(index_file, oid_bytes);
  const folders = new Set<string>();
  for (const path of [...files, ...gitlinks])
    for (let cut = path.lastIndexOf("/"); cut > 0; cut = path.lastIndexOf("/", cut - 1)) {
      const folder = path.slice(0, cut);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  const visit = (folder: string) => {
    for (const entry of list(root, folder)) {
      const path = `${folder}${entry.name}`;
      if (path === ".git") continue;
      const directory = entry.isDirectory();
      if (directory && gitlinks.has(path)) empty(root, `${path}/`);
      else if (directory && folders.has(path)) visit(`${path}/`);
      else if (directory || !files.has(path)) removeWithin(root, path);
    }
  };
  visit("");
}

/** Makes room for a file: what stands at its path goes, and above it whatever is no folder, as a link to one. */
export function clearWay(root: string, path: string): void {
  for (let cut = path.indexOf("/"); cut > 0; cut = path.indexOf("/", cut + 1))
    if (isInTheWay(root, path.slice(0, cut))) removeWithin(root, path.slice(0, cut));
  removeWithin(root, path);
}

/** Whether there is no folder at a path. */
export const isInTheWay = (root: string, path: string): boolean => !statOf(byteName(root, path))?.isDirectory();

/** Entries of a folder, names with one character a byte. `folder` is "" or ends with a slash. */
function list(root: string, folder: string): Dirent[] {
  const name = byteName(root, folder);
  try {
    return readdirSync(name, { encoding: "latin1", withFileTypes: true });
  } catch (error) {
    if (!isDenied(error)) throw error;
    chmodSync(name, 0o755);
    return readdirSync(name, { encoding: "latin1", withFileTypes: true });
  }
}

function empty(root: string, folder: string) {
  for (const { name } of list(root, folder)) removeWithin(root, `${folder}${name}`);
}

/** Removes whatever stands at a path, one character a byte, with all in it. Follows no link at its end. */
export function removeWithin(root: string, path: string) {
  const name = byteName(root, path);
  try {
    rmSync(name, { recursive: true, force: true });
  } catch (error) {
    if (!isDenied(error)) throw error;
    unlock(root, path);
    rmSync(name, { recursive: true, force: true });
  }
}

/** Gives us back every folder from the one that holds `path` down. */
function unlock(root: string, path: string) {
  chmodSync(byteName(root, path.slice(0, Math.max(0, path.lastIndexOf("/")))), 0o755);
  const open = (folder: string) => {
    chmodSync(byteName(root, folder), 0o755);
    for (const entry of list(root, `${folder}/`)) if (entry.isDirectory()) open(`${folder}/${entry.name}`);
  };
  const above = path.slice(0, path.lastIndexOf("/") + 1);
  const own = list(root, above).find((entry) => `${above}${entry.name}` === path);
  if (own?.isDirectory()) open(path);
}

const isDenied = (error: unknown) =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "EACCES" || error.code === "EPERM" || error.code === "ENOTEMPTY");
