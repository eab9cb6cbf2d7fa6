import { openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

/** An object as it is kept: its type, and what is in it. */
export type Stored = { type: "commit" | "tree" | "blob" | "tag"; bytes: Uint8Array };

/** `index`, `pack`: open files. `fanout`: how many ids begin with at most each of the 256 bytes. */
type Pack = { index: number; pack: number; fanout: Buffer };

/** What is larger is better not held here at once. */
const OBJECT_MAX_BYTES = 1024 * 1024;
/** Of a repository with more packs git has an index over all of them, and is asked. */
const PACKS_MAX = 40;
/** Git makes chains of fifty. */
const DELTAS_MAX = 200;
const TYPES: Readonly<Record<number, Stored["type"]>> = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" };
const OFFSET_DELTA = 6;
const ID_DELTA = 7;

/** Reads objects out of the packs of a folder. null: it is not there, or is nothing that is read here; git knows. */
export type ReadPacked = (oid: Buffer) => Stored | null;

/** The files stay open for as long as this process lives: it is for processes that end soon. */
export function openPacks(folder: string): ReadPacked {
  const state: { packs: readonly Pack[] | null } = { packs: null };
  return function read(oid) {
    state.packs ??= packsIn(folder);
    for (const pack of state.packs) {
      const offset = offsetOf(pack, oid);
      if (offset !== null) return readAt(pack, offset, { read, oid_bytes: oid.length, deltas: 0 });
    }
    return null;
  };
}

function packsIn(folder: string): Pack[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".idx"));
  return names.length > PACKS_MAX ? [] : names.flatMap((name) => openPack(join(folder, name.slice(0, -4))));
}

/** Of version 2, as git has written them since 2007. */
function openPack(path: string): Pack[] {
  const index = openSync(`${path}.idx`, "r");
  const head = bytesAt(index, 0, 8 + 256 * 4);
  if (head.length < 8 + 256 * 4 || head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2) return [];
  return [{ index, pack: openSync(`${path}.pack`, "r"), fanout: head.subarray(8) }];
}

/** As many as there are. */
function bytesAt(file: number, at: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  return bytes.subarray(0, readSync(file, bytes, 0, count, at));
}

/** Where in the pack an object begins. */
function offsetOf({ index, fanout }: Pack, oid: Buffer): number | null {
  const count = fanout.readUInt32BE(255 * 4);
  const from = oid[0] === 0 ? 0 : fanout.readUInt32BE((oid[0]! - 1) * 4);
  const to = fanout.readUInt32BE(oid[0]! * 4);
  const ids_at = 8 + 256 * 4;
  const ids = bytesAt(index, ids_at + from * oid.length, (to - from) * oid.length);
  const at = placeIn(ids, oid);
  if (at === null) return null;
  const offsets_at = ids_at + count * (oid.length + 4); // behind a checksum for each
  const offset = bytesAt(index, offsets_at + (from + at) * 4, 4).readUInt32BE(0);
  if (offset < 0x80000000) return offset;
  return Number(bytesAt(index, offsets_at + count * 4 + (offset - 0x80000000) * 8, 8).readBigUInt64BE(0));
}

function placeIn(ids: Buffer, oid: Buffer): number | null {
  let [low, high] = [0, Math.floor(ids.length / oid.length)];
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = ids.compare(oid, 0, oid.length, middle * oid.length, (middle + 1) * oid.length);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return null;
}

type Reading = { read: ReadPacked; oid_bytes: number; deltas: number };

function readAt(pack: Pack, offset: number, reading: Reading): Stored | null {
  const first = bytesAt(pack.pack, offset, 4096);
  const { type, size, end } = headOf(first);
  if (size > OBJECT_MAX_BYTES || reading.deltas > DELTAS_MAX) return null;
  const base = baseOf(first, end, reading.oid_bytes, type);
  const start = base?.end ?? end;
  const most = start + size + (size >> 8) + 64; // what cannot be made smaller is kept with a little around it
  const packed = most <= first.length ? first : bytesAt(pack.pack, offset, most);
  const bytes = inflate(packed.subarray(start));
  if (bytes === null || bytes.length !== size) return null;
  const own = TYPES[type];
  if (base === null) return own === undefined ? null : { type: own, bytes };
  const deeper = { ...reading, deltas: reading.deltas + 1 };
  const { from } = base;
  const under = typeof from === "number" ? readAt(pack, offset - from, deeper) : reading.read(from);
  const whole = under && applyDelta(under.bytes, bytes);
  return under && whole && { type: under.type, bytes: whole };
}

/** Three bits of the type, and a size of which each byte has seven more bits. */
function headOf(bytes: Buffer): { type: number; size: number; end: number } {
  let byte = bytes[0] ?? 0;
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  let end = 1;
  for (let scale = 16; (byte & 0x80) !== 0; scale *= 128) {
    byte = bytes[end++] ?? 0;
    size += (byte & 0x7f) * scale;
  }
  return { type, size, end };
}

/** What a delta is made from: how far before it, or which object. null: it is none. */
function baseOf(bytes: Buffer, at: number, oid_bytes: number, type: number) {
  if (type === ID_DELTA) return { from: bytes.subarray(at, at + oid_bytes), end: at + oid_bytes };
  if (type !== OFFSET_DELTA) return null;
  let end = at;
  let byte = bytes[end++] ?? 0;
  let from = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes[end++] ?? 0;
    from = (from + 1) * 128 + (byte & 0x7f);
  }
  return { from, end };
}

/** @returns null where it is not whole: git says then what is wrong */
export function inflate(bytes: Uint8Array): Uint8Array | null {
  const body = new Uint8Array(bytes.subarray(2)); // without its head
  try {
    return Bun.inflateSync(body);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error; // a bug: what zlib says is a bare error
    return null;
  }
}

/** Copies of stretches of the base, and what is new. */
function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array | null {
  const reader = { at: 0 };
  const number = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = delta[reader.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if ((byte & 0x80) === 0) return value;
    }
  };
  if (number() !== base.length) return null;
  const size = number();
  if (size > OBJECT_MAX_BYTES) return null;
  const whole = new Uint8Array(size);
  let filled = 0;
  while (reader.at < delta.length) {
    const order = delta[reader.at++]!;
    const part = (order & 0x80) === 0 ? literal(delta, reader, order) : copied(base, copyOf(delta, reader, order));
    if (part.length === 0 || filled + part.length > size) return null;
    whole.set(part, filled);
    filled += part.length;
  }
  return filled === size ? whole : null;
}

function literal(delta: Uint8Array, reader: { at: number }, length: number): Uint8Array {
  reader.at += length;
  return delta.subarray(reader.at - length, reader.at);
}

const copied = (base: Uint8Array, { from, length }: { from: number; length: number }): Uint8Array =>
  base.subarray(from, from + length);

/** Which of seven bytes are there is said by the bits of the order: four of the place, three of the length. */
function copyOf(delta: Uint8Array, reader: { at: number }, order: number): { from: number; length: number } {
  const bytes = [0, 1, 2, 3, 4, 5, 6].map((bit) => (((order >> bit) & 1) === 1 ? (delta[reader.at++] ?? 0) : 0));
  const [a, b, c, d, e, f, g] = bytes as [number, number, number, number, number, number, number];
  return { from: a + b * 0x100 + c * 0x10000 + d * 0x1000000, length: e + f * 0x100 + g * 0x10000 || 0x10000 };
}
