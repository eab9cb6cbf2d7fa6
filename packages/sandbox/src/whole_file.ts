import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Descent, NO_LINK } from "./descent.ts";
import { type Facts, factsOf } from "./facts.ts";
import { isRefusal } from "./file_errors.ts";
import { LIMITS } from "./limits.ts";
import { HostError } from "./tool.ts";

/** A file to be read or written: `name` in the folder that `descent` holds; `path` is what messages call it. */
export type Spot = { descent: Descent; name: string; path: string };

/**
 * Reads a regular file, opened without following a link and without waiting on a pipe.
 *
 * `seen`  what was there before it is opened: a device acts when it is
 * @throws HostError
 */
export function readWhole({ descent, name, path }: Spot, seen: Facts): Buffer {
  refuseUnlessFile(seen, path, "read");
  const fd = descent.open(name, constants.O_RDONLY | constants.O_NONBLOCK | NO_LINK);
  try {
    const opened = factsOf(fstatSync(fd));
    refuseUnlessFile(opened, path, "read");
    return readOpen(fd, path, opened.size_bytes);
  } finally {
    closeSync(fd);
  }
}

/** What was said of its `size` may no longer be true when it is read. */
function readOpen(fd: number, path: string, size: number): Buffer {
  if (size > LIMITS.read_max_bytes) throw tooLarge("read", path, size);
  const parts: Buffer[] = [];
  for (let done = 0; ; ) {
    const part = Buffer.allocUnsafe(Math.max(1, size - done + 1));
    const read = readSync(fd, part, 0, part.length, done);
    done += read;
    if (parts.length === 0 && read === size) return part.subarray(0, size); // there was room for more
    if (read === 0) return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (done > LIMITS.read_max_bytes) throw tooLarge("read", path, done);
    parts.push(part.subarray(0, read));
  }
}

/**
 * Writes a regular file, new or not. Beside and renamed where the folder is granted, so that no reader sees half a file;
 * else into the file itself, with its old bytes kept in the folder `tmp` until the new ones are whole.
 *
 * @throws HostError, or the system's error
 */
export function writeWhole({ descent, name, path }: Spot, bytes: Uint8Array, tmp: string): void {
  const facts = descent.look(name);
  if (facts) refuseUnlessOwn(facts, path);
  const beside = { descent, name: `.${Bun.hash(name).toString(36)}.dgov-write` };
  try {
    writeBeside(beside, bytes, facts);
    renameSync(descent.at(beside.name), descent.at(name));
  } catch (error) {
    dropFile(beside);
    if (!facts || !isRefusal(error)) throw error;
    writeInPlace({ descent, name, path }, bytes, tmp);
  }
}

type Named = Omit<Spot, "path">;

function writeBeside(beside: Named, bytes: Uint8Array, facts: Facts | null): void {
  dropFile(beside); // what a killed write left
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const fd = openSync(beside.descent.at(beside.name), O_WRONLY | O_CREAT | O_EXCL | NO_LINK, 0o666);
  try {
    writeAll(fd, bytes);
    if (facts) fchmodSync(fd, facts.mode & 0o777);
  } finally {
    closeSync(fd);
  }
}

/** Never through a link; nothing there is as good. */
const dropFile = ({ descent, name }: Named): void => {
  if (descent.look(name)) unlinkSync(descent.at(name));
};

/** Only the file is granted. What is judged is what was opened. */
function writeInPlace({ descent, name, path }: Spot, bytes: Uint8Array, tmp: string): void {
  const fd = openSync(descent.at(name), constants.O_RDWR | constants.O_NONBLOCK | NO_LINK);
  const backup = join(tmp, "before-write");
  try {
    const opened = factsOf(fstatSync(fd));
    refuseUnlessOwn(opened, path);
    const before = readOpen(fd, path, opened.size_bytes);
    writeFileSync(backup, before);
    try {
      replace(fd, bytes);
    } catch (error) {
      replace(fd, before);
      throw error;
    }
  } finally {
    closeSync(fd);
    rmSync(backup, { force: true });
  }
}

function replace(fd: number, bytes: Uint8Array): void {
  ftruncateSync(fd, 0);
  writeAll(fd, bytes);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, done);
}

function refuseUnlessFile({ kind }: Facts, path: string, verb: string): void {
  if (kind === "file") return;
  if (kind === "link")
    throw new HostError("link", `Cannot ${verb} "${path}": it is a symbolic link, and links are not followed`);
  const what = kind === "directory" ? "a directory" : "not a regular file";
  throw new HostError("not_a_file", `Cannot ${verb} "${path}": it is ${what}`);
}

function refuseUnlessOwn(facts: Facts, path: string): void {
  refuseUnlessFile(facts, path, "write");
  if (facts.links > 1)
    throw new HostError("link", `Cannot write "${path}": it is a hard link, so another file would change with it`);
}

export function tooLarge(verb: string, path: string, size_bytes: number): HostError {
  const most = LIMITS.read_max_bytes;
  return new HostError(
    "too_large",
    `Cannot ${verb} "${path}": ${size_bytes} bytes are more than ${most}; work on a part of it`,
  );
}
