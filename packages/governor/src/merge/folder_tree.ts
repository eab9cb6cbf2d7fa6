import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import type { Git } from "../git/git.ts";
import type { Scratch } from "./scratch.ts";

/** A folder's content as a tree. `left_out`: what git can hold in none, such as pipes, and names like ".git". */
export type FolderTree = { tree: string; left_out: readonly string[] };

/**
 * Keeps all that is in a folder, byte by byte: ignore rules, attributes and filters have no say, links are kept as links and
 * never followed. Git's own folders are left out without a word, wherever they stand.
 *
 * @param scratch where the objects go, and where files of this moment may stand
 */
export async function treeOfFolder({ git, folder: room }: Scratch, folder: string): Promise<FolderTree> {
  const found: Found = { files: [], links: [], left_out: [] };
  walk(folder, "", found);
  const linkRoom = join(room, "links");
  mkdirSync(linkRoom);
  try {
    for (const [at, { target }] of found.links.entries()) writeFileSync(join(linkRoom, `${at}`), target);
    const blobs = await hashAll(git, folder, found.files);
    const linked = await hashAll(
      git,
      linkRoom,
      found.links.map((_, at) => ({ path: `${at}` })),
    );
    const entries = [
      ...found.files.map(({ path, mode }, at) => `${mode} ${blobs[at]}\t${path}\0`),
      ...found.links.map(({ path }, at) => `120000 ${linked[at]}\t${path}\0`),
    ];
    const index_file = join(linkRoom, "index");
    await git.ask(["update-index", "-z", "--index-info"], { index_file, stdin: entries.join("") });
    return { tree: await git.text(["write-tree"], { index_file }), left_out: found.left_out };
  } finally {
    rmSync(linkRoom, { recursive: true, force: true });
  }
}

type Found = {
  files: { path: string; mode: "100644" | "100755" }[];
  links: { path: string; target: Uint8Array }[];
  left_out: string[];
};

function walk(root: string, below: string, found: Found): void {
  for (const { name, path } of entriesOf(root, below)) {
    if (name === ".git") continue;
    if (isUnstorable(name)) {
      found.left_out.push(path);
      continue;
    }
    const stat = lstatSync(join(root, path));
    if (stat.isDirectory()) walk(root, path, found);
    else if (stat.isSymbolicLink()) {
      found.links.push({ path, target: readlinkSync(join(root, path), { encoding: "buffer" }) });
    } else if (stat.isFile()) found.files.push({ path, mode: (stat.mode & 0o100) === 0 ? "100644" : "100755" });
    else found.left_out.push(path);
  }
}

function entriesOf(root: string, below: string): { name: string; path: string }[] {
  try {
    const names = readdirSync(join(root, below)).sort();
    return names.map((name) => ({ name, path: below === "" ? name : `${below}/${name}` }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DgovError("machine_refused", `Cannot read the folder "${join(root, below)}": ${why}`, { cause: error });
  }
}

/** Names that some file system takes for git's own, which git holds in no index; and those that are not UTF-8. */
const isUnstorable = (name: string): boolean => name.includes("\ufffd") || name.split("\\").some(isGits);
const isGits = (name: string): boolean =>
  /^(\.git|git~1)[ .]*(:.*)?$/i.test(name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, ""));

/** A command's arguments may be so long together, and no longer. */
const ARGUMENTS_MAX_BYTES = 100_000;

/** The ids of the files' contents, in their order, kept as objects. */
async function hashAll(git: Git, cwd: string, files: readonly { path: string }[]): Promise<string[]> {
  const oids: string[] = [];
  for (let at = 0; at < files.length; ) {
    const portion: string[] = [];
    for (let bytes = 0; at < files.length && bytes < ARGUMENTS_MAX_BYTES; at++) {
      const path = files[at]?.path ?? "";
      bytes += Buffer.byteLength(path) + 3;
      portion.push(path);
    }
    const asked = ["--git-dir", git.root, "hash-object", "-w", "--no-filters", "--", ...portion];
    oids.push(...(await git.text(asked, { cwd })).split("\n"));
  }
  return oids;
}
