import type { Claim, Grant } from "@dgov/sandbox";
import { claimPattern } from "@dgov/sandbox";

/**
 * What the jail may let a task write, and which folders must be there first.
 *
 * A claimed file that exists is granted alone. What does not exist yet can only be granted through a folder, which is
 * made when it is missing: git does not see empty folders. In a granted folder `only` says what is claimed, and the
 * isolation puts everything else back; it lists all claims, because granted folders may lie in each other.
 *
 * @param edit   claims on content: a file among them is not removed or replaced
 * @param remake claims that let a file come and go: `create`, `delete`, `touch`
 * @param exists what stands at a path of the worktree, links not followed
 */
export function grantsOf(
  { edit, remake }: { edit: readonly Claim[]; remake: readonly Claim[] },
  exists: (path: string) => "file" | "directory" | null,
): { grants: Grant[]; folders: string[] } {
  const claims = [...edit, ...remake];
  const files = new Set<string>();
  const whole = new Set<string>();
  const partly = new Set<string>();
  for (const claim of claims) {
    const there = exists(claim.path);
    if (claim.kind === "directory" || there === "directory") whole.add(claim.path);
    else if (claim.kind === "glob") partly.add(literalFolder(claim.path));
    else if (there === "file" && edit.includes(claim)) files.add(claim.path);
    else partly.add(parentOf(claim.path));
  }
  const only = claims.map(claimPattern);
  const inside = (path: string) => [...whole].some((folder) => path === folder || path.startsWith(`${folder}/`));
  const folders = [...whole, ...[...partly].filter((path) => !inside(path))].sort();
  // A file in a granted folder needs no grant of its own: as a mount of its own it could not be replaced by a rename.
  const alone = [...files].filter((path) => !folders.some((folder) => folder === "." || path.startsWith(`${folder}/`)));
  return {
    grants: [
      ...alone.sort().map((path): Grant => ({ kind: "file", path })),
      ...folders.map((path): Grant => ({ kind: "directory", path, only: whole.has(path) ? null : only })),
    ],
    folders: folders.filter((path) => path !== "."),
  };
}

const parentOf = (path: string): string => path.split("/").slice(0, -1).join("/") || ".";

/** The part of a glob before its first wild segment: the smallest folder that holds all it can match. */
function literalFolder(glob: string): string {
  const parts = glob.split("/");
  const wild = parts.findIndex((part) => /[*?[]/.test(part));
  return parts.slice(0, wild).join("/") || ".";
}
