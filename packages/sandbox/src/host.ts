import { readdirSync, unlinkSync } from "node:fs";
import { ClaimError, normalisePath } from "./claim.ts";
import { Descent, type HeldRoot } from "./descent.ts";
import type { Facts, Listing } from "./facts.ts";
import { errorCode, fileErrors } from "./file_errors.ts";
import type { ExecRequest, ExecResult } from "./isolate/isolation.ts";
import { LIMITS } from "./limits.ts";
import type { SymbolClaims } from "./symbol_claims.ts";
import { type Host, HostError, type HostErrorCode, type Scope } from "./tool.ts";
import { readWhole, type Spot, tooLarge, writeWhole } from "./whole_file.ts";
import { judgeWrite } from "./write_rules.ts";

/**
 * `root` is where tools work, `held` the same when it is held open, `tmp` the private folder; `exec` and `git` may be reached through the
 * host alone. `symbols` is asked of each write; absent: nobody has claimed less than a file, or somebody judges afterwards.
 */
export type HostPlace = Pick<Host, "git"> & {
  root: string;
  held?: HeldRoot;
  tmp: string;
  scope: Scope;
  symbols?: Pick<SymbolClaims, "judge">;
  exec: (request: ExecRequest) => Promise<ExecResult>;
};

/** The real files. It runs inside the isolation, so what it misses, the jail still refuses. */
export function createHost(place: HostPlace): Host {
  const files = createFiles(place);
  return {
    scope: place.scope,
    exec: place.exec,
    ...(place.git ? { git: place.git } : {}),
    readBytes: async (path) => files.readBytes(path),
    readText: async (path) => files.readText(path),
    ...createWriting(place),
    stat: async (path) => files.stat(path),
    list: async (path, most) => files.list(path, most),
  };
}

/** How a host writes: what stays within the claims on files is asked about the symbols in them. */
export function createWriting(place: Omit<HostPlace, "exec" | "git">): Pick<Host, "write" | "remove"> {
  const files = createFiles(place);
  const { symbols } = place;
  return {
    async write(path, content) {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      if (symbols) await symbols.judge("write", claimedPath(place, path, "write"), bytes);
      files.write(path, bytes);
    },
    async remove(path) {
      if (symbols) await symbols.judge("remove", claimedPath(place, path, "remove"), null);
      files.remove(path);
    },
  };
}

/** The host's files for whoever cannot wait, as a WASM component cannot. The same rules, words and errors. */
export type Files = {
  [Name in Exclude<keyof Host, "scope" | "exec" | "git" | "component" | "code">]: (
    ...args: Parameters<Host[Name]>
  ) => Awaited<ReturnType<Host[Name]>>;
};

export function createFiles(place: Omit<HostPlace, "exec" | "git">): Files {
  const { tmp, root: path, held: root = path } = place;
  return {
    readBytes: (path) => within(root, path, "read", (way) => readWhole(way, seen(way, "read"))),
    readText: (path) => within(root, path, "read", (way) => decodeText(way.path, readWhole(way, seen(way, "read")))),
    write(path, content) {
      const own = claimedPath(place, path, "write");
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      if (bytes.length > LIMITS.read_max_bytes) throw tooLarge("write", own, bytes.length);
      within(root, own, "write", (way) => writeAt(way, bytes, tmp));
    },
    remove(path) {
      within(root, claimedPath(place, path, "remove"), "remove", (way) => {
        if (seen(way, "remove").kind === "directory")
          throw new HostError("not_a_file", `Cannot remove "${way.path}": it is a directory; remove its files`);
        unlinkSync(way.descent.at(way.name));
      });
    },
    stat: (path) => within(root, path, "look at", statAt),
    list: (path, most = Number.POSITIVE_INFINITY) =>
      within(root, path, "list", (way) => {
        const { descent, name } = way;
        if (seen(way, "list").kind !== "directory")
          throw new HostError("not_a_file", `Cannot list "${way.path}": it is not a directory`);
        if (name !== ".") descent.enter(name);
        return listFolder(descent, most);
      }),
  };
}

/** A path walked as far as there are folders. `missing`: those that are not there; `name` is then not there either. */
type Way = Spot & { missing: readonly string[] };

/**
 * The one resolver: walks down from the root to the folder that holds the last part, each folder a real one, and works
 * there. The last part may be anything, also missing. "." is the root.
 *
 * @throws HostError outside, link, reserved, not_a_file, and what `work` throws, also the system's errors, as HostError
 */
function within<T>(root: string | HeldRoot, text: string, verb: string, work: (way: Way) => T): T {
  const path = spelled(text, verb);
  return fileErrors(verb, path, () => {
    const descent = new Descent(root);
    try {
      return work(walk(descent, path, verb));
    } finally {
      descent.close();
    }
  });
}

function walk(descent: Descent, path: string, verb: string): Way {
  const parts = path.split("/");
  const name = parts.pop()!;
  for (const [at, part] of parts.entries()) {
    const own = nameOnDisk(descent, part);
    const folder = parts.slice(0, at + 1).join("/");
    if (own === null || !enterFolder(descent, own, { verb, path, folder }))
      return { descent, name, path, missing: parts.slice(at) };
  }
  return { descent, name: nameOnDisk(descent, name) ?? name, path, missing: [] };
}

/** false: it is missing. */
function enterFolder(descent: Descent, name: string, told: { verb: string; path: string; folder: string }): boolean {
  try {
    descent.enter(name);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return false;
    if (code !== "ENOTDIR" && code !== "ELOOP") throw error;
    const start = `Cannot ${told.verb} "${told.path}": "${told.folder}"`;
    if (code === "ELOOP" || [undefined, "link"].includes(descent.look(name)?.kind))
      throw new HostError("link", `${start} is a symbolic link, and links are not followed`);
    throw new HostError("not_a_file", `${start} is a file, not a folder`);
  }
}

/** A path is spelled in one form of Unicode, a name on the disk may be in another. null: there is no such name, for sure. */
function nameOnDisk(descent: Descent, name: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
  if (/^[\x00-\x7f]*$/.test(name)) return name; // it has one form, and who opens it sees whether it is there
  if (descent.look(name)) return name;
  return readdirSync(descent.at(".")).find((own) => own.normalize("NFC") === name) ?? null;
}

/** What is there. @throws HostError missing */
function seen({ descent, name, path, missing }: Way, verb: string): Facts {
  const facts = missing.length === 0 ? descent.look(name) : null;
  if (facts) return facts;
  throw new HostError("missing", `Cannot ${verb} "${path}": it does not exist; list its folder to see what does`);
}

function statAt({ descent, name, missing }: Way): Awaited<ReturnType<Host["stat"]>> {
  if (missing.length > 0) return null;
  const facts = descent.look(name);
  return facts ? { kind: facts.kind, size_bytes: facts.size_bytes, mode: facts.mode } : null;
}

/** Folders that are missing are made, and taken away again when the write fails. */
function writeAt(way: Way, bytes: Uint8Array, tmp: string): void {
  const { descent, name, path, missing } = way;
  refuseOtherSpelling(descent, missing[0] ?? name, path);
  try {
    for (const folder of missing) descent.make(folder);
    writeWhole(way, bytes, tmp);
  } catch (error) {
    descent.unmake();
    throw error;
  }
}

/** On a file system without case, `A.py` would be `a.py`; on any, two such files cannot be checked out everywhere. */
function refuseOtherSpelling(descent: Descent, name: string, path: string): void {
  if (descent.look(name)) return;
  const other = readdirSync(descent.at(".")).find((own) => folded(own) === folded(name));
  if (other !== undefined)
    throw new HostError(
      "exists",
      `Cannot write "${path}": "${other}" is there already, in another spelling; use that name`,
    );
}

/** What file systems take for one name: without case, dots and spaces at the end, and forms of Unicode. */
const folded = (name: string): string =>
  name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[. ]+$/, "");

const PATH_MAX_CHARS = 4_000;
const DEPTH_MAX = 100;

function spelled(text: string, verb: string): string {
  const parts = text.trim().split("/");
  if (parts.every((part) => part === "" || part === ".") && !text.trim().startsWith("/")) return ".";
  if (text.length > PATH_MAX_CHARS || parts.length > DEPTH_MAX)
    throw new HostError("io", `Cannot ${verb} "${text.slice(0, 200)}…": the path is too long`);
  try {
    return normalisePath(text);
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    const git = parts.some((part) => part.toLowerCase().startsWith(".git") && part.length <= 6);
    const code: HostErrorCode = git && !/^\/|\.\./.test(text) ? "reserved" : "outside";
    throw new HostError(code, `Cannot ${verb} "${text}": ${error.why}; give a path relative to the repository's root`);
  }
}

/** The one spelling of a path that this task may write. */
function claimedPath({ scope }: Pick<HostPlace, "scope">, text: string, verb: string): string {
  const path = spelled(text, verb);
  if (path === ".") throw new HostError("not_a_file", `Cannot ${verb} ".": it is the repository's root`);
  const decision = judgeWrite(scope, path);
  if (decision.allow) return path;
  const code = decision.rule === "role" ? "read_only" : decision.rule === "reserved" ? "reserved" : "not_claimed";
  throw new HostError(code, `Cannot ${verb} "${path}": ${decision.why}`);
}

function decodeText(path: string, bytes: Uint8Array): string {
  const binary = () => new HostError("binary", `Cannot read "${path}": it is a binary file, not UTF-8 text`);
  if (bytes.includes(0)) throw binary();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw binary();
  }
}

function listFolder(descent: Descent, most: number): Listing {
  const names = readdirSync(descent.at("."))
    .filter((name) => name.toLowerCase() !== ".git")
    .sort();
  const entries: Listing["entries"] = [];
  let gone = 0;
  for (const name of names) {
    if (entries.length >= most) break;
    const facts = descent.look(name);
    if (facts) entries.push({ name, kind: facts.kind, size_bytes: facts.size_bytes });
    else if (name.includes("\ufffd"))
      entries.push({ name, kind: "other", size_bytes: 0 }); // not UTF-8: unreachable by name
    else gone++;
  }
  return { entries, count: names.length - gone };
}
