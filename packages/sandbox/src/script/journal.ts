import { closeSync, ftruncateSync, openSync, readSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../file_errors.ts";
import { encodeFrame, framesIn } from "../isolate/wire.ts";
import type { ScriptWord } from "./words.ts";

/**
 * Words that nobody waits for are sent many at once: each of them alone would wake the server, which costs more than the
 * call it tells of. Until they are sent they stand in a file without a name, which outlives the child that is killed, so
 * that what it did is known all the same.
 *
 * The file: how many such words were sent before (four bytes, little-endian), then the frames of those that were not.
 */
export const isQuiet = (word: ScriptWord): boolean => "log" in word || "begun" in word || "called" in word;

const HEAD_BYTES = 4;
const BATCH_BYTES = 32 * 1024; // what a pipe takes at once

/**
 * How a child speaks: words in their order. `send` writes bytes to whoever hears; `file` is the journal, or null: then each
 * word is sent by itself.
 */
export function createVoice(send: (bytes: Uint8Array) => void, file: number | null): (word: ScriptWord) => void {
  const batch = Buffer.alloc(HEAD_BYTES + BATCH_BYTES);
  const state = { file, end: HEAD_BYTES, words: 0, sent: 0 };
  const flush = () => {
    if (state.words === 0) return;
    send(batch.subarray(HEAD_BYTES, state.end));
    if (state.file !== null) ftruncateSync(state.file, 0);
    state.sent += state.words;
    Object.assign(state, { end: HEAD_BYTES, words: 0 });
  };
  const note = (file: number, frame: Uint8Array) => {
    if (state.end + frame.length > batch.length) flush();
    const start = state.words === 0 ? 0 : state.end;
    if (start === 0) batch.writeUInt32LE(state.sent, 0);
    batch.set(frame, state.end);
    state.end += frame.length;
    state.words++;
    if (keeps(file, batch, { start, end: state.end })) return;
    state.file = null; // the disk is full: then no word may wait
    flush();
  };
  return (word) => {
    const frame = encodeFrame(word);
    const quiet = isQuiet(word);
    if (quiet && state.file !== null && frame.length <= BATCH_BYTES) return note(state.file, frame);
    flush();
    send(frame);
    if (quiet) state.sent++;
  };
}

function keeps(file: number, bytes: Uint8Array, { start, end }: { start: number; end: number }): boolean {
  try {
    return writeSync(file, bytes, start, end - start, start) === end - start;
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return false;
  }
}

/** The server's side of a child's journal. */
export type Journal = { fd: number; after(heard: number): readonly ScriptWord[]; close(): void };

/**
 * Makes a journal in the private folder, before there is a command that could open it. null: the disk has no room for one.
 * `after` gives what a child that is gone had noted and not sent, where so many quiet words were heard of it.
 */
export function openJournal(tmp: string): Journal | null {
  const path = join(tmp, ".script-journal");
  const fd = openNew(path);
  if (fd === null) return null;
  unlinkSync(path);
  return {
    fd,
    after(heard) {
      const bytes = Buffer.alloc(HEAD_BYTES + BATCH_BYTES);
      const length = readSync(fd, bytes, 0, bytes.length, 0);
      if (length < HEAD_BYTES) return [];
      const words = framesIn(bytes.subarray(HEAD_BYTES, length)) as ScriptWord[]; // our own child wrote them
      return words.slice(heard - bytes.readUInt32LE(0));
    },
    close: () => closeSync(fd),
  };
}

function openNew(path: string): number | null {
  try {
    rmSync(path, { recursive: true, force: true });
    return openSync(path, "wx+", 0o600);
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return null;
  }
}
