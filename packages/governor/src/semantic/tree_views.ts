import type { FileView, TreeView } from "@dgov/semantic";
import type { Git } from "../git/git.ts";
import { readTree, type TreeEntry, treeAtHand } from "../git/tree_object.ts";

/** A file whose content is to be looked at. */
export type Wanted = { path: string; blob: string };
/**
 * What is known of each of these files, in their order. What cannot be known says why; nothing is thrown for a content.
 * `atHand`: what need not be waited for, else null.
 */
export type ReadFiles = ((files: readonly Wanted[]) => Promise<FileView[]>) & {
  atHand?: (file: Wanted) => FileView | null;
};

/**
 * Trees of one repository as the checks see them. What is asked for and not at hand is noted, and answered with null until
 * it was loaded: `untilLoaded` asks again. Contents and folders are known by their ids, so trees that are nearly the same
 * cost nearly nothing more.
 */
export type TreeViews = {
  /** @param tree the id of a tree, not of a commit */
  view(tree: string): TreeView;
  /** Loads what was asked for since the last time. @returns whether there was anything */
  load(): Promise<boolean>;
};

type Folder = ReadonlyMap<string, TreeEntry>;
const NO_ENTRIES: Folder = new Map();

export function openTreeViews(git: Pick<Git, "objects">, readFiles: ReadFiles): TreeViews {
  const folders = new Map<string, Folder>();
  const files = new Map<string, FileView>();
  const wanted = { folders: new Set<string>(), files: new Map<string, Wanted>() };
  /** null: it is not loaded yet. */
  const folder = (oid: string): Folder | null => {
    const known = folders.get(oid) ?? treeAtHand(git, oid);
    if (known === null) wanted.folders.add(oid);
    else folders.set(oid, known);
    return known;
  };
  /** null: there is nothing; undefined: nobody knows yet. */
  const entryAt = (tree: string, path: string): TreeEntry | null | undefined => {
    let entry: TreeEntry = { kind: "folder", oid: tree };
    for (const name of path === "" ? [] : path.split("/")) {
      if (entry.kind !== "folder") return null;
      const entries: Folder | null = folder(entry.oid);
      if (entries === null) return undefined;
      const next = entries.get(name);
      if (next === undefined) return null;
      entry = next;
    }
    return entry;
  };
  return {
    view: (tree) => {
      const placeOf = keeping((path: string) => entryAt(tree, path));
      const seen = new Map<string, FileView>();
      return {
        blob(path) {
          const entry = placeOf(path);
          return entry !== null && isText(entry) ? entry.oid : null;
        },
        folder(path) {
          const entry = placeOf(path);
          if (entry?.kind !== "folder") return null;
          const entries = [...(folder(entry.oid) ?? NO_ENTRIES)];
          return entries.map(([name, { kind }]) => (kind === "folder" ? `${name}/` : name));
        },
        file(path) {
          const before = seen.get(path);
          if (before !== undefined) return before;
          const entry = placeOf(path);
          if (entry === null || !isText(entry)) return null;
          const key = `${entry.oid} ${path}`;
          const file = { path, blob: entry.oid };
          const known = files.get(key) ?? readFiles.atHand?.(file) ?? null;
          if (known === null) wanted.files.set(key, file);
          else seen.set(path, known);
          return known;
        },
      };
    },
    async load() {
      const oids = [...wanted.folders];
      const keys = [...wanted.files];
      wanted.folders.clear();
      wanted.files.clear();
      const [read, seen] = await Promise.all([
        Promise.all(oids.map((oid) => readTree(git, oid))),
        keys.length === 0 ? [] : readFiles(keys.map(([, file]) => file)),
      ]);
      oids.forEach((oid, at) => void folders.set(oid, read[at] ?? NO_ENTRIES));
      keys.forEach(([key], at) => void files.set(key, seen[at] ?? { text: null, unknown: "nobody has read it" }));
      return oids.length + keys.length > 0;
    },
  };
}

/** A judgement asks for each file many times over, and what is known of a path in a tree does not change. */
function keeping(find: (path: string) => TreeEntry | null | undefined): (path: string) => TreeEntry | null {
  const places = new Map<string, TreeEntry | null>();
  return (path) => {
    const known = places.get(path);
    if (known !== undefined) return known;
    const entry = find(path);
    if (entry !== undefined) places.set(path, entry);
    return entry ?? null;
  };
}

/** What a link says is a path and no text, and what another repository has is not here. */
const isText = ({ kind }: TreeEntry): boolean => kind === "file" || kind === "program";

/** A path leads through folders, and a name through modules: no honest question needs so many. */
const ROUNDS_MAX = 200;

/**
 * Does pure work over views until all that it asks for is at hand: what it gave before is thrown away.
 *
 * @throws Error when it never has enough, which is a bug of the work
 */
export async function untilLoaded<Result>(views: Pick<TreeViews, "load">, work: () => Result): Promise<Result> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const result = work();
    if (!(await views.load())) return result;
  }
  throw new Error(`Cannot finish a look at trees: it still asks for more after ${ROUNDS_MAX} times`);
}
