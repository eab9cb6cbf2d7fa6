import { Database, SQLiteError } from "bun:sqlite";
import { rmSync } from "node:fs";
import { type Packed, unpack } from "./packed.ts";

/**
 * What was worked out from contents, by a key that says all that it hangs on: nothing in it ever becomes untrue, so
 * whoever reads it asks nobody. It is no more than time saved: losing it costs that time again.
 */
export type BlobCache = {
  /** @returns null where the key is not known, or the cache cannot be read */
  get(key: string): unknown;
  /** Whether a value is there, though nobody has looked whether it is whole. */
  has(key: string): boolean;
  /** What cannot be kept is dropped: the cache is another's, full, or gone. */
  putAll(entries: readonly { key: string; packed: Packed }[]): void;
  close(): void;
};

export type CacheOptions = { now_ms: () => number; max_bytes?: number };

const MAX_BYTES = 256 * 1024 * 1024;
/** A tenth more is thrown away than must be, so that not every write throws away. */
const KEPT_SHARE = 0.9;
/** When a value was last asked for is known by the day: a reader then writes nothing, nearly always. */
const DAY_MS = 24 * 60 * 60_000;
const BUSY_MS = 2_000;
const VERSION = 1;
/** Who makes the file keeps others from it for a moment, and SQLite does not wait then, whatever its limit is. */
const OPEN_TRIES = 20;
const OPEN_WAIT_MS = 10;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    key   TEXT    PRIMARY KEY,
    day   INTEGER NOT NULL,
    value BLOB    NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entry_of_day ON entry (day);
  PRAGMA user_version = ${VERSION};
`;

/**
 * Opens the cache in a file that all worktrees and processes of a repository share, and makes it where there is none. A
 * file that is broken, or of another version, is thrown away; where none can be had, nothing is kept.
 */
export function openBlobCache(path: string, { now_ms, max_bytes = MAX_BYTES }: CacheOptions): BlobCache {
  const state: { db: Database | null } = { db: openOrRemake(path) };
  const today = Math.floor(now_ms() / DAY_MS);
  /** A cache that fails is done with: its file goes when it is broken, and whoever opens it next begins anew. */
  const attempt = <T>(work: (db: Database) => T): T | null => {
    if (state.db === null) return null;
    try {
      return work(state.db);
    } catch (error) {
      if (!(error instanceof SQLiteError)) throw error;
      if (isBusy(error)) return null;
      state.db.close();
      state.db = null;
      if (isBroken(error)) remove(path);
      return null;
    }
  };
  return {
    get: (key) => attempt((db) => read(db, key, today)) ?? null,
    has: (key) => attempt((db) => db.query("SELECT 1 FROM entry WHERE key = ?").get(key)) !== null,
    putAll(entries) {
      if (entries.length === 0) return;
      attempt((db) =>
        immediate(db, () => {
          const insert = db.query(
            "INSERT INTO entry (key, day, value) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
          );
          for (const { key, packed } of entries) insert.run(key, today, packed);
          evict(db, max_bytes);
        }),
      );
    },
    close() {
      state.db?.close();
      state.db = null;
    },
  };
}

function read(db: Database, key: string, today: number): unknown {
  const row = db
    .query<{ day: number; value: Uint8Array }, [string]>("SELECT day, value FROM entry WHERE key = ?")
    .get(key);
  if (row === null) return null;
  if (row.day < today) db.query("UPDATE entry SET day = ? WHERE key = ?").run(today, key);
  return unpack(row.value);
}

/** Oldest days first, and in a day by key: which is as good as any, since a key is a hash. */
function evict(db: Database, max_bytes: number): void {
  const pages = pragma(db, "page_count") - pragma(db, "freelist_count");
  const size_bytes = pages * pragma(db, "page_size");
  if (size_bytes <= max_bytes) return;
  db.query(
    `DELETE FROM entry WHERE key IN (
       SELECT key FROM (SELECT key, sum(length(value)) OVER (ORDER BY day, key) - length(value) AS before FROM entry)
       WHERE before < ?)`,
  ).run(Math.ceil(size_bytes - KEPT_SHARE * max_bytes));
}

const pragma = (db: Database, name: string): number =>
  Object.values(db.query<Record<string, number>, []>(`PRAGMA ${name}`).get() ?? {})[0] ?? 0;

function openOrRemake(path: string): Database | null {
  let remade = false;
  for (let tries = 0; tries < OPEN_TRIES; tries++) {
    try {
      return open(path);
    } catch (error) {
      if (!(error instanceof SQLiteError)) throw error;
      if (isBusy(error)) Bun.sleepSync(OPEN_WAIT_MS);
      else if (remade || !isBroken(error)) return null;
      else {
        remove(path);
        remade = true;
      }
    }
  }
  return null;
}

function open(path: string): Database {
  const db = new Database(path, { create: true, readwrite: true, strict: true });
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = OFF"); // a lost cache is a broken or an empty one, and both are made anew
    immediate(db, () => {
      if (pragma(db, "user_version") !== VERSION) db.run(`DROP TABLE IF EXISTS entry; ${SCHEMA}`);
    });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function immediate<T>(db: Database, work: () => T): T {
  db.run("BEGIN IMMEDIATE");
  try {
    const done = work();
    db.run("COMMIT");
    return done;
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
}

const isBusy = ({ code }: SQLiteError): boolean => /^SQLITE_(BUSY|LOCKED)/.test(code ?? "");
/** The file is no database, or not a whole one, or its table is not ours: making it anew mends that. */
const isBroken = ({ code }: SQLiteError): boolean => /^SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR|MISMATCH)/.test(code ?? "");

function remove(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
}
