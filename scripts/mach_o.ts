// Signatures of executables for macOS, which ends a program at the first page that is not as its signature says.
// What stands where: a Mach-O header, its load commands, the segments; the last one, __LINKEDIT, ends with the signature:
// big-endian, a table of parts, of which the code directory has the SHA-256 of each page of the file before it.

const MAGIC = 0xfeedfacf;
const SEGMENT = 0x19;
const CODE_SIGNATURE = 0x1d;
const SUPER_BLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY_VERSION = 0x20400; // the first with the place of the program's text
const AD_HOC_BY_LINKER = 0x20002;
const SHA256 = { type: 2, bytes: 32 };
const PAGE = { bytes: 4096, log2: 12 };
const HEADER_BYTES = 32;
const DIRECTORY_BYTES = 88;
const TABLE_BYTES = 20; // a super blob with one part

/** `at`: of its load command. Offsets and sizes in bytes of the file. */
type Part = { at: number; offset: number; size: number };
type Layout = { text: Part; linkEdit: Part; signature: Part };

/** How many pages there are before the signature, and which of them it says nothing or something else of. */
export function checkSignature(file: Buffer): { pages: number; wrong: number[] } {
  const { signature } = layoutOf(file);
  const said = pagesSaid(file, signature.offset);
  const pages = Math.ceil(signature.offset / PAGE.bytes);
  const hashes = hashesOf(file, signature.offset);
  const wrong = hashes.flatMap((hash, page) => (said[page]?.equals(hash) ? [] : [page]));
  return { pages, wrong };
}

/**
 * The file with a signature of nobody in place of the one that it has: macOS then holds the pages to it, and asks who signed
 * where the file came from a browser. @throws Error of what is no such file, or ends otherwise than with its signature
 */
export function signAdHoc(file: Buffer, identifier: string): Buffer {
  const { text, linkEdit, signature } = layoutOf(file);
  if (linkEdit.offset + linkEdit.size !== file.length || signature.offset + signature.size !== file.length)
    throw new Error("Cannot sign: the file does not end with its signature");
  const pages = Math.ceil(signature.offset / PAGE.bytes);
  const hashesAt = DIRECTORY_BYTES + identifier.length + 1;
  const size = TABLE_BYTES + hashesAt + pages * SHA256.bytes;
  const signed = Buffer.alloc(signature.offset + size);
  file.copy(signed, 0, 0, signature.offset);
  signed.writeUInt32LE(size, signature.at + 12);
  const linked = signature.offset + size - linkEdit.offset;
  signed.writeBigUInt64LE(BigInt(linked), linkEdit.at + 48);
  const mapped = signed.readBigUInt64LE(linkEdit.at + 32);
  if (mapped < linked) signed.writeBigUInt64LE(BigInt(roundedUp(linked)), linkEdit.at + 32);
  const table = [SUPER_BLOB, size, 1, 0, TABLE_BYTES]; // one part, of type 0: the code directory
  table.forEach((word, at) => void signed.writeUInt32BE(word, signature.offset + at * 4));
  const directory = signed.subarray(signature.offset + TABLE_BYTES);
  writeDirectory(directory, { identifier, hashesAt, pages, limit: signature.offset, text });
  for (const [page, hash] of hashesOf(signed, signature.offset).entries())
    hash.copy(directory, hashesAt + page * SHA256.bytes);
  return signed;
}

type Directory = { identifier: string; hashesAt: number; pages: number; limit: number; text: Part };

function writeDirectory(into: Buffer, { identifier, hashesAt, pages, limit, text }: Directory): void {
  const words = [CODE_DIRECTORY, into.length, CODE_DIRECTORY_VERSION, AD_HOC_BY_LINKER];
  [...words, hashesAt, DIRECTORY_BYTES, 0, pages, limit].forEach((word, at) => void into.writeUInt32BE(word, at * 4));
  into.set([SHA256.bytes, SHA256.type, 0, PAGE.log2], 36);
  into.writeBigUInt64BE(BigInt(text.offset), 64);
  into.writeBigUInt64BE(BigInt(text.size), 72);
  into.writeBigUInt64BE(1n, 80); // it is a program, and no library
  into.write(identifier, DIRECTORY_BYTES, "latin1");
}

/** What the first code directory says of each page; it is read as far as it is one, and of what is none nothing is said. */
function pagesSaid(file: Buffer, start: number): Buffer[] {
  if (file.length < start + 12 || file.readUInt32BE(start) !== SUPER_BLOB) return [];
  const count = file.readUInt32BE(start + 8);
  const parts = Array.from({ length: count }, (_, at) => start + file.readUInt32BE(start + 16 + at * 8));
  const at = parts.find((part) => file.readUInt32BE(part) === CODE_DIRECTORY);
  if (at === undefined) return [];
  const isKnown = file[at + 36] === SHA256.bytes && file[at + 37] === SHA256.type && file[at + 39] === PAGE.log2;
  if (!isKnown || file.readUInt32BE(at + 32) !== start) return []; // it must speak of all that is before it
  const [hashes, pages] = [at + file.readUInt32BE(at + 16), file.readUInt32BE(at + 28)];
  return Array.from({ length: pages }, (_, page) =>
    file.subarray(hashes + page * SHA256.bytes, hashes + (page + 1) * SHA256.bytes),
  );
}

/** Of each page up to `end`; the last one may be short. */
function hashesOf(file: Buffer, end: number): Buffer[] {
  return Array.from({ length: Math.ceil(end / PAGE.bytes) }, (_, page) => {
    const bytes = file.subarray(page * PAGE.bytes, Math.min((page + 1) * PAGE.bytes, end));
    return new Bun.CryptoHasher("sha256").update(bytes).digest();
  });
}

const roundedUp = (bytes: number): number => Math.ceil(bytes / PAGE.bytes) * PAGE.bytes;

function layoutOf(file: Buffer): Layout {
  if (file.length < HEADER_BYTES || file.readUInt32LE(0) !== MAGIC)
    throw new Error("Cannot read its signature: it is no Mach-O file of 64 bits");
  const found = new Map<string, Part>();
  let at = HEADER_BYTES;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    const kind = file.readUInt32LE(at);
    if (kind === SEGMENT) found.set(segmentName(file, at), segmentAt(file, at));
    if (kind === CODE_SIGNATURE)
      found.set("signature", { at, offset: file.readUInt32LE(at + 8), size: file.readUInt32LE(at + 12) });
    at += file.readUInt32LE(at + 4);
  }
  const [text, linkEdit, signature] = ["__TEXT", "__LINKEDIT", "signature"].map((name) => found.get(name));
  if (text && linkEdit && signature) return { text, linkEdit, signature };
  throw new Error("Cannot read its signature: it has no place for one");
}

const segmentName = (file: Buffer, at: number): string => file.toString("latin1", at + 8, at + 24).replace(/\0+$/, "");

const segmentAt = (file: Buffer, at: number): Part => ({
  at,
  offset: Number(file.readBigUInt64LE(at + 40)),
  size: Number(file.readBigUInt64LE(at + 48)),
});
