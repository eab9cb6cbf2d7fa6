import { Database } from "bun:sqlite";
import { z } from "zod";
import { ANCHOR, brokenAt, type FactRow, linkAfter, sealOf } from "./ledger_seal.ts";
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

/**
 * Whether an entry says what it said when it was written, and the sha-256 (hex) of what it says now. `sealed`: it does ·
 * `unsealed`: nobody has taken its hash yet, as of one that dgov 0.8 wrote · `damaged`: either, and its paths or tags cannot
 * be read and count as none · `edited`: it was changed since · `unproven`: the facts that would tell were changed
 */
export type Integrity = { is: "sealed" | "unsealed" | "damaged" | "edited" | "unproven"; hash: string };

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
  integrity: Integrity;
};

/** What is wrong with the ledger as a whole: the first fact that was changed, and entries that were deleted. */
export type Faults = { broken_at: number | null; edited: readonly number[]; missing: readonly number[] };

/** What a person or a run writes down. */
export type Draft = { category: Category; content: string; paths: readonly string[]; found: Found | null };

/**
 * What people and runs have learned of a repository. Entries are in the table that dgov 0.8 has in the same file, with its
 * ids: either program sees what the other adds. They are never changed here: what becomes of one is a fact of its own.
 * Whatever writes first takes the hash of each entry that has none, so that a change of it shows from then on.
 */
export interface Ledger {
  /** Every entry, newest first. */
  entries(): Entry[];

  /** What of it is not as it was written. */
  faults(): Faults;

  /** Takes the hash of each entry that has none, and does nothing else. */
  seal(at_ms: number): void;

  /** Takes the ledger as it now stands: its facts, what entries say, and that some are gone. */
  accept(at_ms: number): void;

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
  z.strictObject({ kind: z.literal("sealed"), hash: z.string() }),
  z.strictObject({ kind: z.literal("gone") }), // that the entry was deleted is known, and accepted
  z.strictObject({ kind: z.literal("accepted_all") }), // see `ANCHOR`
]);
type Fact = z.infer<typeof Fact>;

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
  const look = () => guard(path, () => (db ? readAll(db) : EMPTY));
  const write = <T>(work: (db: Database) => T): T =>
    guard(path, () => {
      if (!db) throw new LogUnavailable(path, "SQLITE_READONLY");
      return db.transaction(() => work(db)).immediate();
    });
  const sealing = <T>(at_ms: number, work: (db: Database) => T): T =>
    write((db) => {
      const done = work(db);
      sealNew(db, at_ms);
      return done;
    });
  return {
    entries: () => look().entries,
    faults: () => look().faults,
    seal: (at_ms) => sealing(at_ms, () => {}),
    accept: (at_ms) => sealing(at_ms, (db) => acceptAll(db, at_ms)),
    add: (draft, at_ms) => sealing(at_ms, (db) => insert(db, draft, at_ms)),
    note: (draft, at_ms) => sealing(at_ms, (db) => note(db, draft, at_ms)),
    resolve: (id, commit, at_ms) =>
      sealing(at_ms, (db) => {
        const status = readAll(db).entries.find((entry) => entry.id === id)?.status ?? "unknown";
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

type Look = { entries: Entry[]; faults: Faults; unsealed: readonly EntryRow[] };
const EMPTY: Look = { entries: [], faults: { broken_at: null, edited: [], missing: [] }, unsealed: [] };

/** In one look: between two of them another process may write. */
const readAll = (db: Database): Look =>
  db.transaction(() => {
    const chain = rows<FactRow>(db, "ledger_fact", "seq");
    const facts = new Map<number, Since[]>();
    for (const { entry, at_ms, body } of chain) {
      const fact = factIn(body);
      if (fact) facts.set(entry, [...(facts.get(entry) ?? []), { at_ms, fact }]);
    }
    const broken_at = brokenAt(chain);
    const written = rows<EntryRow>(db, "ledger", "id DESC");
    const entries = written.map((row) => entryOf(row, facts.get(row.id) ?? [], broken_at === null));
    const there = new Set(written.map(({ id }) => id));
    const missing = [...facts].filter(([id, since]) => id !== WHOLE && !there.has(id) && sealIn(since) !== null);
    const edited = entries.filter(({ integrity }) => integrity.is === "edited");
    return {
      entries,
      faults: { broken_at, edited: edited.map(({ id }) => id), missing: missing.map(([id]) => id) },
      unsealed: written.filter(({ id }) => sealIn(facts.get(id) ?? []) === null),
    };
  })();

type Since = { at_ms: number; fact: Fact };

/** Facts about the ledger as a whole have the number of no entry. */
const WHOLE = 0;

/** @returns null for what is no fact, which breaks the chain where it stands */
function factIn(body: string): Fact | null {
  try {
    const { link: _, ...fact } = z.looseObject({}).parse(JSON.parse(body));
    return Fact.safeParse(fact).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

/** The hash that an entry was taken with last; null where it never was, or is known to be gone. */
function sealIn(since: readonly Since[]): string | null {
  const last = since.findLast(({ fact }) => fact.kind === "sealed" || fact.kind === "gone");
  return last?.fact.kind === "sealed" ? last.fact.hash : null;
}

function rows<Row>(db: Database, table: "ledger" | "ledger_fact", order: string): Row[] {
  const there = db.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== null;
  return there ? db.query<Row, []>(`SELECT * FROM ${table} ORDER BY ${order}`).all() : [];
}

function entryOf(row: EntryRow, facts: readonly Since[], provable: boolean): Entry {
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
    integrity: {
      is: provable ? stateOf(row, sealIn(facts), paths !== null && tags !== null) : "unproven",
      hash: hashOf(row),
    },
  };
  return facts.reduce(applyFact, entry);
}

function stateOf(row: EntryRow, seal: string | null, readable: boolean): Integrity["is"] {
  if (seal !== null && seal !== hashOf(row)) return "edited";
  if (!readable) return "damaged";
  return seal === null ? "unsealed" : "sealed";
}

const hashOf = ({ affected_paths = null, affected_tags = null, ...row }: EntryRow): string =>
  sealOf({ ...row, affected_paths, affected_tags });

function applyFact(entry: Entry, { at_ms, fact }: Since): Entry {
  switch (fact.kind) {
    case "found": {
      const { kind: _, ...found } = fact;
      return { ...entry, found, seen: 1 };
    }
    case "seen":
      return { ...entry, seen: entry.seen + 1 };
    case "resolved":
      return { ...entry, status: "resolved", resolved_at_ms: at_ms, commit: fact.commit };
    case "sealed":
    case "gone":
    case "accepted_all":
      return entry;
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
  const known = readAll(db).entries.filter(({ found }) => found?.key === key);
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
    .map(({ body }) => factIn(body))
    .some((fact) => fact?.kind === "seen" && fact.run === run);

function sealNew(db: Database, at_ms: number): void {
  for (const row of readAll(db).unsealed) append(db, row.id, at_ms, { kind: "sealed", hash: hashOf(row) });
}

function acceptAll(db: Database, at_ms: number): void {
  const { broken_at, edited, missing } = readAll(db).faults;
  if (broken_at !== null) append(db, WHOLE, at_ms, { kind: "accepted_all" });
  for (const id of missing) append(db, id, at_ms, { kind: "gone" });
  const now = broken_at === null ? edited : readAll(db).faults.edited;
  for (const row of rows<EntryRow>(db, "ledger", "id"))
    if (now.includes(row.id)) append(db, row.id, at_ms, { kind: "sealed", hash: hashOf(row) });
}

function append(db: Database, entry: number, at_ms: number, fact: Fact): void {
  const last = db.query<FactRow, []>("SELECT * FROM ledger_fact ORDER BY seq DESC LIMIT 1").get();
  const seq = (last?.seq ?? 0) + 1;
  const link = linkAfter(fact.kind === ANCHOR ? null : last, () => rows<FactRow>(db, "ledger_fact", "seq"), {
    seq,
    entry,
    at_ms,
    fact,
  });
  db.query("INSERT INTO ledger_fact (seq, entry, at_ms, body) VALUES (?, ?, ?, ?)").run(
    ...[seq, entry, at_ms, JSON.stringify({ ...fact, link })],
  );
}
