import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Claim, covers } from "@dgov/sandbox/claim";
import { COVERAGE_BASELINE } from "../baseline_files.ts";
import { importsOf } from "./imports.ts";

/** What compiling must know of the repository. Gathered once while reading, so that compiling itself touches no disk. */
export type Facts = {
  folders: ReadonlyMap<string, readonly Entry[]>; // each folder on the way to a claim that exists ("" is the root)
  matched: ReadonlySet<string>; // globs that match a file
  imports: readonly Import[]; // among claimed sources that exist
  ignored_archive: string | null; // the ignore file that hides `plans/archive/`
  coverage_baseline: boolean; // whether the checkout has one
  tools: ReadonlySet<string> | null; // programs on PATH; null: not known, so nothing is said about them
};

export type Entry = { name: string; kind: "file" | "directory" | "link" | "other" };
export type Import = { importer: string; imported: string };

/** @param path the worker's PATH, or null when it is not known */
export function gatherFacts(root: string, claims: readonly Claim[], path: string | null): Facts {
  const folders = new Map<string, readonly Entry[]>();
  const globs = new Map<string, Claim>();
  for (const claim of claims) {
    if (claim.kind === "glob") globs.set(claim.path, claim);
    walkTo(root, literal(claim), folders);
  }
  const matched = [...globs].filter(([, claim]) => matches(root, literal(claim), claim)).map(([glob]) => glob);
  const files = claims.filter(({ kind }) => kind === "path").map(({ path }) => path);
  return {
    folders,
    matched: new Set(matched),
    imports: importsOf([...new Set(files)].sort(), (file) => readSource(root, file)),
    ignored_archive: ignoresArchive(root),
    coverage_baseline: existsSync(join(root, COVERAGE_BASELINE)),
    tools: path === null ? null : programs(path),
  };
}

/** What stands at a path, or null. */
export function entryAt({ folders }: Facts, path: string): Entry | null {
  const cut = path.lastIndexOf("/");
  const inside = folders.get(cut < 0 ? "" : path.slice(0, cut));
  return inside?.find(({ name }) => name === path.slice(cut + 1)) ?? null;
}

/** The part of a claim's path before its first wildcard segment: for a glob a folder, else the path itself. */
export function literal({ kind, path }: Claim): string {
  if (kind !== "glob") return path;
  const parts = path.split("/");
  return parts
    .slice(
      0,
      parts.findIndex((part) => /[*?[]/.test(part)),
    )
    .join("/");
}

/** Lists every folder from the root to a path, as far as they exist. Links are not followed. */
function walkTo(root: string, path: string, folders: Map<string, readonly Entry[]>): void {
  const parts = path === "" ? [] : path.split("/");
  for (let length = 0; length <= parts.length; length++) {
    const folder = parts.slice(0, length).join("/");
    if (!folders.has(folder)) {
      const entries = list(join(root, folder));
      if (entries === null) return;
      folders.set(folder, entries);
    }
    const next = folders.get(folder)?.find(({ name }) => name === parts[length]);
    if (next?.kind !== "directory") return;
  }
}

function list(folder: string): Entry[] | null {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return null;
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => ({ name: entry.name.normalize("NFC"), kind: kindOf(entry) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(entry: Dirent): Entry["kind"] {
  if (entry.isSymbolicLink()) return "link";
  if (entry.isDirectory()) return "directory";
  return entry.isFile() ? "file" : "other";
}

const UNSEARCHED = new Set([".git", "node_modules", ".venv", "venv", "__pycache__"]);

/** Whether a file under a folder is covered by a glob. Stops at the first. */
function matches(root: string, folder: string, glob: Claim): boolean {
  for (const { name, kind } of list(join(root, folder)) ?? []) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (kind === "directory") {
      if (!UNSEARCHED.has(name) && matches(root, path, glob)) return true;
    } else if (covers(glob, path)) return true;
  }
  return false;
}

const SOURCE_MAX_BYTES = 1_000_000;

function readSource(root: string, file: string): string | null {
  const found = statSync(join(root, file), { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > SOURCE_MAX_BYTES) return null;
  return readFileSync(join(root, file), "utf8");
}

/** W8: the archive holds what landed; a plan that is moved into an ignored folder is lost to everyone else. */
function ignoresArchive(root: string): string | null {
  for (const file of [".dgov/.gitignore", ".gitignore"])
    if (/^\/?(\.dgov\/)?plans\/archive\/?\s*$/m.test(readSource(root, file) ?? "")) return file;
  return null;
}

/** A folder of the PATH that we may not read has no program that we could start. */
function programs(path: string): Set<string> {
  const folders = path.split(":").filter((folder) => folder.startsWith("/"));
  return new Set(folders.flatMap((folder) => (readable(folder) ?? []).map(({ name }) => name)));
}

function readable(folder: string): Entry[] | null {
  try {
    return list(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EACCES") return null;
    throw error;
  }
}
