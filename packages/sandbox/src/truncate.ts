/** Output too long for a reader: the first and the last bytes, and how many lie between. `head` and `tail` never overlap. */
export type Clipped = { head: string; tail: string; omitted_bytes: number };

/** Keeps the first and the last `clip_bytes` of a stream, in twice that memory however long the stream is. */
export class HeadTail {
  readonly #clip_bytes: number;
  #head: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #tail: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #seen_bytes = 0;

  constructor(clip_bytes: number) {
    this.#clip_bytes = clip_bytes;
  }

  push(chunk: Uint8Array): void {
    this.#seen_bytes += chunk.length;
    const room = this.#clip_bytes - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, room)]);
    if (chunk.length > room) this.#tail = Buffer.concat([this.#tail, chunk.subarray(Math.max(0, room))]);
    if (this.#tail.length > this.#clip_bytes) this.#tail = this.#tail.subarray(this.#tail.length - this.#clip_bytes);
  }

  /** A character cut in two belongs to what is left out. */
  result(): Clipped {
    const between = this.#seen_bytes - this.#head.length - this.#tail.length;
    if (between === 0) return { head: Buffer.concat([this.#head, this.#tail]).toString(), tail: "", omitted_bytes: 0 };
    const head = this.#head.subarray(0, wholeCharacters(this.#head));
    const tail = this.#tail.subarray(firstCharacter(this.#tail));
    return {
      head: head.toString(),
      tail: tail.toString(),
      omitted_bytes: this.#seen_bytes - head.length - tail.length,
    };
  }
}

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** How many bytes are left when a last character that is not whole is taken off. */
function wholeCharacters(bytes: Uint8Array): number {
  let start = bytes.length - 1;
  while (start > 0 && bytes.length - start < 4 && isContinuation(bytes[start])) start--;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + length > bytes.length ? Math.max(0, start) : bytes.length;
}

function firstCharacter(bytes: Uint8Array): number {
  let start = 0;
  while (start < 4 && isContinuation(bytes[start])) start++;
  return start;
}
