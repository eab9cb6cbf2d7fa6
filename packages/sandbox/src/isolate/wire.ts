import { readSync, writeSync } from "node:fs";

/** A frame is the length of its JSON text in bytes (four, little-endian) and the text. Longer ones are nobody's message. */
const FRAME_MAX_BYTES = 64 * 1024 * 1024;
const HEAD_BYTES = 4;

export function encodeFrame(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + length);
  frame.writeUInt32LE(length, 0);
  frame.write(text, HEAD_BYTES);
  return frame;
}

/** Writes bytes, also where the other side is slow to read. */
export function writeAllSync(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += whenReady(() => writeSync(fd, bytes, done));
}

/** The whole frames that these bytes begin with: the last one may have been cut off. */
export function framesIn(bytes: Buffer): unknown[] {
  const frames: unknown[] = [];
  for (let rest = bytes; rest.length >= HEAD_BYTES; ) {
    const end = HEAD_BYTES + frameLength(rest);
    if (end > rest.length) break;
    frames.push(JSON.parse(rest.toString("utf8", HEAD_BYTES, end)));
    rest = rest.subarray(end);
  }
  return frames;
}

/** Cuts a stream of bytes into frames. @throws Error when a length cannot be true: the stream is then of no use */
export async function* decodeFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  let held = Buffer.alloc(0);
  let more: Uint8Array[] = []; // of a frame that is still coming: joined once, however many parts it comes in
  let missing = 0;
  for await (const chunk of stream) {
    more.push(chunk);
    missing -= chunk.length;
    if (missing > 0) continue;
    held = Buffer.concat([held, ...more]);
    more = [];
    while (held.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + frameLength(held);
      missing = end - held.length;
      if (missing > 0) break;
      const text = held.toString("utf8", HEAD_BYTES, end);
      held = held.subarray(end);
      yield JSON.parse(text);
    }
  }
}

/** Reads exactly one frame and not a byte more: what follows belongs to the program that takes this one's place. */
export function readFrameSync(fd: number): unknown {
  const head = readExactly(fd, HEAD_BYTES);
  return JSON.parse(readExactly(fd, frameLength(head)).toString("utf8"));
}

function frameLength(head: Buffer): number {
  const length = head.readUInt32LE(0);
  if (length > FRAME_MAX_BYTES)
    throw new Error(`Cannot read a frame: ${length} bytes are more than ${FRAME_MAX_BYTES}`);
  return length;
}

function readExactly(fd: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let filled = 0; filled < length; ) {
    const got = whenReady(() => readSync(fd, bytes, filled, length - filled, null));
    if (got === 0) throw new Error("Cannot read a frame: the other side is gone");
    filled += got;
  }
  return bytes;
}

/** A pipe that Bun made does not block: where nothing has come yet, or nothing more fits, wait a moment. */
function whenReady(work: () => number): number {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "EAGAIN") throw error;
      Bun.sleepSync(1);
    }
  }
}
