import type { Claim } from "@dgov/sandbox";
import { type Git, items } from "../git/git.ts";
import { readTree, treeOf } from "../git/tree_object.ts";

/** What a repository tells agents in a folder: the text of a file of guidance, and the file's path. */
export type Guidance = { path: string; text: string };

/** As agents look for it. Where both say the same it is told once. */
const NAMES = ["AGENTS.md", "CLAUDE.md"];
const FILES_MAX = 40;

/**
 * The guidance of a commit for whoever works on these claims: that of the root and of each folder on the way down to one, the
 * deepest first, as the nearest knows best. A link is not followed.
 */
export async function guidanceFor(
  git: Pick<Git, "objects">,
  base: string,
  claims: readonly Claim[],
): Promise<Guidance[]> {
  const folders = [...new Set(["", ...claims.flatMap(foldersOf)])].sort(deepestFirst);
  const trees = new Map<string, Promise<string | null>>([["", treeOf(git, base)]]);
  const treeAt = (folder: string): Promise<string | null> => {
    const known = trees.get(folder) ?? stepInto(git, treeAt(parentOf(folder)), folder);
    trees.set(folder, known);
    return known;
  };
  const found = await Promise.all(
    folders.map(async (folder) => {
      const tree = await treeAt(folder);
      return tree === null ? [] : guidanceIn(git, tree, folder);
    }),
  );
  return found.flat().slice(0, FILES_MAX);
}

/** All guidance of a commit, for whoever plans for all of it. */
export async function wholeGuidance(git: Pick<Git, "objects" | "ask">, base: string): Promise<Guidance[]> {
  const { bytes } = await git.ask(["ls-tree", "-r", "-z", "--name-only", base]);
  const holding = items(bytes).filter((path) => NAMES.includes(path.slice(path.lastIndexOf("/") + 1)));
  const claims = holding.map((path): Claim => ({ kind: "path", path, symbol: null }));
  return guidanceFor(git, base, claims);
}

async function guidanceIn(git: Pick<Git, "objects">, tree: string, folder: string): Promise<Guidance[]> {
  const entries = await readTree(git, tree);
  const files = NAMES.flatMap((name) => {
    const entry = entries.get(name);
    return entry && (entry.kind === "file" || entry.kind === "program") ? [{ name, oid: entry.oid }] : [];
  });
  const told: Guidance[] = [];
  for (const { name, oid } of files) {
    const text = new TextDecoder().decode(await git.objects.content(oid)).trim();
    const isPointer = NAMES.some((other) => text === `@${other}`); // as one agent is sent to what another reads
    if (text === "" || isPointer || told.some((one) => one.text === text)) continue;
    told.push({ path: folder === "" ? name : `${folder}/${name}`, text });
  }
  return told;
}

async function stepInto(git: Pick<Git, "objects">, above: Promise<string | null>, folder: string) {
  const tree = await above;
  const entry = tree === null ? undefined : (await readTree(git, tree)).get(folder.slice(folder.lastIndexOf("/") + 1));
  return entry?.kind === "folder" ? entry.oid : null;
}

/** The folders of what a claim surely names: of a glob, down to where it leaves the choice. */
function foldersOf({ kind, path }: Claim): string[] {
  const parts = path.split("/");
  const free = parts.findIndex((part) => /[*?[{]/.test(part));
  const deep = kind === "directory" ? parts.length : parts.length - 1;
  const fixed = parts.slice(0, free < 0 ? deep : Math.min(free, deep));
  return fixed.map((_, at) => fixed.slice(0, at + 1).join("/"));
}

const parentOf = (folder: string): string => folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
const depthOf = (folder: string): number => (folder === "" ? 0 : folder.split("/").length);
const deepestFirst = (a: string, b: string): number => depthOf(b) - depthOf(a) || (a < b ? -1 : 1);
