import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { ClaimError, normalisePath } from "./claim.ts";
import type { ExecRequest, ExecResult } from "./isolate/isolation.ts";
import { LIMITS } from "./limits.ts";
import { type Host, HostError, type HostErrorCode, type Scope } from "./tool.ts";
import { judgeWrite } from "./write_rules.ts";

/** `root` is where tools work, `tmp` the private folder; `exec` runs a command and may be reached through the host alone. */
export type HostPlace = {
  root: string;
  tmp: string;
  scope: Scope;
  exec: (request: ExecRequest) => Promise<ExecResult>;
};

/** The real files. It runs inside the isolation, so what it misses, the jail still refuses. */
export function createHost(place: HostPlace): Host {
  const files = createFiles(place);
  return {
    scope: place.scope,
    exec: place.exec,
    readBytes: async (path) => files.readBytes(path),
    readText: async (path) => files.readText(path),
    write: async (path, content) => files.write(path, content),
    remove: async (path) => files.remove(path),
    stat: async (path) => files.stat(path),
    list: async (path) => files.list(path),
  };
}

/** The host's files for whoever cannot wait, as a WASM component cannot. The same rules, words and errors. */
export type Files = {
  [Name in Exclude<keyof Host, "scope" | "exec">]: (...args: Parameters<Host[Name]>) => Awaited<ReturnType<Host[Name]>>;
};

export function createFiles(place: Omit<HostPlace, "exec">): Files {
  const { root } = place;
  return {
    readBytes: (path) => readWhole(root, resolve(root, path, "read")),
    readText: (path) => decodeText(path, readWhole(root, resolve(root, path, "read"))),
    write(path, content) {
      const own = claimedPath(place, path, "write");
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      if (bytes.length > LIMITS.read_max_bytes) throw tooLarge("write", own, bytes.length);
      fileErrors("write", own, () => writeWhole(place, own, bytes));
    },
    remove(path) {
      const own = claimedPath(place, path, "remove");
      const stat = existing(root, own, "remove");
      if (stat.isDirectory())
        throw new HostError("not_a_file", `Cannot remove "${own}": it is a directory; remove its files`);
      fileErrors("remove", own, () => unlinkSync(join(root, own)));
    },
    stat(path) {
      const own = resolve(root, path, "look at");
      const stat = lstatSync(join(root, own), { throwIfNoEntry: false });
      return stat ? { kind: kindOf(stat), size_bytes: stat.size, mode: stat.mode & 0o7777 } : null;
    },
    list(path) {
      const own = resolve(root, path, "list");
      if (!existing(root, own, "list").isDirectory())
        throw new HostError("not_a_file", `Cannot list "${own}": it is not a directory`);
      return fileErrors("list", own, () => listFolder(join(root, own)));
    },
  };
}

/**
 * The one resolver: a relative path whose every folder is a real folder below the root. The last part may be anything,
 * also missing. "." is the root.
 *
 * @throws HostError outside, link, reserved, not_a_file
 */
function resolve(root: string, text: string, verb: string): string {
  const path = spelled(text, verb);
  if (path === ".") return path;
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = parts.slice(0, depth).join("/");
    const stat = lstatSync(join(root, folder), { throwIfNoEntry: false });
    if (!stat) break;
    if (stat.isSymbolicLink())
      throw new HostError(
        "link",
        `Cannot ${verb} "${path}": "${folder}" is a symbolic link, and links are not followed`,
      );
    if (!stat.isDirectory())
      throw new HostError("not_a_file", `Cannot ${verb} "${path}": "${folder}" is a file, not a folder`);
  }
  return path;
}

function spelled(text: string, verb: string): string {
  if (/^(\.?\/*)*$/.test(text.trim()) && !text.trim().startsWith("/")) return ".";
  try {
    return normalisePath(text);
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    const git = text.split("/").some((part) => part.toLowerCase().startsWith(".git") && part.length <= 6);
    const code: HostErrorCode = git && !/^\/|\.\./.test(text) ? "reserved" : "outside";
    throw new HostError(code, `Cannot ${verb} "${text}": ${error.why}; give a path relative to the repository's root`);
  }
}

/** A path that this task may write, judged at the moment of writing. */
function claimedPath({ root, scope }: Omit<HostPlace, "exec">, text: string, verb: string): string {
  const path = resolve(root, text, verb);
  if (path === ".") throw new HostError("not_a_file", `Cannot ${verb} ".": it is the repository's root`);
  const decision = judgeWrite(scope, path);
  if (!decision.allow) {
    const code = decision.rule === "role" ? "read_only" : decision.rule === "reserved" ? "reserved" : "not_claimed";
    throw new HostError(code, `Cannot ${verb} "${path}": ${decision.why}`);
  }
  refuseOtherSpelling(root, path, verb);
  return path;
}

/** On a file system without case, `A.py` would be `a.py`; on any, two such files cannot be checked out everywhere. */
function refuseOtherSpelling(root: string, path: string, verb: string): void {
  const folder = join(root, dirname(path));
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const name = basename(path);
  const names = readdirSync(folder);
  if (names.includes(name)) return;
  const other = names.find((own) => own.normalize("NFC").toLowerCase() === name.toLowerCase());
  if (other !== undefined)
    throw new HostError(
      "exists",
      `Cannot ${verb} "${path}": "${other}" is there already, in another spelling; use that name`,
    );
}

function existing(root: string, path: string, verb: string): Stats {
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (!stat)
    throw new HostError("missing", `Cannot ${verb} "${path}": it does not exist; list its folder to see what does`);
  return stat;
}

/** A regular file. Opened without following a link and without waiting on a pipe, then looked at again. */
function readWhole(root: string, path: string): Buffer {
  refuseUnlessFile(existing(root, path, "read"), path, "read");
  return fileErrors("read", path, () => {
    const fd = openSync(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      refuseUnlessFile(stat, path, "read");
      if (stat.size > LIMITS.read_max_bytes) throw tooLarge("read", path, stat.size);
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  });
}

function refuseUnlessFile(stat: Stats, path: string, verb: string): void {
  if (stat.isFile()) return;
  if (stat.isSymbolicLink())
    throw new HostError("link", `Cannot ${verb} "${path}": it is a symbolic link, and links are not followed`);
  const what = stat.isDirectory() ? "a directory" : "not a regular file";
  throw new HostError("not_a_file", `Cannot ${verb} "${path}": it is ${what}`);
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

/** Beside and renamed where the folder is granted, so that no reader sees half a file; else into the file itself. */
function writeWhole({ root, tmp }: Omit<HostPlace, "exec">, path: string, bytes: Uint8Array): void {
  const at = join(root, path);
  const stat = lstatSync(at, { throwIfNoEntry: false });
  if (stat) {
    refuseUnlessFile(stat, path, "write");
    if (stat.nlink > 1)
      throw new HostError("link", `Cannot write "${path}": it is a hard link, so another file would change with it`);
  }
  const made = mkdirSync(dirname(at), { recursive: true });
  const beside = join(dirname(at), `.${basename(at).slice(0, 200)}.dgov-write`);
  try {
    writeFileSync(beside, bytes, { flag: "wx", mode: 0o666 });
    if (stat) chmodSync(beside, stat.mode & 0o777);
    renameSync(beside, at);
  } catch (error) {
    if (stat && isRefusal(error)) {
      writeInPlace(at, bytes, join(tmp, "before-write"));
      return;
    }
    rmSync(beside, { force: true });
    if (made !== undefined) removeEmpty(dirname(at), made);
    throw error;
  }
}

/** Only the file is granted: its old bytes are kept aside until the new ones are whole. */
function writeInPlace(at: string, bytes: Uint8Array, backup: string): void {
  const before = readFileSync(at);
  writeFileSync(backup, before);
  const fd = openSync(at, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    replace(fd, bytes);
  } catch (error) {
    replace(fd, before);
    throw error;
  } finally {
    closeSync(fd);
    rmSync(backup, { force: true });
  }
}

function replace(fd: number, bytes: Uint8Array): void {
  ftruncateSync(fd, 0);
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, done);
}

function removeEmpty(folder: string, last: string): void {
  for (let at = folder; at.startsWith(last); at = dirname(at)) {
    if (readdirSync(at).length > 0) return;
    rmdirSync(at);
  }
}

function listFolder(folder: string) {
  return readdirSync(folder)
    .filter((name) => name.toLowerCase() !== ".git")
    .sort()
    .flatMap((name) => {
      const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
      return stat ? [{ name, kind: kindOf(stat), size_bytes: stat.size }] : [];
    });
}

function kindOf(stat: Stats): "file" | "directory" | "link" | "other" {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "link" : "other";
}

function tooLarge(verb: string, path: string, size_bytes: number): HostError {
  const most = LIMITS.read_max_bytes;
  return new HostError(
    "too_large",
    `Cannot ${verb} "${path}": ${size_bytes} bytes are more than ${most}; work on a part of it`,
  );
}

const REFUSALS = ["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"];
const isRefusal = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" && REFUSALS.includes(error.code);

/** Turns what the kernel says into what a model can act on. Other errors are ours and go on. */
function fileErrors<T>(verb: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HostError || !(error instanceof Error) || !("code" in error)) throw error;
    if (error.code === "ENOENT") throw new HostError("missing", `Cannot ${verb} "${path}": it does not exist`);
    if (error.code === "ELOOP")
      throw new HostError("link", `Cannot ${verb} "${path}": it is a symbolic link, and links are not followed`);
    if (isRefusal(error))
      throw new HostError("read_only", `Cannot ${verb} "${path}": the jail of this task refuses it (${error.code})`);
    throw new HostError("io", `Cannot ${verb} "${path}": ${error.message}`);
  }
}
