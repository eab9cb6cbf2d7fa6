import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";

/** An event by its number and its hash. */
export type Head = { seq: number; hash: string };

/**
 * What a file beside the log says of its end: `last` was its last event, and `lost` were its last at times when a governor
 * found that they had gone. `unreadable`: a line of it is not what was written.
 */
export type Heads = { last: Head | null; lost: readonly Head[]; unreadable: boolean };

export const headPath = (log: string): string => `${log}-head`;

const LINE = /^(\d{20}) ([0-9a-f]{64})$/;
const line = ({ seq, hash }: Head): string => `${String(seq).padStart(20, "0")} ${hash}\n`;

/** Reads the record; null where there is none, because no run of this version has written the log. */
export function readHeads(log: string): Heads | null {
  const text = settled(headPath(log));
  if (text === null) return null;
  const lines = text.split("\n").slice(0, -1);
  const heads = lines.map((one): Head | null => {
    const [, seq, hash] = LINE.exec(one) ?? [];
    return seq === undefined || hash === undefined ? null : { seq: Number(seq), hash };
  });
  const known = heads.filter((head) => head !== null);
  return { last: heads[0] ?? null, lost: known.slice(heads[0] ? 1 : 0), unreadable: known.length !== heads.length };
}

/** Says which event is the log's last. A line has one length, so that it takes the place of the one before. */
export function noteHead(log: string, head: Head): void {
  write(log, constants.O_CREAT, (file) => writeSync(file, line(head), 0));
}

/** Keeps what the record said, where the log no longer has it: the next event would else hide that events are gone. */
export function noteLoss(log: string, { last, lost, unreadable }: Heads): void {
  if (unreadable || lost.some(({ hash }) => hash === last?.hash)) return; // it is told already
  if (last) write(log, constants.O_APPEND, (file) => writeSync(file, line(last)));
}

/** Through no link: the file may have come with a repository that a stranger has made. */
function write(log: string, flags: number, work: (file: number) => void): void {
  const file = openSync(headPath(log), constants.O_WRONLY | constants.O_NOFOLLOW | flags, 0o644);
  try {
    work(file);
  } finally {
    closeSync(file);
  }
}

const LOOKS_MAX = 10;

/** A governor may be writing the line while it is read: two looks that see the same have seen a whole one. */
function settled(path: string): string | null {
  let before = look(path);
  for (let looks = 1; looks < LOOKS_MAX; looks++) {
    const now = look(path);
    if (now === before) return now;
    before = now;
  }
  return before;
}

function look(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
