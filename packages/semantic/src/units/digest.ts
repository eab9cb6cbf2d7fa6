/** 128 bits as four numbers, or a hash on its way there. */
export type Words = Int32Array;

const START = Int32Array.of(0x243f6a88, 0x85a308d3 | 0, 0x13198a2e, 0x03707344);

/** Makes an array the hash of nothing at all: hashes are made by the thousand, arrays are dear. */
export const empty = (state: Words): void => state.set(START);

/**
 * Takes in four numbers of an array, each changed by a mark. The lanes differ in their factors, and each feeds the next,
 * as in MurmurHash3: what is alike in one is not in the others.
 */
export function mix(state: Words, from: Int32Array, at: number, mark: number): void {
  let h1 = state[0]!;
  let h2 = state[1]!;
  let h3 = state[2]!;
  let h4 = state[3]!;
  h1 = (turn(h1 ^ Math.imul(turn(Math.imul(from[at]! ^ mark, 0x239b961b), 15), 0xab0e9789), 19) + h2) | 0;
  h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
  h2 = (turn(h2 ^ Math.imul(turn(Math.imul(from[at + 1]! + mark, 0xab0e9789), 16), 0x38b34ae5), 17) + h3) | 0;
  h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
  h3 = (turn(h3 ^ Math.imul(turn(Math.imul(from[at + 2]! ^ mark, 0x38b34ae5), 17), 0xa1e38b93), 15) + h4) | 0;
  h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
  h4 = (turn(h4 ^ Math.imul(turn(Math.imul(from[at + 3]! + mark, 0xa1e38b93), 18), 0x239b961b), 13) + h1) | 0;
  h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
  state[0] = h1;
  state[1] = h2;
  state[2] = h3;
  state[3] = h4;
}

/** Ends a hash of so many parts, in its place: each bit of what went in reaches each bit of what comes out. */
export function finish(out: Int32Array, at: number, length: number): void {
  for (let lane = at; lane < at + 4; lane += 1) out[lane] = scatter(out[lane]! ^ length);
  spread(out, at);
  for (let lane = at; lane < at + 4; lane += 1) out[lane] = scatter(out[lane]!);
  spread(out, at);
}

function spread(out: Int32Array, at: number): void {
  out[at] = out[at]! + out[at + 1]! + out[at + 2]! + out[at + 3]!;
  for (let lane = at + 1; lane < at + 4; lane += 1) out[lane] = out[lane]! + out[at]!;
}

/** A stretch of a text. `packed`: without blanks, so that a token of several words is one however far they stand apart. */
export type Spelled = { text: string; start: number; end: number; packed: boolean };

/** Writes the hash of a text as four numbers. A line end is one, however it is written. */
export function hashText(out: Int32Array, into: number, { text, start, end, packed }: Spelled): void {
  let h1 = START[0]!;
  let h2 = START[1]!;
  let h3 = START[2]!;
  let h4 = START[3]!;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (packed ? code <= 32 : code === 13 && text.charCodeAt(at + 1) === 10) continue;
    h1 = Math.imul(turn(h1, 5) ^ code, 0x239b961b);
    h2 = Math.imul(turn(h2, 9) ^ code, 0xab0e9789);
    h3 = Math.imul((turn(h3, 13) + code) | 0, 0x38b34ae5);
    h4 = Math.imul((turn(h4, 19) + code) | 0, 0xa1e38b93);
    length += 1;
  }
  out[into] = h1;
  out[into + 1] = h2;
  out[into + 2] = h3;
  out[into + 3] = h4;
  finish(out, into, length);
}

/** The hash of a text in hex. */
export function textHex(text: string, start = 0, end = text.length): string {
  hashText(scratch, 0, { text, start, end, packed: false });
  return hex(scratch);
}

/** What is written here is read before anybody else writes: nothing in between waits. */
const scratch = new Int32Array(4);

/** Put together digit by digit, a hash would leave a dozen strings behind. */
export function hex(hash: Words): string {
  for (let lane = 0; lane < 4; lane += 1) bytes.writeInt32BE(hash[lane]!, lane * 4);
  return bytes.toString("hex");
}
const bytes = Buffer.alloc(16);

const turn = (own: number, by: number): number => (own << by) | (own >>> (32 - by));

function scatter(value: number): number {
  let own = value ^ (value >>> 16);
  own = Math.imul(own, 0x85ebca6b);
  own ^= own >>> 13;
  own = Math.imul(own, 0xc2b2ae35);
  return own ^ (own >>> 16);
}
