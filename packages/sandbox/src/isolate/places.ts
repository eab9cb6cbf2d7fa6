import { existsSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { IsolationSpec } from "./isolation.ts";
import type { Place } from "./landlock.ts";

/**
 * The grants as absolute places, checked: each is there, is what the grant says, and no link leads to it. A repository
 * may hold a link `src → /etc`, and granting `src` must not grant that.
 *
 * `.git` as a file stays in a granted root and is put back after each command; a real `.git` folder is never granted:
 * then the entries of the root are, one by one, and no new one can be made beside them.
 *
 * @throws Error when a grant is not such a place
 */
export function placesOf({ root, write, tmp }: Pick<IsolationSpec, "root" | "write" | "tmp">): Place[] {
  const own: Place = { kind: "directory", path: realpathSync(tmp) };
  const real = realpathSync(root);
  if (write === "all") return [own, ...whole(real)];
  return [own, ...write.flatMap(({ kind, path }) => (isRoot(path) ? whole(real) : [granted(real, kind, path)]))];
}

const isRoot = (path: string) => path === "." || path === "";

function whole(root: string): Place[] {
  if (!lstatSync(join(root, ".git"), { throwIfNoEntry: false })?.isDirectory())
    return [{ kind: "directory", path: root }];
  return readdirSync(root, { withFileTypes: true }).flatMap((entry): Place[] => {
    if (entry.name.toLowerCase() === ".git") return [];
    const path = join(root, entry.name);
    if (entry.isDirectory()) return [{ kind: "directory", path }];
    return entry.isFile() ? [{ kind: "file", path }] : [];
  });
}

function granted(root: string, kind: Place["kind"], path: string): Place {
  const at = join(root, path);
  const stat = lstatSync(at, { throwIfNoEntry: false });
  const found = stat?.isFile() ? "file" : stat?.isDirectory() ? "directory" : null;
  if (found !== kind) throw new Error(`Cannot grant "${path}": it is ${stat ? "no" : "not there as a"} ${kind}`);
  if (realpathSync(at) !== at) throw new Error(`Cannot grant "${path}": a link leads to it`);
  return { kind, path: at };
}

/** What stays read-only inside granted places, for a level that can say so. */
export function keptReadOnly({ root, git_dir }: Pick<IsolationSpec, "root" | "git_dir">): string[] {
  const own = join(realpathSync(root), ".git");
  const kept = existsSync(own) && !lstatSync(own).isSymbolicLink() ? [own] : [];
  if (git_dir === null) return kept;
  const common = realpathSync(git_dir);
  return common === own ? kept : [...kept, common];
}
