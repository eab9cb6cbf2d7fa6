import { Content } from "./content.ts";
import { InputStream, type IoError, OutputStream } from "./streams.ts";
import { type Tree, within } from "./tree.ts";
import type { Kind } from "./view.ts";
import { fileError } from "./wasi_error.ts";

type OpenFlags = { create?: boolean; directory?: boolean; exclusive?: boolean; truncate?: boolean };
type DescriptorFlags = { read?: boolean; write?: boolean; mutateDirectory?: boolean };
type OpenArguments = [follow: unknown, path: string, open: OpenFlags, flags: DescriptorFlags];
type Opened = { path: string; flags: DescriptorFlags; content: Content | null };

/** An open file, or a folder when `content` is null. What it can do is put onto it below, in groups. */
export class Descriptor {
  readonly tree: Tree;
  readonly path: string;
  readonly flags: DescriptorFlags;
  content: Content | null;
  constructor(tree: Tree, { path, flags, content }: Opened) {
    this.tree = tree;
    this.path = path;
    this.flags = flags;
    this.content = content;
  }
}

/** The folder that a component finds open: the root of what it sees. */
export const rootOf = (tree: Tree) =>
  new Descriptor(tree, { path: ".", flags: { read: true, mutateDirectory: true }, content: null });

const TYPES: Readonly<Record<Kind, string>> = {
  file: "regular-file",
  directory: "directory",
  link: "symbolic-link",
  other: "unknown",
};

function readable({ content, flags }: Descriptor): Content {
  if (content === null) throw fileError("is-directory");
  if (!flags.read) throw fileError("bad-descriptor");
  return content;
}

function writable(file: Descriptor): Content {
  if (file.content === null) throw fileError("is-directory");
  if (!file.flags.write) throw fileError("bad-descriptor");
  file.tree.put(file.path, file.content);
  return file.content;
}

/** Times are not told: they are a clock, and they differ from checkout to checkout. */
function statOf(tree: Tree, path: string) {
  const found = tree.look(path);
  if (found === null) throw fileError("no-entry");
  return { type: TYPES[found.kind], linkCount: 1n, size: BigInt(found.size_bytes) };
}

/** Files are told apart by their paths alone. */
function hashOf(tree: Tree, path: string) {
  const { size } = statOf(tree, path);
  return { lower: BigInt(Bun.hash(path)), upper: size };
}

const toNumber = (offset: bigint): number => {
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw fileError("invalid");
  return Number(offset);
};

const READING = {
  read(this: Descriptor, asked: bigint, offset: bigint): [bytes: Uint8Array, end: boolean] {
    const content = readable(this);
    const bytes = content.read(toNumber(offset), Number(asked < READ_MOST ? asked : READ_MOST));
    return [bytes, toNumber(offset) + bytes.length >= content.size];
  },
  readViaStream(this: Descriptor, offset: bigint): InputStream {
    readable(this);
    let at = toNumber(offset);
    return new InputStream((most) => {
      const bytes = readable(this).read(at, most);
      at += bytes.length;
      return bytes;
    });
  },
  getFlags(this: Descriptor) {
    return this.flags;
  },
  getType(this: Descriptor) {
    return this.content === null ? "directory" : "regular-file";
  },
  stat(this: Descriptor) {
    return this.content === null
      ? statOf(this.tree, this.path)
      : { type: "regular-file", linkCount: 1n, size: BigInt(this.content.size) };
  },
  metadataHash(this: Descriptor) {
    return hashOf(this.tree, this.path);
  },
  isSameObject(this: Descriptor, other: Descriptor) {
    return this.path === other.path;
  },
  advise(): void {},
  sync(): void {},
  syncData(): void {},
};
const READ_MOST = 1024n * 1024n;

const WRITING = {
  write(this: Descriptor, bytes: Uint8Array, offset: bigint): bigint {
    writable(this).write(bytes, toNumber(offset));
    return BigInt(bytes.length);
  },
  writeViaStream(this: Descriptor, offset: bigint): OutputStream {
    writable(this);
    let at = toNumber(offset);
    return new OutputStream((bytes) => {
      writable(this).write(bytes, at);
      at += bytes.length;
    });
  },
  appendViaStream(this: Descriptor): OutputStream {
    writable(this);
    return new OutputStream((bytes) => {
      const content = writable(this);
      content.write(bytes, content.size);
    });
  },
  setSize(this: Descriptor, size: bigint): void {
    writable(this).resize(toNumber(size));
  },
  setTimes(): void {}, // nobody is told of times, so there are none to set
};

const IN_FOLDERS = {
  openAt(this: Descriptor, ...[, path, open, flags]: OpenArguments): Descriptor {
    const own = within(this.tree, folder(this), path);
    const found = this.tree.look(own);
    if (found && open.create && open.exclusive) throw fileError("exist");
    if (found?.kind === "directory") {
      if (flags.write || open.truncate) throw fileError("is-directory");
      return new Descriptor(this.tree, { path: own, flags, content: null });
    }
    if (found && open.directory) throw fileError("not-directory");
    if (!found && !open.create) throw fileError("no-entry");
    // Asked now, though nothing may come to be written: a component hears of a refusal where it expects one.
    if (flags.write) this.tree.view.mayWrite(own);
    const empty = !found || open.truncate;
    const content = empty ? new Content() : this.tree.read(own);
    if (empty) this.tree.put(own, content);
    return new Descriptor(this.tree, { path: own, flags, content });
  },
  readDirectory(this: Descriptor): DirectoryEntryStream {
    return new DirectoryEntryStream(
      this.tree.list(folder(this)).map(({ name, kind }) => ({ type: TYPES[kind], name })),
    );
  },
  statAt(this: Descriptor, _follow: unknown, path: string) {
    return statOf(this.tree, within(this.tree, folder(this), path));
  },
  metadataHashAt(this: Descriptor, _follow: unknown, path: string) {
    return hashOf(this.tree, within(this.tree, folder(this), path));
  },
  createDirectoryAt(this: Descriptor, path: string): void {
    this.tree.makeFolder(within(this.tree, folder(this), path));
  },
  removeDirectoryAt(this: Descriptor, path: string): void {
    this.tree.removeFolder(within(this.tree, folder(this), path));
  },
  unlinkFileAt(this: Descriptor, path: string): void {
    const own = within(this.tree, folder(this), path);
    const found = this.tree.look(own);
    if (found === null) throw fileError("no-entry");
    if (found.kind === "directory") throw fileError("is-directory");
    this.tree.remove(own);
  },
  /** A file to a file. Folders are not moved: what is in them may be claimed here and not there. */
  renameAt(this: Descriptor, path: string, to: Descriptor, new_path: string): void {
    const [from, into] = [within(this.tree, folder(this), path), within(this.tree, folder(to), new_path)];
    const found = this.tree.look(from);
    if (found === null) throw fileError("no-entry");
    if (found.kind !== "file") throw this.tree.view.refuse(from, "rename", "only files can be renamed");
    if (from === into) return;
    if (this.tree.look(into)?.kind === "directory") throw fileError("is-directory");
    const content = this.tree.read(from);
    this.tree.view.mayWrite(into);
    this.tree.remove(from);
    this.tree.put(into, content);
  },
  linkAt(this: Descriptor, _follow: unknown, path: string): never {
    throw this.tree.view.refuse(path, "link", "a component makes no links");
  },
  symlinkAt(this: Descriptor, _target: string, path: string): never {
    throw this.tree.view.refuse(path, "link", "a component makes no links");
  },
  readlinkAt(this: Descriptor, path: string): never {
    throw this.tree.view.refuse(path, "follow", "links are not followed");
  },
  setTimesAt(): void {},
};

function folder({ content, path }: Descriptor): string {
  if (content !== null) throw fileError("not-directory");
  return path;
}

Object.assign(Descriptor.prototype, READING, WRITING, IN_FOLDERS);

type Entry = { type: string; name: string };

export class DirectoryEntryStream {
  readonly #entries: Entry[];
  constructor(entries: Entry[]) {
    this.#entries = entries;
  }
  /** undefined: that was the last. */
  readDirectoryEntry(): Entry | undefined {
    return this.#entries.shift();
  }
}

/** The `error-code` in a stream's error. */
export const filesystemErrorCode = ({ code }: IoError): unknown => code;
