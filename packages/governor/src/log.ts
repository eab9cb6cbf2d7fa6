import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LogCorrupt, LogMoved, LogTooNew, LogUnavailable, openLog, type Store } from "@dgov/kernel";
import { DgovError } from "./error.ts";
import { type Head, noteHead, noteLoss, readHeads } from "./log_head.ts";

/** Where the log of a repository is. */
export const logPath = (root: string): string => join(root, ".dgov/state.db");

/** The log for views: an empty one where nothing was ever run. */
export const openReadable = (root: string): Store => openLog(logPath(root), { readonly: true });

/** The log for a run, made where there is none; `readonly` for a run that only says what it would do. */
export function openWritable(root: string, { readonly }: { readonly: boolean }): Store {
  const path = logPath(root);
  if (readonly) return openLog(path, { readonly });
  mkdirSync(join(root, ".dgov"), { recursive: true });
  const log = openLog(path, { salt: newSalt, appended: (last) => noteHead(path, last) });
  const heads = readHeads(path);
  if (heads?.last && !hasEvent(log, heads.last)) noteLoss(path, heads);
  return log;
}

/** Nothing is decided by it. */
const newSalt = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex");

/** Whether this very event is in the log. */
export function hasEvent(log: Store, { seq, hash }: Head): boolean {
  const [found] = log.read({ after: seq - 1, limit: 1 });
  return found?.seq === seq && found.hash === hash;
}

/** Reads the log and closes it, however the reading ends. */
export async function withLog<T>(root: string, work: (log: Store) => T | Promise<T>): Promise<T> {
  const log = openReadable(root);
  try {
    return await work(log);
  } finally {
    log.close();
  }
}

/** What the log's own errors mean to a person, or null for any other error. */
export function explainLogError(error: unknown): DgovError | null {
  if (error instanceof LogUnavailable) return unavailable(error);
  if (error instanceof LogCorrupt) return new DgovError("log_corrupt", error.message, { cause: error });
  if (error instanceof LogTooNew) return new DgovError("log_too_new", error.message, { cause: error });
  if (error instanceof LogMoved) return new DgovError("repo_busy", error.message, { cause: error });
  return null;
}

/** SQLite's codes by how they begin, in words; those of a file that no free disk or permission makes a log again. */
const WORDS: readonly (readonly [begins: string, means: string])[] = [
  ["SQLITE_FULL", "the disk is full"],
  ["SQLITE_READONLY", "it cannot be written"],
  ["SQLITE_CANTOPEN", "it cannot be opened"],
  ["SQLITE_BUSY", "another program holds it"],
  ["SQLITE_IOERR", "the disk fails"],
  ["SQLITE_NOTADB", "it is no database"],
  ["SQLITE_CORRUPT", "it is damaged"],
  ["FOREIGN", "it is a database of another program"],
];
const RUINED = /^(SQLITE_NOTADB|SQLITE_CORRUPT|FOREIGN)/;

function unavailable(error: LogUnavailable): DgovError {
  const [, means] = WORDS.find(([begins]) => error.code.startsWith(begins)) ?? [];
  const message = means === undefined ? error.message : `${error.message}, ${means}`;
  return new DgovError(RUINED.test(error.code) ? "log_corrupt" : "log_unavailable", message, { cause: error });
}
