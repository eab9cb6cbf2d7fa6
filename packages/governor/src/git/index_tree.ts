/** What the index says of the folders that have not changed since it knew their trees. `entries` < 0: it does not know. */
type Known = { entries: number; oid: Buffer; inside: ReadonlyMap<string, Known> };

/** Where each entry begins, how much of it there is before its name, and how long that is. */
type Listed = { bytes: Buffer; oid_bytes: number; starts: Uint32Array; names: Uint32Array; lengths: Uint32Array };

/** How a folder stands in a tree; in an index, where there is one: it is there as a whole. */
const FOLDER = 0o040000;

/**
 * The tree that would be committed with an index, as `git write-tree` makes it, without git having to look for each file
 * whether it is there.
 *
 * @param put keeps a tree that is not there yet, and says its id in raw bytes
 * @returns the id; null where only git can say: a merge that is not resolved, or an index in parts or of another version
 */
export function treeOfIndex(bytes: Buffer, oid_bytes: number, put: (tree: Buffer) => Buffer): string | null {
  if (bytes.length < 12 + oid_bytes || bytes.toString("latin1", 0, 4) !== "DIRC") return null;
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return null;
  const listed = list(bytes, oid_bytes);
  if (listed === null) return null;
  const known = knownFolders(bytes, oid_bytes, listed.end);
  if (known === null) return null;
  const whole = known.entries >= 0 ? known.oid : folder({ ...listed.all, put, at: 0 }, 0, known);
  return (whole ?? put(Buffer.alloc(0))).toString("hex");
}

/** Where the entries are, and what stands behind them. */
function list(bytes: Buffer, oid_bytes: number): { all: Listed; end: number } | null {
  const count = bytes.readUInt32BE(8);
  if (count > bytes.length / (42 + oid_bytes)) return null;
  const all = {
    ...{ bytes, oid_bytes, starts: new Uint32Array(count) },
    ...{ names: new Uint32Array(count), lengths: new Uint32Array(count) },
  };
  const last = bytes.length - oid_bytes;
  let at = 12;
  for (let entry = 0; entry < count; entry += 1) {
    const flags_at = at + 40 + oid_bytes;
    if (flags_at + 4 > last) return null;
    const flags = (bytes[flags_at]! << 8) | bytes[flags_at + 1]!;
    if ((flags & 0x3000) !== 0 || modeOf(bytes, at) === FOLDER) return null; // one side of a conflict; a whole folder
    const name = flags_at + ((flags & 0x4000) === 0 ? 2 : 4);
    const short = flags & 0xfff;
    const length = short < 0xfff ? short : bytes.indexOf(0, name) - name;
    all.starts[entry] = at;
    all.names[entry] = name;
    all.lengths[entry] = length;
    at += (name - at + length + 8) & ~7; // padded with 1 to 8 NULs
  }
  return at > last ? null : { all, end: at };
}

/** What the index says of trees; null: it has what is not known here, and must be. */
function knownFolders(bytes: Buffer, oid_bytes: number, from: number): Known | null {
  const nothing: Known = { entries: -1, oid: Buffer.alloc(0), inside: new Map() };
  let found = nothing;
  for (let at = from; at + 8 <= bytes.length - oid_bytes; ) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32BE(at + 4);
    if (name[0]! >= "a") return null; // what need not be understood begins with a capital letter
    if (name === "TREE") found = readKnown({ bytes, at: at + 8 }, oid_bytes).known;
    at += 8 + size;
  }
  return found;
}

/** A row: name NUL entries SP folders LF, the id where the tree is known; and the same of each folder in it. */
function readKnown(reader: { bytes: Buffer; at: number }, oid_bytes: number): { name: string; known: Known } {
  const { bytes } = reader;
  const word = (end: number): string => {
    const behind = bytes.indexOf(end, reader.at);
    const text = bytes.toString("latin1", reader.at, behind);
    reader.at = behind + 1;
    return text;
  };
  const name = word(0);
  const [entries, folders] = [Number(word(0x20)), Number(word(0x0a))];
  const oid = bytes.subarray(reader.at, reader.at + (entries < 0 ? 0 : oid_bytes));
  reader.at += oid.length;
  const inside = new Map<string, Known>();
  for (let left = folders; left > 0; left -= 1) {
    const one = readKnown(reader, oid_bytes);
    inside.set(one.name, one.known);
  }
  return { name, known: { entries, oid, inside } };
}

type Making = Listed & { put: (tree: Buffer) => Buffer; at: number };

/** Makes the tree of the folder that the next entry is in, and goes on behind it. null: there is nothing in it. */
function folder(making: Making, prefix: number, known: Known | undefined): Buffer | null {
  const { bytes, starts, names, lengths, oid_bytes } = making;
  const first = names[making.at]!;
  const parts: Uint8Array[] = [];
  while (making.at < starts.length && isIn(making, first, prefix)) {
    const [start, from] = [starts[making.at]!, names[making.at]! + prefix];
    const end = names[making.at]! + lengths[making.at]!;
    const slash = bytes.indexOf(0x2f, from);
    if (slash >= 0 && slash < end) {
      const name = bytes.subarray(from, slash);
      const oid = below(making, prefix + name.length + 1, known?.inside.get(name.toString("latin1")));
      if (oid !== null) parts.push(beforeName(FOLDER), name, NUL, oid);
      continue;
    }
    making.at += 1;
    if (isOnlyMeant(making, start)) continue;
    // Behind a name there is a NUL in the index, too.
    parts.push(beforeName(modeOf(bytes, start)), bytes.subarray(from, end + 1));
    parts.push(bytes.subarray(start + 40, start + 40 + oid_bytes));
  }
  return parts.length === 0 ? null : making.put(Buffer.concat(parts));
}

const NUL = Buffer.alloc(1);
const MODES = new Map<number, Buffer>();

/** What stands before the name in a row of a tree. */
function beforeName(mode: number): Buffer {
  const text = MODES.get(mode) ?? Buffer.from(`${mode.toString(8)} `);
  MODES.set(mode, text);
  return text;
}

function below(making: Making, prefix: number, known: Known | undefined): Buffer | null {
  if (known === undefined || known.entries <= 0) return folder(making, prefix, known);
  making.at += known.entries;
  return known.oid;
}

function isIn({ bytes, names, lengths, at }: Making, first: number, prefix: number): boolean {
  const name = names[at]!;
  return lengths[at]! > prefix && bytes.compare(bytes, first, first + prefix, name, name + prefix) === 0;
}

/** `git add --intent-to-add`: its content is not staged. */
function isOnlyMeant({ bytes, oid_bytes }: Making, start: number): boolean {
  const flags_at = start + 40 + oid_bytes;
  return (bytes[flags_at]! & 0x40) !== 0 && (bytes[flags_at + 2]! & 0x20) !== 0;
}

const modeOf = (bytes: Buffer, start: number): number => (bytes[start + 26]! << 8) | bytes[start + 27]!;
