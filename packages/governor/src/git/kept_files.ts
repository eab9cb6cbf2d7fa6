import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { openFolders, type Slot } from "./candidate.ts";
import { ignoreRules } from "./ignore_rules.ts";
import { byteName, type Entry, GITLINK, oidIn, readIndex, statOf, timesTell } from "./index_file.ts";
import { clearWay, isInTheWay, removeWithin } from "./sweep.ts";

/** Keeps a checkout what it was while strangers' commands run in it, one after the other. */
export type Keeper = {
  /**
   * Called when a command has ended and none of its processes is left. Tracked files that it changed, in content, mode or
   * kind, are as the index has them again; what it made beside them is removed, unless git ignores it.
   *
   * @returns tracked paths that it changed; a name that is not UTF-8 has U+FFFD in it
   */
  putBack(): Promise<string[]>;
  /** Tracked paths that were written before the last `putBack`, also where they say the same again. */
  touched(): readonly string[];
  /** What the last `putBack` removed, for it was made beside the tracked files; in a folder each file by itself. */
  made(): readonly string[];
  /** Lets stay what stands there untracked, with all that will be in its folders: called before things are put back. */
  accept(): Promise<void>;
};

/** `commit` has the ignore rules that count; tracked files that `ignores` names are nobody's work, and are let be. */
export type KeepOptions = { commit: string; ignores: (path: string) => boolean };

/**
 * What was there when it was last looked at. Names have one character a byte. The change time cannot be set by hand, so
 * what has the time and the number that it had is what it was; only the rest is read. On a file system in memory, where a
 * write through a mapping leaves no trace, all are.
 */
type File = {
  path: string;
  name: string | Buffer;
  oid: string;
  executable: boolean;
  link: boolean;
  stamp: Stamp | null;
};
type Folder = { path: string; name: string | Buffer; gitlink: boolean; stamp: Stamp | null };
type Stamp = { ino: bigint; ctimeNs: bigint; mode: number };

type State = {
  slot: Slot;
  oid_bytes: number;
  options: KeepOptions;
  files: File[];
  folders: Map<string, Folder>; // those above come first
  accepted: Set<string>; // untracked paths that stay; a folder ends with a slash
  rules: string | null;
  by_times: boolean; // whether the times of a file tell that it is what it was
  loose: boolean; // something untracked has been there, and may hold more by now
  made: string[]; // untracked paths that were removed last
  touched: string[]; // tracked paths that were written last, as far as times tell
};

/** The slot must hold exactly what its index has, and nobody may write there but the commands that are watched. */
export function keepFiles(slot: Slot, options: KeepOptions): Keeper {
  const oid_bytes = options.commit.length / 2;
  const bytes = readFileSync(slot.index_file);
  const entries = readIndex(bytes, oid_bytes);
  const { root } = slot.git;
  const files = entries
    .filter(({ path, mode }) => mode !== GITLINK && !options.ignores(decoded(path)))
    .map((entry): File => fileOf(entry, nameOf(root, entry.path), oidIn(bytes, entry, oid_bytes)));
  const folders = foldersOf(root, entries);
  const state: State = {
    slot,
    oid_bytes,
    options,
    files,
    folders,
    accepted: new Set(),
    rules: null,
    by_times: timesTell(root),
    loose: false,
    made: [],
    touched: [],
  };
  for (const one of [...files, ...folders.values()]) one.stamp = stampOf(one.name);
  return {
    putBack: () => putBack(state),
    touched: () => state.touched,
    made: () => state.made,
    accept: () => accept(state),
  };
}

const fileOf = ({ path, mode }: Entry, name: string | Buffer, oid: string): File => ({
  path,
  name,
  oid,
  executable: mode === 0o100755,
  link: mode === 0o120000,
  stamp: null,
});

function foldersOf(root: string, entries: readonly Entry[]): Map<string, Folder> {
  const found = new Map<string, Folder>();
  const add = (path: string, gitlink: boolean) => {
    if (found.has(path)) return;
    if (path !== "") add(path.slice(0, Math.max(0, path.lastIndexOf("/"))), false);
    found.set(path, { path, name: nameOf(root, path), gitlink, stamp: null });
  };
  add("", false);
  for (const { path, mode } of entries) {
    if (mode === GITLINK) add(path, true);
    else add(parentOf(path), false);
  }
  return found;
}

/** Text where it can be: with 20,000 files that halves the time of a look. */
const nameOf = (root: string, path: string): string | Buffer =>
  ASCII.test(path) ? `${root}/${path}` : byteName(root, path);
const ASCII = /^[\x20-\x7e]*$/;

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

function stampOf(name: string | Buffer): Stamp | null {
  const stat = statOf(name);
  return stat && { ino: stat.ino, ctimeNs: stat.ctimeNs, mode: Number(stat.mode) };
}

const isSame = (a: Stamp | null, b: Stamp | null): boolean =>
  a !== null && b !== null && a.ino === b.ino && a.ctimeNs === b.ctimeNs && a.mode === b.mode;

/**
 * The clock that files are stamped with moves a step in up to ten milliseconds. What changes right after it was looked at
 * must get another stamp.
 */
const CLOCK_STEP_MS = 20;

async function putBack(state: State): Promise<string[]> {
  state.made = [];
  state.touched = [];
  const { gone, turned } = lookAtFolders(state);
  // Where times do not tell of every write, they tell of most: another time is a write, and the same one is no proof.
  const touched = state.files.filter((file) => isUnder(gone, file) || !isSame(file.stamp, stampOf(file.name)));
  const suspects = state.by_times ? touched : state.files;
  if (suspects.length === 0 && gone.size === 0 && !turned && !state.loose) return [];
  state.touched = touched.map(({ path }) => decoded(path));
  if (gone.size > 0 || turned || state.loose) await removeNew(state);
  const wrong = suspects.filter((file) => isUnder(gone, file) || !isAsStored(file, state.oid_bytes));
  const stood = wrong.map((file) => (isUnder(gone, file) ? null : contentOf(file)));
  await restore(state, wrong);
  for (const one of [...suspects, ...state.folders.values()]) one.stamp = stampOf(one.name);
  await Bun.sleep(CLOCK_STEP_MS);
  // What git changes on the way to the disk, as line ends, is not in the object: the file itself says what it was.
  const changed = wrong.filter((file, at) => !isEqual(stood[at] ?? null, contentOf(file)));
  return changed.map(({ path }) => decoded(path));
}

const isUnder = (gone: ReadonlySet<string>, { path }: File): boolean => gone.size > 0 && gone.has(parentOf(path));

/** Opens folders that were closed. `gone`: what stands there is no folder, perhaps a link to what was; `turned`: names came or went. */
function lookAtFolders({ folders }: State): { gone: Set<string>; turned: boolean } {
  const gone = new Set<string>();
  let turned = false;
  for (const { path, name, stamp } of folders.values()) {
    const above = path !== "" && gone.has(parentOf(path));
    const stat = above ? null : statOf(name);
    if (!stat?.isDirectory()) {
      gone.add(path);
      continue;
    }
    if (stamp && (Number(stat.mode) & 0o777) !== (stamp.mode & 0o777)) chmodSync(name, stamp.mode & 0o777);
    turned ||= stamp === null || stat.ino !== stamp.ino || stat.ctimeNs !== stamp.ctimeNs;
  }
  return { gone, turned };
}

/** Whether a file is what its object says. One that was closed is opened, which nobody can tell later. */
function isAsStored(file: File, oid_bytes: number): boolean {
  const content = contentOf(file);
  if (content === null || content.link !== file.link || content.executable !== file.executable) return false;
  const { bytes } = content;
  const hash = createHash(oid_bytes === 20 ? "sha1" : "sha256")
    .update(`blob ${bytes.length}\0`)
    .update(bytes);
  return hash.digest("hex") === file.oid;
}

type Content = { bytes: Buffer; executable: boolean; link: boolean };

/** Null when there is neither a file nor a link. */
function contentOf({ name, stamp }: File): Content | null {
  const stat = statOf(name);
  if (stat?.isSymbolicLink())
    return { bytes: readlinkSync(name, { encoding: "buffer" }), executable: false, link: true };
  if (!stat?.isFile()) return null;
  const mode = Number(stat.mode);
  const before = stamp === null ? 0o644 : stamp.mode;
  if ((mode & 0o666) !== (before & 0o666)) chmodSync(name, (before & 0o666) | (mode & 0o111));
  return { bytes: readFileSync(name), executable: (mode & 0o100) !== 0, link: false };
}

const isEqual = (a: Content | null, b: Content | null): boolean =>
  a !== null && b !== null && a.executable === b.executable && a.link === b.link && a.bytes.equals(b.bytes);

/** Writes files anew. All go first: a `.gitattributes` that is not there cannot say how the others are written. */
async function restore({ slot: { git, index_file }, folders }: State, wrong: readonly File[]): Promise<void> {
  for (const { path } of wrong) clearWay(git.root, path);
  const stdin = Buffer.from(wrong.map(({ path }) => `${path}\0`).join(""), "latin1");
  if (wrong.length > 0) await git.ask(["checkout-index", "-f", "-u", "-z", "--stdin"], { index_file, stdin });
  for (const { path, name, gitlink } of folders.values())
    if (gitlink && isInTheWay(git.root, path)) {
      clearWay(git.root, path);
      mkdirSync(name, { recursive: true });
    }
}

/** Removes what git would show as new: a check may leave caches and build output, and nothing that passes for a source. */
async function removeNew(state: State): Promise<void> {
  const { root } = state.slot.git;
  state.loose = true;
  for (const { path } of foldersLost(state)) clearWay(root, path);
  for (const path of await untracked(state, [])) {
    if (isAccepted(state, path)) continue;
    removeWithin(root, path.replace(/\/$/, ""));
    state.made.push(decoded(path));
  }
  for (const { path, name, gitlink } of state.folders.values()) {
    if (!gitlink || isInTheWay(root, path) || state.accepted.has(`${path}/`)) continue;
    for (const inner of readdirSync(name, { encoding: "latin1" })) removeWithin(root, `${path}/${inner}`);
  }
}

const foldersLost = ({ slot, folders }: State): Folder[] =>
  [...folders.values()].filter(({ path }) => path !== "" && isInTheWay(slot.git.root, path));

async function accept(state: State): Promise<void> {
  state.accepted = new Set(await untracked(state, ["--directory"]));
  for (const { path, name, gitlink } of state.folders.values())
    if (gitlink && !isInTheWay(state.slot.git.root, path) && readdirSync(name).length > 0)
      state.accepted.add(`${path}/`);
}

function isAccepted({ accepted, options }: State, path: string): boolean {
  if (accepted.has(path) || options.ignores(decoded(path).replace(/\/$/, ""))) return true;
  for (let cut = path.indexOf("/"); cut > 0; cut = path.indexOf("/", cut + 1))
    if (accepted.has(path.slice(0, cut + 1))) return true;
  return false;
}

/** What git would show as new, by the rules of the commit. */
async function untracked(state: State, more: readonly string[]): Promise<string[]> {
  const { git, index_file } = state.slot;
  state.rules ??= await ignoreRules(git, state.options.commit);
  const rules = `${index_file}.ignore`;
  // What stays for good need not be walked through each time. A later rule overrules an earlier one.
  const folders = [...state.accepted].filter((path) => path.endsWith("/") && !path.includes("\n"));
  const skipped = folders.map((path) => `/${path.replace(/[\\*?[\]!#\s]/g, "\\$&")}\n`);
  writeFileSync(rules, Buffer.concat([Buffer.from(state.rules), Buffer.from(skipped.join(""), "latin1")]));
  try {
    const ask = () => git.ask(["ls-files", "-z", "--others", ...more, `--exclude-from=${rules}`], { index_file });
    const first = await ask();
    // Git goes on past a folder that was closed, and complains: what is in there is new too.
    const listed = first.stderr !== "" && openFolders(git.root) ? await ask() : first;
    return Buffer.from(listed.bytes).toString("latin1").split("\0").filter(Boolean);
  } finally {
    rmSync(rules, { force: true });
  }
}

const decoded = (path: string): string => Buffer.from(path, "latin1").toString("utf8");
