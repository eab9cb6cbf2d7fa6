import { posix } from "node:path";
import type { FsStat, IFileSystem } from "just-bash/browser";
import { isKeptSecret } from "../secret_file.ts";
import { type Host, HostError, type HostErrorCode } from "../tool.ts";

type DirentEntry = Awaited<ReturnType<NonNullable<IFileSystem["readdirWithFileTypes"]>>>[number];

/** What the host refused, in its words, in the order it happened. */
export type Refusals = string[];

type Reading = Pick<
  IFileSystem,
  | "readFile"
  | "readFileBuffer"
  | "exists"
  | "stat"
  | "lstat"
  | "readdir"
  | "readdirWithFileTypes"
  | "readlink"
  | "realpath"
>;

/** Folders that were made and hold no file yet, which the host does not know, and such as were removed. */
type Folders = { made: Set<string>; gone: Set<string> };
type Place = { host: Host; refusals: Refusals; folders: Folders };

/**
 * The file system that an interpreted shell sees: the one file host, so a command follows no link, reads no git data,
 * and writes what the task has claimed and nothing else. Paths are absolute, "/" is the host's root. Git knows no empty
 * folders: `mkdir` and `rmdir` hold for the command alone.
 */
export function createWorktreeFs(host: Host, refusals: Refusals): IFileSystem {
  const place: Place = { host, refusals, folders: { made: new Set(), gone: new Set() } };
  const reading = readingOf(place);
  return {
    ...reading,
    ...writingOf(place, reading),
    resolvePath: (base, path) => posix.resolve("/", base, path),
    getAllPaths: () => [],
  };
}

function readingOf(place: Place): Reading {
  const { host, folders } = place;
  const lstat = async (path: string): Promise<FsStat> => {
    const own = relative(path);
    const stat = folders.gone.has(own) ? null : await asErrno(place, "stat", path, () => host.stat(own));
    const isDirectory = stat?.kind === "directory" || (stat === null && folders.made.has(own));
    if (stat === null && !isDirectory) throw failure("ENOENT", "stat", path);
    return {
      isFile: stat?.kind === "file",
      isDirectory,
      isSymbolicLink: stat?.kind === "link",
      mode: stat?.mode ?? 0o755,
      size: stat?.size_bytes ?? 0,
      identity: own, // no two names are one file: links are not followed, and hard links are not written
      mtime: new Date(0), // the host tells none: no answer hangs on the clock
    };
  };
  const stat = async (path: string): Promise<FsStat> => {
    const found = await lstat(path);
    if (!found.isSymbolicLink) return found;
    place.refusals.push(`"${relative(path)}" is a symbolic link, and links are not followed`);
    throw failure("EACCES", "stat", path);
  };
  const readFileBuffer = (path: string) =>
    asErrno(place, "open", path, async () => {
      const own = relative(path);
      if (isKeptSecret(host.scope, own))
        throw new HostError("reserved", `Cannot read "${own}": it may hold secrets, and is not claimed by name`);
      return host.readBytes(own);
    });
  const readdirWithFileTypes = (path: string) => entriesOf(place, path);
  return {
    lstat,
    stat,
    readFileBuffer,
    readdirWithFileTypes,
    readFile: async (path, options) => {
      const encoding = typeof options === "string" ? options : options?.encoding;
      return Buffer.from(await readFileBuffer(path)).toString(encoding ?? "utf8");
    },
    exists: (path) =>
      lstat(path).then(
        () => true,
        () => false,
      ),
    readdir: async (path) => (await readdirWithFileTypes(path)).map(({ name }) => name),
    readlink: (path) => Promise.reject(failure("EACCES", "readlink", path)),
    realpath: async (path) => {
      await stat(path);
      return posix.resolve("/", path);
    },
  };
}

/** What is in a folder, with what only this command knows of it. */
async function entriesOf(place: Place, path: string): Promise<DirentEntry[]> {
  const { host, folders } = place;
  const own = relative(path);
  const made = [...folders.made]
    .filter((folder) => posix.dirname(folder) === own)
    .map((folder) => posix.basename(folder));
  const listed = folders.made.has(own)
    ? []
    : await asErrno(place, "scandir", path, async () => (await host.list(own)).entries);
  const there = listed.filter(({ name }) => !folders.gone.has(join(own, name)));
  return [
    ...there.map(({ name, kind }) => ({
      name,
      isFile: kind === "file",
      isDirectory: kind === "directory",
      isSymbolicLink: kind === "link",
    })),
    ...made
      .filter((name) => !there.some((entry) => entry.name === name))
      .map((name) => ({ name, isFile: false, isDirectory: true, isSymbolicLink: false })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Writing = Pick<
  IFileSystem,
  "writeFile" | "appendFile" | "mkdir" | "rm" | "cp" | "mv" | "chmod" | "symlink" | "link" | "utimes"
>;

function writingOf(place: Place, reading: Reading): Writing {
  const { host, folders } = place;
  const write = async (path: string, bytes: Uint8Array) => {
    const own = relative(path);
    await asErrno(place, "open", path, () => host.write(own, bytes));
    for (let at = own; at !== "."; at = posix.dirname(at))
      for (const set of [folders.made, folders.gone]) set.delete(at);
  };
  const remove = async (path: string, recursive: boolean): Promise<void> => {
    const own = relative(path);
    if (!(await reading.lstat(path)).isDirectory) return asErrno(place, "unlink", path, () => host.remove(own));
    const names = await reading.readdir(path);
    if (names.length > 0 && !recursive) throw failure("ENOTEMPTY", "rmdir", path);
    for (const name of names) await remove(posix.join(path, name), true);
    folders.made.delete(own);
    folders.gone.add(own);
  };
  const copy = async (from: string, to: string, recursive: boolean): Promise<void> => {
    if (!(await reading.stat(from)).isDirectory) return write(to, await reading.readFileBuffer(from));
    if (!recursive) throw failure("EISDIR", "cp", from);
    for (const name of await reading.readdir(from)) await copy(posix.join(from, name), posix.join(to, name), true);
  };
  const refuse = (call: string, path: string, why: string) => {
    place.refusals.push(`"${relative(path)}": ${why}`);
    return Promise.reject(failure("EPERM", call, path));
  };
  return {
    writeFile: (path, content, options) => write(path, bytesOf(content, options)),
    async appendFile(path, content, options) {
      const before = (await reading.exists(path)) ? await reading.readFileBuffer(path) : new Uint8Array();
      await write(path, Buffer.concat([before, bytesOf(content, options)]));
    },
    async mkdir(path, options) {
      const own = relative(path);
      if (await reading.exists(path)) {
        if (options?.recursive) return;
        throw failure("EEXIST", "mkdir", path);
      }
      const parent = posix.dirname(own);
      if (!options?.recursive && !(await reading.exists(`/${parent}`))) throw failure("ENOENT", "mkdir", path);
      for (let at = own; at !== "." && !(await reading.exists(`/${at}`)); at = posix.dirname(at)) folders.made.add(at);
      folders.gone.delete(own);
    },
    async rm(path, options) {
      if (options?.force && !(await reading.exists(path))) return;
      await remove(path, options?.recursive === true);
    },
    cp: (from, to, options) => copy(from, to, options?.recursive === true),
    async mv(from, to) {
      await copy(from, to, true);
      await remove(from, true);
    },
    /** A touch writes the same bytes: so it is judged as any other write. */
    utimes: async (path) =>
      (await reading.stat(path)).isFile ? write(path, await reading.readFileBuffer(path)) : undefined,
    chmod: async (path, mode) => {
      if (((await reading.stat(path)).mode & 0o777) !== (mode & 0o777))
        await refuse("chmod", path, "modes cannot be changed here");
    },
    symlink: (_target, path) => refuse("symlink", path, "links cannot be made here"),
    link: (_existing, path) => refuse("link", path, "links cannot be made here"),
  };
}

/** The host speaks of paths below its root. */
const relative = (path: string): string => posix.resolve("/", path).slice(1) || ".";
const join = (folder: string, name: string): string => (folder === "." ? name : `${folder}/${name}`);

type Content = Parameters<IFileSystem["writeFile"]>[1];
type Encoding = Parameters<IFileSystem["writeFile"]>[2];

function bytesOf(content: Content, options: Encoding): Uint8Array {
  if (typeof content !== "string") return content;
  return Buffer.from(content, typeof options === "string" ? options : (options?.encoding ?? "utf8"));
}

/** Commands look at the words that the kernel's errors begin with. */
const ERRNO: Readonly<Record<HostErrorCode, string>> = {
  missing: "ENOENT",
  exists: "EEXIST",
  outside: "EACCES",
  link: "EACCES",
  not_a_file: "EISDIR",
  binary: "EILSEQ",
  too_large: "EFBIG",
  not_claimed: "EACCES",
  reserved: "EACCES",
  read_only: "EROFS",
  io: "EIO",
};
const SAID: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EEXIST: "file already exists",
  EACCES: "permission denied",
  EISDIR: "illegal operation on a directory",
  EPERM: "operation not permitted",
  ENOTEMPTY: "directory not empty",
};

const failure = (code: string, call: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${SAID[code] ?? "input or output error"}, ${call} '${path}'`), { code });

/** What is not there is an everyday answer; anything else that the host refuses is told to the worker in its words. */
async function asErrno<Value>(place: Place, call: string, path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    if (error.code !== "missing") place.refusals.push(error.message);
    throw failure(ERRNO[error.code], call, path);
  }
}
