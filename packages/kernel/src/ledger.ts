import { Database } from "bun:sqlite";
import { z } from "zod";
import { guard, openLog, openToRead } from "./log.ts";
import { LogUnavailable } from "./store.ts";

/** What an entry is: the words of dgov 0.8. */
export const Category = z.enum(["bug", "fix", "rule", "pattern", "note", "debt", "capability", "decision"]);
export type Category = z.infer<typeof Category>;

/** Which failure of a run an entry stands for. `key` says when two failures are one and the same. */
export const Found = z.strictObject({
  key: z.string(),
  run: z.string(),
  plan_dir: z.string(),
  task: z.string(),
  gate: z.string(),
});
export type Found = z.infer<typeof Found>;

/** An entry as a reader sees it: its row, and what was said of it since. */
export type Entry = {
  id: number;
  category: string; // a `Category`, unless another program wrote the row
  content: string;
  status: "open" | "resolved";
  created_at_ms: number;
  resolved_at_ms: number | null;
  commit: string | null; // the commit that is said to have resolved it
  paths: readonly string[]; // what it is about, relative to the root; none: everything
  tags: readonly string[];
  found: Found | null; // null: a person wrote it
  seen: number; // how many runs have met it; 0: a person wrote it
  damaged: boolean; // its paths or tags cannot be read, and count as none
};

/** What a person or a run writes down. */
export type Draft = { category: Category; content: string; paths: readonly string[]; found: Found | null };

/**
 * What people and runs have learned of a repository. Entries are in the table that dgov 0.8 has in the same file, with its
 * ids: either program sees what the other adds. They are never changed here: what becomes of one is a fact of its own.
 */
export interface Ledger {
  /** Every entry, newest first. */
  entries(): Entry[];

  /** @returns the id of the new entry */
  add(draft: Draft, at_ms: number): number;

  /** Adds what a run found, or, where an open entry has its key, says that this run has met it too. Twice is once. */
  note(draft: Draft & { found: Found }, at_ms: number): void;

  /** @returns what it was before: `unknown` and `resolved` change nothing */
  resolve(id: number, commit: string | null, at_ms: number): "open" | "resolved" | "unknown";

  close(): void;
}

/** Of dgov 0.8, column by column; it sets `status` and `resolved_at` itself, and both are read. */
const ENTRIES = `
  CREATE TABLE IF NOT EXISTS ledger (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    category       TEXT NOT NULL,
    content        TEXT NOT NULL,
    status         TEXT NOT NULL DEFAULT 'open',
    created_at     REAL NOT NULL,
    resolved_at    REAL,
    affected_paths TEXT,
    affected_tags  TEXT
  )`;

const FACTS = `
  CREATE TABLE IF NOT EXISTS ledger_fact (
    seq   INTEGER PRIMARY KEY,
    entry INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body  TEXT    NOT NULL
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS ledger_fact_is_never_updated BEFORE UPDATE ON ledger_fact
    BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
  CREATE TRIGGER IF NOT EXISTS ledger_fact_is_never_deleted BEFORE DELETE ON ledger_fact
    BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
`;

const Fact = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("found"), ...Found.shape }),
  z.strictObject({ kind: z.literal("seen"), run: z.string() }),
  z.strictObject({ kind: z.literal("resolved"), commit: z.string().nullable() }),
]);
type Fact = z.infer<typeof Fact>;
type FactRow = { entry: number; at_ms: number; body: string };

/** Columns that 0.8 has added in its time may be missing. */
type EntryRow = {
  id: number;
  category: string;
  content: string;
  status: string;
  created_at: number; // seconds since the epoch, with a fraction
  resolved_at: number | null;
  affected_paths?: string | null;
  affected_tags?: string | null;
};

const BUSY_MS = 10_000;

/**
 * Opens the ledger in the file of the log. One that is only read may lack its tables, or the file: then it is empty.
 *
 * @throws LogUnavailable, LogTooNew
 */
export function openLedger(path: string, { readonly = false }: { readonly?: boolean } = {}): Ledger {
  if (!readonly) openLog(path).close(); // the file is the log's: it is made as a log is
  const db = guard(path, () => (readonly ? openToRead(path) : openWriter(path)));
  const entries = () => guard(path, () => (db ? readAll(db) : []));
  const write = <T>(work: (db: Database) => T): T =>
    guard(path, () => {
      if (!db) throw new LogUnavailable(path, "SQLITE_READONLY");
      return db.transaction(() => work(db)).immediate();
    });
  return {
    entries,
    add: (draft, at_ms) => write((db) => insert(db, draft, at_ms)),
    note: (draft, at_ms) => write((db) => note(db, draft, at_ms)),
    resolve: (id, commit, at_ms) =>
      write((db) => {
        const status = readAll(db).find((entry) => entry.id === id)?.status ?? "unknown";
        if (status === "open") append(db, id, at_ms, { kind: "resolved", commit });
        return status;
      }),
    close: () => db?.close(),
  };
}

function openWriter(path: string): Database {
  const db = new Database(path, { readwrite: true, strict: true });
  db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
  db.transaction(() => {
    db.run(ENTRIES);
    const has = new Set(
      db
        .query<{ name: string }, []>("PRAGMA table_info(ledger)")
        .all()
        .map(({ name }) => name),
    );
    for (const column of ["affected_paths", "affected_tags"])
      if (!has.has(column)) db.run(`ALTER TABLE ledger ADD COLUMN ${column} TEXT`);
    db.run(FACTS);
  }).immediate();
  return db;
}

/** In one look: between two of them another process may write. */
const readAll = (db: Database): Entry[] =>
  db.transaction(() => {
    const facts = new Map<number, { at_ms: number; fact: Fact }[]>();
    for (const { entry, at_ms, body } of rows<FactRow>(db, "ledger_fact", "seq")) {
      const of = facts.get(entry) ?? [];
      of.push({ at_ms, fact: Fact.parse(JSON.parse(body)) });
      facts.set(entry, of);
    }
    return rows<EntryRow>(db, "ledger", "id DESC").map((row) => entryOf(row, facts.get(row.id) ?? []));
  })();

function rows<Row>(db: Database, table: "ledger" | "ledger_fact", order: string): Row[] {
  const there = db.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== null;
  return there ? db.query<Row, []>(`SELECT * FROM ${table} ORDER BY ${order}`).all() : [];
}

function entryOf(row: EntryRow, facts: readonly { at_ms: number; fact: Fact }[]): Entry {
  const paths = namesIn(row.affected_paths);
  const tags = namesIn(row.affected_tags);
  const entry: Entry = {
    id: row.id,
    category: row.category,
    content: row.content,
    status: row.status === "resolved" ? "resolved" : "open",
    created_at_ms: Math.round(row.created_at * 1000),
    resolved_at_ms: row.resolved_at === null ? null : Math.round(row.resolved_at * 1000),
    commit: null,
    paths: paths ?? [],
    tags: tags ?? [],
    found: null,
    seen: 0,
    damaged: paths === null || tags === null,
  };
  return facts.reduce(applyFact, entry);
}

function applyFact(entry: Entry, { at_ms, fact }: { at_ms: number; fact: Fact }): Entry {
  switch (fact.kind) {
    case "found": {
      const { kind: _, ...found } = fact;
      return { ...entry, found, seen: 1 };
    }
    case "seen":
      return { ...entry, seen: entry.seen + 1 };
    case "resolved":
      return { ...entry, status: "resolved", resolved_at_ms: at_ms, commit: fact.commit };
  }
}

const Names = z.array(z.string());

/** @returns the names in a cell, none for an empty one, or null for one that holds something else */
function namesIn(cell: string | null | undefined): readonly string[] | null {
  if (cell === null || cell === undefined || cell === "") return [];
  try {
    return Names.safeParse(JSON.parse(cell)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function insert(db: Database, { category, content, paths, found }: Draft, at_ms: number): number {
  const cell = paths.length > 0 ? JSON.stringify(paths) : null;
  const { lastInsertRowid } = db
    .query("INSERT INTO ledger (category, content, created_at, affected_paths) VALUES (?, ?, ?, ?)")
    .run(category, content, at_ms / 1000, cell);
  const id = Number(lastInsertRowid);
  if (found) append(db, id, at_ms, { kind: "found", ...found });
  return id;
}

function note(db: Database, draft: Draft & { found: Found }, at_ms: number): void {
  const { key, run } = draft.found;
  const known = readAll(db).filter(({ found }) => found?.key === key);
  const open = known.find(({ status }) => status === "open");
  if (!open) {
    if (!known.some((entry) => metBy(db, entry, run))) insert(db, draft, at_ms);
  } else if (!metBy(db, open, run)) append(db, open.id, at_ms, { kind: "seen", run });
}

const metBy = (db: Database, { id, found }: Entry, run: string): boolean =>
  found?.run === run ||
  db
    .query<{ body: string }, [number]>("SELECT body FROM ledger_fact WHERE entry = ?")
    .all(id)
    .map(({ body }) => Fact.parse(JSON.parse(body)))
    .some((fact) => fact.kind === "seen" && fact.run === run);

function append(db: Database, entry: number, at_ms: number, fact: Fact): void {
  db.query("INSERT INTO ledger_fact (entry, at_ms, body) VALUES (?, ?, ?)").run(entry, at_ms, JSON.stringify(fact));
}
