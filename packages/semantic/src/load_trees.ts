import type { FileView, TreeView } from "./tree_view.ts";

/** What a view was asked for and had not: names in a folder (with "/" behind folders), ids of files, files. */
export type Wanted = { folders: ReadonlySet<string>; files: ReadonlySet<string> };

/** A tree that is loaded bit by bit. What it has not is answered as if it were not there, and noted as wanted. */
export type LoadingTree = {
  view: TreeView;
  wanted(): Wanted;
  giveFolder(path: string, entries: readonly { name: string; blob: string | null }[] | null): void;
  giveFile(path: string, file: FileView | null): void;
};

export function openLoadingTree(): LoadingTree {
  const folders = new Map<string, ReadonlyMap<string, string | null> | null>();
  const files = new Map<string, FileView | null>();
  const missing = { folders: new Set<string>(), files: new Set<string>() };
  /** The entries of a folder, if it and all above it are known; undefined: not yet. */
  const entries = (path: string): ReadonlyMap<string, string | null> | null | undefined => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    if (path !== "") {
      const above = entries(parent(path));
      if (above === undefined) return undefined;
      // Only what its parent has as a folder is worth asking for.
      if (above === null || !above.has(`${base(path)}/`)) return null;
    }
    missing.folders.add(path);
    return undefined;
  };
  const blob = (path: string): string | null => entries(parent(path))?.get(base(path)) ?? null;
  return {
    view: {
      blob,
      folder: (path) => {
        const found = entries(path);
        return found ? [...found.keys()] : null;
      },
      file: (path) => {
        const known = files.get(path);
        if (known !== undefined) return known;
        if (blob(path) !== null) missing.files.add(path);
        return null;
      },
    },
    wanted: () => {
      const wanted = { folders: new Set(missing.folders), files: new Set(missing.files) };
      missing.folders.clear();
      missing.files.clear();
      return wanted;
    },
    giveFolder: (path, given) =>
      folders.set(path, given === null ? null : new Map(given.map(({ name, blob: id }) => [name, id]))),
    giveFile: (path, file) => files.set(path, file),
  };
}

const parent = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const base = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** How often something is asked before it is a fault that it always wants more. */
const MOST_ROUNDS = 200;

/**
 * Asks a pure question again and again, until the trees have all that it wants to know: the answer is that of the last
 * time.
 *
 * @throws Error when there is no end to what it wants
 */
export async function untilLoaded<T>(
  trees: readonly LoadingTree[],
  load: (tree: LoadingTree, wanted: Wanted) => Promise<void>,
  ask: () => T,
): Promise<T> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const answer = ask();
    const wants = trees.map((tree) => ({ tree, wanted: tree.wanted() }));
    const open = wants.filter(({ wanted }) => wanted.folders.size + wanted.files.size > 0);
    if (open.length === 0) return answer;
    for (const { tree, wanted } of open) await load(tree, wanted);
  }
  throw new Error(`A question still wants more of its trees after ${MOST_ROUNDS} rounds`);
}
