import { constants, Database, SQLiteError } from "bun:sqlite";
import { strict as assert } from "node:assert";
import { DURABLE, Event } from "./event.ts";
import { RunId } from "./plan.ts";
import { bodyOf, checkLink, hashOf, NOTHING, parse, type Row, type Tip } from "./row.ts";
import {
  type Filter,
  LogCorrupt,
  LogMoved,
  LogTooNew,
  LogUnavailable,
  type RunRow,
  type Store,
  type Stored,
  type Wait,
} from "./store.ts";

/** "dgov" in ASCII: says whose file this is. A file of the Python original has 0 here and no table `event`. */
const APPLICATION_ID = 0x64676f76;
const VERSION = 1;

/** Plain SQL that SQLite 3.37 reads too: the Python original opens the same file with whatever its machine has. */
const SCHEMA = `
  CREATE TABLE event (
    seq   INTEGER PRIMARY KEY,
    run   TEXT    NOT NULL,
    at_ms INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    prev  TEXT    NOT NULL,
    hash  TEXT    NOT NULL,
    body  TEXT    NOT NULL
  ) STRICT;
  CREATE INDEX event_of_run ON event (run);
  CREATE INDEX event_of_kind ON event (kind);
  CREATE TRIGGER event_is_only_appended BEFORE INSERT ON event
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event)
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TRIGGER event_is_never_updated BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** How long a writer waits for another before it gives up: far more than any append takes. */
const BUSY_MS = 10_000;
/** Rows fetched at once: no statement stays open between them, so a slow reader holds up neither a writer nor a checkpoint. */
const PAGE = 256;

/**
 * Opens the log, and makes it where there is none. A table of another program in the same file is left as it is.
 *
 * @param readonly for views: never writes, works in a folder that cannot be written, and sees an empty log where there is
 *                 no file yet
 * @param salt     32 hex digits, others each time, to be hashed with an event; absent: events are not salted
 * @param appended told of the last event after each append, when it is in the log; what it throws goes to the writer
 * @throws LogUnavailable, LogTooNew
 */
export function openLog(
  path: string,
  { readonly = false, salt = () => undefined, appended = () => {} }: Opening = {},
): Store {
  return new SqliteLog(path, { readonly, salt, appended });
}

type Opening = { readonly?: boolean; salt?: () => string | undefined; appended?: (last: Tip) => void };

class SqliteLog implements Store {
  readonly #path: string;
  readonly #readonly: boolean;
  readonly #salt: () => string | undefined;
  readonly #appended: (last: Tip) => void;
  #db: Database | null;
  #durable = false; // the connection's `synchronous` is FULL
  #tip: Tip = NOTHING; // the last event known to be whole

  constructor(path: string, { readonly, salt, appended }: Required<Opening>) {
    this.#path = path;
    this.#readonly = readonly;
    this.#salt = salt;
    this.#appended = appended;
    this.#db = guard(path, () => (readonly ? openView(path) : openWriter(path)));
  }

  append(run: RunId, seq: number, at_ms: number, event: Event): Stored {
    const [stored] = this.appendAll(run, seq, at_ms, [event]);
    assert(stored);
    return stored;
  }

  appendAll(run: RunId, seq: number, at_ms: number, events: readonly Event[]): Stored[] {
    assert(Number.isSafeInteger(at_ms) && at_ms >= 0, `A time in whole milliseconds, not ${at_ms}`);
    const id = RunId.parse(run);
    const checked = events.map((event) => Event.parse(event));
    const stored = guard(this.#path, () => {
      const db = this.#writer();
      const durable = checked.some((event) => DURABLE.has(event.kind));
      if (durable !== this.#durable) db.run(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
      this.#durable = durable;
      return immediate(db, () => this.#insert(db, { run: id, seq, at_ms }, checked));
    });
    if (stored.length > 0) this.#appended(this.#tip);
    return stored;
  }

  *read(filter: Filter = {}): Generator<Stored> {
    const { run, after = 0, kinds, limit = Number.POSITIVE_INFINITY } = filter;
    const db = this.#reader();
    if (!db || kinds?.length === 0) return;
    const whole = run === undefined && kinds === undefined;
    let tip: Tip | null = after === 0 ? NOTHING : guard(this.#path, () => rowAt(db, after));
    let seq = after;
    for (let left = limit; left > 0; left -= PAGE) {
      const size = Math.min(PAGE, left);
      const rows = guard(this.#path, () => page(db, { ...filter, after: seq, limit: size }));
      for (const row of rows) {
        if (whole) checkLink(tip, row);
        tip = row;
        seq = row.seq;
        yield parse(row);
      }
      if (rows.length < size) return;
    }
  }

  async *follow({ limit = Number.POSITIVE_INFINITY, ...filter }: Filter, wait: Wait): AsyncGenerator<Stored> {
    let cursor = filter.after ?? 0;
    let left = limit;
    while (!wait.signal.aborted && left > 0) {
      const last = this.lastSeq();
      for (const stored of last > cursor ? this.read({ ...filter, after: cursor, limit: left }) : []) {
        cursor = stored.seq;
        left -= 1;
        yield stored;
        if (wait.signal.aborted) return;
      }
      cursor = Math.max(cursor, last);
      if (left > 0 && this.lastSeq() === cursor) await wait.sleep_ms(wait.poll_ms, wait.signal);
    }
  }

  lastSeq(): number {
    const db = this.#reader();
    return db ? guard(this.#path, () => lastOf(db).seq) : 0;
  }

  runs(): RunRow[] {
    const db = this.#reader();
    return db ? guard(this.#path, () => rangesOf(db).map((range) => runRow(db, range))) : [];
  }

  lastRun(plan_dir?: string): RunRow | null {
    const db = this.#reader();
    if (!db) return null;
    return guard(this.#path, () => {
      for (const range of rangesOf(db)) {
        const row = runRow(db, range);
        if (plan_dir === undefined || row.plan_dir === plan_dir) return row;
      }
      return null;
    });
  }

  verify(each: (stored: Stored) => void = () => {}): number {
    let count = 0;
    for (const stored of this.read()) {
      count += 1;
      each(stored);
    }
    const db = this.#reader();
    if (db) guard(this.#path, () => checkIndexes(db, this.#path));
    return count;
  }

  close(): void {
    this.#db?.close();
  }

  #writer(): Database {
    if (this.#readonly || !this.#db) throw new LogUnavailable(this.#path, "SQLITE_READONLY");
    return this.#db;
  }

  /** A view that found no log looks again: the first run may have begun since. */
  #reader(): Database | null {
    if (!this.#db) this.#db = guard(this.#path, () => openView(this.#path));
    return this.#db;
  }

  /** Inside the transaction: nobody else can append between the look at the last event and the insert. */
  #insert(db: Database, at: { run: RunId; seq: number; at_ms: number }, events: readonly Event[]): Stored[] {
    const last = lastOf(db);
    if (last.seq !== at.seq) throw new LogMoved(at.seq, last.seq);
    if (last.hash !== this.#tip.hash) checkTip(db, last);
    const insert = db.query<unknown, [number, string, number, string, string, string, string]>(
      "INSERT INTO event (seq, run, at_ms, kind, prev, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    let tip: Tip = last;
    const stored = events.map((event) => {
      const salt = this.#salt();
      const salted = salt === undefined ? { event } : { salt, event };
      const row = { seq: tip.seq + 1, run: at.run, at_ms: at.at_ms, prev: tip.hash, body: bodyOf(salted) };
      const hash = hashOf(row);
      insert.run(row.seq, row.run, row.at_ms, event.kind, row.prev, hash, row.body);
      tip = { seq: row.seq, hash };
      return { seq: row.seq, run: at.run, at_ms: at.at_ms, prev: row.prev, hash, ...salted };
    });
    this.#tip = tip;
    return stored;
  }
}

function openWriter(path: string): Database {
  const db = new Database(path, { create: true, readwrite: true, strict: true });
  db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
  const ours = isOurs(db, path);
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = NORMAL");
  if (!ours)
    immediate(db, () => {
      if (!isOurs(db, path)) db.run(SCHEMA);
    });
  return db;
}

/** @returns null where there is no log yet */
function openView(path: string): Database | null {
  const db = openToRead(path);
  if (!db) return null;
  try {
    if (isOurs(db, path)) return db;
  } catch (error) {
    db.close();
    throw error;
  }
  db.close();
  return null;
}

/**
 * Opens a database that is only read, also in a folder that cannot be written.
 *
 * @returns null where there is no file
 */
export function openToRead(path: string): Database | null {
  const db = openExisting(path);
  if (!db) return null;
  try {
    db.query("PRAGMA user_version").get();
    return db;
  } catch (error) {
    db.close();
    if (!(error instanceof SQLiteError) || !NEEDS_FOLDER.has(error.code ?? "") || openExisting(`${path}-wal`))
      throw error;
    return openFrozen(path);
  }
}

/** Nobody writes, and readers cannot make the files they share in this folder: then the file alone is the whole of it. */
function openFrozen(path: string): Database {
  const uri = `file:${path.split("/").map(encodeURIComponent).join("/")}?immutable=1`;
  return new Database(uri, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
}

/** How SQLite says that it can read the file but not make the two that go with it. */
const NEEDS_FOLDER = new Set(["SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY", "SQLITE_READONLY_CANTINIT"]);

function openExisting(path: string): Database | null {
  try {
    const db = new Database(path, { readonly: true, strict: true });
    db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return db;
  } catch (error) {
    if (error instanceof SQLiteError && error.code === "SQLITE_CANTOPEN") return null;
    throw error;
  }
}

/**
 * Whether the log is in this file already. A file without it may take it, if no other program has marked the file as its
 * own. Looked at in one transaction: between two looks another process may make the log.
 */
const isOurs = (db: Database, path: string): boolean => db.transaction(() => looksLikeOurs(db, path))();

function looksLikeOurs(db: Database, path: string): boolean {
  const application = db.query<{ application_id: number }, []>("PRAGMA application_id").get()?.application_id;
  const version = db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (application === APPLICATION_ID) {
    if (version > VERSION) throw new LogTooNew(path, version);
    return true;
  }
  const taken = db.query("SELECT 1 FROM sqlite_master WHERE name = 'event'").get() !== null;
  if (application !== 0 || taken) throw new LogUnavailable(path, "FOREIGN");
  return false;
}

/** The write lock is taken first: a transaction that reads and then asks for it fails when another writes in between. */
function immediate<T>(db: Database, work: () => T): T {
  db.run("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.run("COMMIT");
    return result;
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
}

function lastOf(db: Database): Tip {
  return db.query<Tip, []>("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").get() ?? NOTHING;
}

function rowAt(db: Database, seq: number): Row | null {
  return db.query<Row, [number]>(`SELECT ${COLUMNS} FROM event WHERE seq = ?`).get(seq);
}

const COLUMNS = "seq, run, at_ms, kind, prev, hash, body";

/** The next rows of a filter, by the index that fits it: of one run, of each kind merged, or of the table itself. */
function page(db: Database, { run, after, kinds, limit }: Filter & { after: number; limit: number }): Row[] {
  const part = (where: string) => `SELECT ${COLUMNS} FROM event WHERE ${where}`;
  const paged = (sql: string, ...bound: (string | number)[]) =>
    db.query<Row, (string | number)[]>(`${sql} ORDER BY seq LIMIT ?`).all(...bound, limit);
  if (run !== undefined && kinds) {
    const listed = "+kind IN (SELECT value FROM json_each(?))";
    return paged(part(`run = ? AND seq > ? AND ${listed}`), run, after, JSON.stringify(kinds));
  }
  if (run !== undefined) return paged(part("run = ? AND seq > ?"), run, after);
  if (!kinds) return paged(part("seq > ?"), after);
  const each = [...new Set(kinds)].flatMap((kind) => [kind, after]);
  const arms = Array<string>(each.length / 2).fill(part("kind = ? AND seq > ?"));
  return paged(arms.join(" UNION ALL "), ...each);
}

type Range = { first_seq: number; last_seq: number };

/** Newest first. Jumps from run to run along the index instead of counting their events. */
function rangesOf(db: Database): Range[] {
  return db
    .query<Range, []>(
      `WITH RECURSIVE id (run) AS (
         SELECT min(run) FROM event
         UNION ALL SELECT (SELECT min(run) FROM event WHERE run > id.run) FROM id WHERE id.run IS NOT NULL
       )
       SELECT (SELECT min(seq) FROM event WHERE event.run = id.run) AS first_seq,
              (SELECT max(seq) FROM event WHERE event.run = id.run) AS last_seq
       FROM id WHERE id.run IS NOT NULL ORDER BY first_seq DESC`,
    )
    .all();
}

function runRow(db: Database, { first_seq, last_seq }: Range): RunRow {
  const first = parse(present(rowAt(db, first_seq), first_seq));
  const last = present(rowAt(db, last_seq), last_seq);
  if (first.event.kind !== "run_started") throw new LogCorrupt(first_seq, "illegal");
  const { plan, plan_dir } = first.event;
  const times = { started_at_ms: first.at_ms, last_at_ms: last.at_ms };
  return { run: first.run, plan, plan_dir, first_seq, last_seq, ...times };
}

/** Reads by run and by kind go through indexes: one that leaves a row out hides an event that the chain has. */
function checkIndexes(db: Database, path: string): void {
  const [first] = db.query<{ integrity_check: string }, []>("PRAGMA integrity_check(1)").all();
  if (first?.integrity_check !== "ok") throw new LogUnavailable(path, "SQLITE_CORRUPT_INDEX");
}

function checkTip(db: Database, { seq }: Tip): void {
  parse(present(rowAt(db, seq), seq));
}

function present(row: Row | null, seq: number): Row {
  if (!row) throw new LogCorrupt(seq, "gap");
  return row;
}

/** Errors that say something of the machine get a type; those that say our SQL is wrong are bugs, and stay as they are. */
export function guard<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SQLiteError) || !error.code || BUGS.test(error.code)) throw error;
    throw new LogUnavailable(path, error.code, { cause: error });
  }
}

const BUGS = /^SQLITE_(ERROR|MISUSE|RANGE|MISMATCH|CONSTRAINT)/;
