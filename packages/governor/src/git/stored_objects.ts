import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isOid } from "./known_objects.ts";
import type { ObjectInfo, Objects } from "./objects.ts";
import { inflate, openPacks, type ReadPacked, type Stored } from "./packs.ts";
import { parseTree } from "./tree_object.ts";

/** Compressed, in a file of its own. A larger one may be any size, and git reads it bit by bit. */
const FILE_MAX_BYTES = 64 * 1024;

/**
 * The objects of a repository, read here where that is a matter of some small files, so that no process need be started for
 * it; whatever is not found, or not as simple as that, git is asked for.
 *
 * `keep`  has an object that is in no file yet; its id in raw bytes
 */
export type StoredObjects = Objects & {
  keep(type: Stored["type"], bytes: Uint8Array): Buffer;
  keepTree(bytes: Uint8Array): Buffer;
};

/** @param oid_bytes 20 or 32, as the repository's hash */
export function openStored(common_dir: string, oid_bytes: number, git: Objects): StoredObjects {
  const read = reading(foldersOf(join(common_dir, "objects")));
  const known = new Map<string, Stored | null>();
  const find = (oid: string): Stored | null => {
    const found = known.get(oid);
    if (found !== undefined) return found;
    const stored = oid.length === oid_bytes * 2 ? read(oid) : null;
    known.set(oid, stored);
    return stored;
  };
  const keep: StoredObjects["keep"] = (type, bytes) => {
    const hasher = new Bun.CryptoHasher(oid_bytes === 20 ? "sha1" : "sha256");
    const oid = hasher.update(`${type} ${bytes.length}\0`).update(bytes).digest();
    known.set(oid.toString("hex"), { type, bytes });
    return oid;
  };
  return {
    async info(names) {
      const own = names.map((name) => lookUp(find, name));
      const open = own.flatMap((found) => (typeof found === "string" ? [found] : []));
      const asked = open.length === 0 ? [] : await git.info(open);
      return own.map((found) => (typeof found === "string" ? (asked.shift() ?? null) : found));
    },
    content: async (name) => (isOid(name) && find(name)?.bytes) || git.content(name),
    keep,
    keepTree: (bytes) => keep("tree", bytes),
  };
}

type Find = (oid: string) => Stored | null;

/**
 * What an id stands for, the tree of a commit, or what stands at a path in it; null: there is no such path; a text: what
 * git is to be asked instead.
 */
function lookUp(find: Find, name: string): ObjectInfo | null | string {
  if (isOid(name)) return infoOf(find, name);
  const [, root, path] = /^([0-9a-f]{40,64})(?:\^\{tree\}|:(.+))$/.exec(name) ?? [];
  const tree = root === undefined ? null : treeIn(find, root);
  if (tree === null) return name;
  if (path === undefined) return infoOf(find, tree);
  const entry = entryAt(find, tree, path.split("/"));
  return typeof entry === "object" ? entry && infoOf(find, entry.oid) : name;
}

function infoOf(find: Find, oid: string): ObjectInfo | string {
  const stored = find(oid);
  return stored === null ? oid : { oid, type: stored.type, size_bytes: stored.bytes.length };
}

function treeIn(find: Find, oid: string): string | null {
  const stored = find(oid);
  if (stored?.type === "tree") return oid;
  if (stored?.type !== "commit") return null;
  return /^tree ([0-9a-f]+)\n/.exec(Buffer.from(stored.bytes.slice(0, 80)).toString("latin1"))?.[1] ?? null;
}

/** null: there is none; undefined: only git can say. */
function entryAt(
  find: Find,
  tree: string,
  [name = "", ...rest]: readonly string[],
): { oid: string } | null | undefined {
  const stored = find(tree);
  if (stored?.type !== "tree") return undefined;
  const bytes = Buffer.from(name).toString("latin1");
  const entry = parseTree(stored.bytes, tree.length / 2).find((row) => row.name === bytes);
  if (entry?.kind === "gitlink") return undefined;
  if (entry === undefined || rest.length === 0) return entry ?? null;
  return entry.kind === "folder" ? entryAt(find, entry.oid, rest) : null;
}

/** The folder of a repository's objects, and of those that it borrows from. */
function foldersOf(objects: string): string[] {
  const borrowed = join(objects, "info/alternates");
  if (!existsSync(borrowed)) return [objects];
  const lines = readFileSync(borrowed, "utf8").split("\n");
  const named = lines.filter((line) => line !== "" && !/^["#]/.test(line)); // what is quoted or a comment is left to git
  return [objects, ...named.map((line) => resolve(objects, line))];
}

function reading(folders: readonly string[]): Find {
  const packs = folders.map((folder): ReadPacked | null => {
    const own = join(folder, "pack");
    return existsSync(own) ? openPacks(own) : null;
  });
  return (oid) => {
    for (const folder of folders) {
      const stored = loose(join(folder, oid.slice(0, 2), oid.slice(2)));
      if (stored !== null) return stored;
    }
    const bytes = Buffer.from(oid, "hex");
    for (const read of packs) {
      const stored = read?.(bytes) ?? null;
      if (stored !== null) return stored;
    }
    return null;
  };
}

/** An object in a file of its own begins with its type and its size. */
function loose(file: string): Stored | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat || stat.size > FILE_MAX_BYTES) return null;
  const whole = inflate(readFileSync(file));
  if (whole === null) return null;
  const zero = whole.indexOf(0);
  const [, type, size] =
    /^(commit|tree|blob|tag) (\d+)$/.exec(Buffer.from(whole.slice(0, zero)).toString("latin1")) ?? [];
  const bytes = whole.subarray(zero + 1);
  return type !== undefined && Number(size) === bytes.length ? { type: type as Stored["type"], bytes } : null;
}
