/** 128 bits as four numbers, or a hash on its way there. */
export type Words = Int32Array;

/** The hash of nothing at all. */
export const emptyHash = (): Words => Int32Array.of(0x243f6a88, 0x85a308d3 | 0, 0x13198a2e, 0x03707344);

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

/** Takes in one number, which each lane takes in its own way and so that no other number gives the same. */
function mixOne(state: Words, value: number): void {
  state[0] = Math.imul(turn(state[0]!, 5) ^ value, 0x239b961b);
  state[1] = Math.imul(turn(state[1]!, 9) ^ value, 0xab0e9789);
  state[2] = Math.imul((turn(state[2]!, 13) + value) | 0, 0x38b34ae5);
  state[3] = Math.imul((turn(state[3]!, 19) + value) | 0, 0xa1e38b93);
}

/** Ends a hash, in its place: each bit of what went in reaches each bit of what comes out. */
export function finish(state: Words, length: number): Words {
  for (let lane = 0; lane < 4; lane += 1) state[lane] = scatter(state[lane]! ^ length);
  spread(state);
  for (let lane = 0; lane < 4; lane += 1) state[lane] = scatter(state[lane]!);
  spread(state);
  return state;
}

function spread(state: Words): void {
  state[0] = state[0]! + state[1]! + state[2]! + state[3]!;
  for (let lane = 1; lane < 4; lane += 1) state[lane] = state[lane]! + state[0]!;
}

/** The hash of a text, or of a stretch of one. A line end is one, however it is written. */
export function words(text: string, start = 0, end = text.length): Words {
  const state = emptyHash();
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 13 && text.charCodeAt(at + 1) === 10) continue;
    mixOne(state, code);
    length += 1;
  }
  return finish(state, length);
}

/** The same without blanks: a token of several words is one however far they stand apart (`not  in`). */
export function packedWords(text: string, start: number, end: number): Words {
  const state = emptyHash();
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 32) continue;
    mixOne(state, code);
    length += 1;
  }
  return finish(state, length);
}

export const hex = (hash: Words): string => word(hash[0]!) + word(hash[1]!) + word(hash[2]!) + word(hash[3]!);

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const word = (own: number): string =>
  BYTES[own >>> 24]! + BYTES[(own >>> 16) & 255]! + BYTES[(own >>> 8) & 255]! + BYTES[own & 255]!;

const turn = (own: number, by: number): number => (own << by) | (own >>> (32 - by));

function scatter(value: number): number {
  let own = value ^ (value >>> 16);
  own = Math.imul(own, 0x85ebca6b);
  own ^= own >>> 13;
  own = Math.imul(own, 0xc2b2ae35);
  return own ^ (own >>> 16);
}
