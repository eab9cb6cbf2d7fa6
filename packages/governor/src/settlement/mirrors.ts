import type { Finding } from "@dgov/kernel";
import type { Git } from "../git/git.ts";
import type { Change } from "../git/tree_changes.ts";

/**
 * Files that are to say the same and do not, where a change has touched one of them. What differed before, and is not
 * touched, is nobody's fault.
 *
 * @param mirrors groups of paths; the first of a group is the one that the others repeat
 */
export async function mirrorDrift(
  changes: readonly Pick<Change, "path">[],
  { git, tree, mirrors }: { git: Pick<Git, "objects">; tree: string; mirrors: readonly (readonly string[])[] },
): Promise<Finding[]> {
  const changed = new Set(changes.map(({ path }) => path));
  const groups = mirrors.filter((group) => group.some((path) => changed.has(path)));
  const names = groups.flat().map((path) => `${tree}:${path}`);
  const found = names.length === 0 ? [] : await git.objects.info(names);
  const oids = new Map(names.map((name, at) => [name, found[at]?.oid ?? null]));
  const oidOf = (path: string) => oids.get(`${tree}:${path}`) ?? null;
  return groups.flatMap(([first = "", ...others]) =>
    others
      .filter((path) => oidOf(path) !== oidOf(first))
      .map((path): Finding => {
        const message = `"${path}" does not say what "${first}" says, and [scope] mirrors has them as one; make them the same: cp ${first} ${path}`;
        return { code: "mirror_drift", message, path };
      }),
  );
}
