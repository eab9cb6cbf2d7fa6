import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonical } from "./canonical.ts";
import { storeContract } from "./log.contract.ts";
import { openLog } from "./log.ts";
import { RunId } from "./plan.ts";
import { replay } from "./replay.ts";
import { hashOf } from "./row.ts";
import { LogCorrupt, LogTooNew, LogUnavailable, type Stored } from "./store.ts";
import { lifeOf, sampleOf, spec, startedWith, task } from "./testing/events.ts";

const run = RunId.parse("r1");
const sample = sampleOf(task("a"));
const started = startedWith([spec("a")]);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dgov-log-"));
  path = join(folder, "state.db");
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

storeContract("the SQLite log", () => {
  const own = mkdtempSync(join(tmpdir(), "dgov-store-"));
  return {
    open: () => openLog(join(own, "state.db")),
    remove: () => rmSync(own, { recursive: true, force: true }),
  };
});

/** A log of one whole run: its start, one task's life, its end. */
function filled(): Stored[] {
  const log = openLog(path);
  const stored = log.appendAll(run, 0, 5, [started, ...lifeOf(task("a")), { kind: "run_ended", status: "complete" }]);
  log.close();
  return stored;
}

/** Changes the file behind the log's back. */
function behind(...sql: string[]): void {
  const db = new Database(path);
  for (const statement of sql) db.run(statement);
  db.close();
}

const thrown = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
};
const readAll = (filter = {}) => {
  const log = openLog(path, { readonly: true });
  try {
    return [...log.read(filter)];
  } finally {
    log.close();
  }
};

describe("append-only by construction", () => {
  test.each([
    "UPDATE event SET at_ms = 0 WHERE seq = 2",
    "DELETE FROM event WHERE seq = 7",
    "DELETE FROM event",
    "INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 2",
    "REPLACE INTO event (seq, run, at_ms, kind, prev, hash, body) VALUES (2, 'r', 0, '', '', '', '')",
    "INSERT INTO event (seq, run, at_ms, kind, prev, hash, body) VALUES (9, 'r', 0, '', '', '', '')",
    "INSERT INTO event (seq, run, at_ms, kind, prev, hash, body) VALUES (-1, 'r', 0, '', '', '', '')",
  ])("refused: %s", (sql) => {
    filled();
    expect(() => behind(sql)).toThrow("append-only");
    expect(openLog(path).verify()).toBe(7);
  });

  test("the hash is sha-256 over the canonical JSON of the whole event", () => {
    for (const { seq, at_ms, prev, hash, event } of filled()) {
      const text = canonical({ run, seq, at_ms, prev, body: event });
      expect(hash).toBe(new Bun.CryptoHasher("sha256").update(text).digest("hex"));
    }
  });

  test("a salt is hashed with the event, stands beside it, and what is no salt is no event", () => {
    const salts = ["0a".repeat(16), "0b".repeat(16)];
    const log = openLog(path, { salt: () => salts.shift() });
    const appended = log.appendAll(run, 0, 5, [sample.run_started, sample.sandbox_chosen]);
    expect(appended.map(({ salt }) => salt)).toEqual(["0a".repeat(16), "0b".repeat(16)]);
    expect([...log.read()]).toEqual(appended);
    const [, { seq, prev, hash, event }] = appended as [Stored, Stored];
    expect(hash).toBe(hashOf({ seq, run, at_ms: 5, prev, body: canonical({ ...event, salt: "0b".repeat(16) }) }));
    expect(event).toEqual(sample.sandbox_chosen);
    log.close();
    const bad = { seq, run, at_ms: 5, prev, body: canonical({ ...event, salt: "short" }) };
    const unlocked = ["event_is_never_updated", "event_is_never_deleted"].map((name) => `DROP TRIGGER ${name}`);
    behind(...unlocked, `UPDATE event SET body = '${bad.body}', hash = '${hashOf(bad)}' WHERE seq = 2`);
    expect(() => openLog(path, { readonly: true }).verify()).toThrow('"schema"');
  });
});

describe("what was tampered with is found, and never passed over", () => {
  const open = ["DROP TRIGGER event_is_never_updated", "DROP TRIGGER event_is_never_deleted"];
  test.each([
    ["another body", "UPDATE event SET body = replace(body, 'complete', 'partial') WHERE seq = 7", 7, "hash"],
    ["a body that is no JSON", "UPDATE event SET body = 'x' WHERE seq = 3", 3, "hash"],
    ["another time", "UPDATE event SET at_ms = 6 WHERE seq = 4", 4, "hash"],
    ["another run", "UPDATE event SET run = 'r2' WHERE seq = 4", 4, "hash"],
    ["another kind", "UPDATE event SET kind = 'tool_called' WHERE seq = 4", 4, "kind"],
    ["another hash", "UPDATE event SET hash = prev WHERE seq = 4", 4, "hash"],
    ["another predecessor", "UPDATE event SET prev = hash WHERE seq = 4", 4, "chain"],
    ["an event taken out", "DELETE FROM event WHERE seq = 4", 5, "gap"],
    ["the first taken out", "DELETE FROM event WHERE seq = 1", 2, "gap"],
    ["another number", "UPDATE event SET seq = 99 WHERE seq = 7", 99, "gap"],
  ] as const)("%s", (_name, sql, seq, why) => {
    filled();
    behind(...open, sql);
    const log = openLog(path);
    expect(thrown(() => log.verify())).toMatchObject({ name: "LogCorrupt", seq, why });
    expect(thrown(() => [...log.read()])).toBeInstanceOf(LogCorrupt);
    log.close();
  });

  test("an index that does not have the rows of the table is found: reads of a run go by it", () => {
    filled();
    const db = new Database(path);
    const asked = "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = 'event_of_run'";
    const [index] = db.query<{ rootpage: number; page_size: number }, []>(asked).all();
    if (!index) throw new Error("unreachable");
    const { rootpage, page_size } = index;
    db.close();
    const bytes = readFileSync(path);
    const at = bytes.indexOf(run, (rootpage - 1) * page_size);
    expect(at).toBeLessThan(rootpage * page_size);
    bytes.write("r0", at);
    writeFileSync(path, bytes);
    const log = openLog(path, { readonly: true });
    expect(thrown(() => log.verify())).toMatchObject({ name: "LogUnavailable", code: "SQLITE_CORRUPT_INDEX" });
    log.close();
  });

  test("a body that was hashed again breaks the chain after it", () => {
    const [, second] = filled();
    if (!second) throw new Error("unreachable");
    const body = canonical({ ...second.event, agent: "another" });
    behind(...open, `UPDATE event SET body = '${body}', hash = '${hashOf({ ...second, body })}' WHERE seq = 2`);
    expect(thrown(() => readAll())).toMatchObject({ seq: 3, why: "chain" });
  });

  test.each([
    ["an event of a kind that is not known", '{"kind":"task_finished"}', "schema"],
    ["a known kind with a key too many", canonical({ ...sample.sandbox_chosen, more: 1 }), "schema"],
    ["no JSON", "{", "json"],
  ])("%s, though its hash is right", (_name, body, why) => {
    const [first] = filled();
    const row = { seq: 8, run, at_ms: 9, prev: readAll().at(-1)?.hash ?? "", body };
    behind(`INSERT INTO event VALUES (8, 'r1', 9, 'sandbox_chosen', '${row.prev}', '${hashOf(row)}', '${body}')`);
    expect(thrown(() => readAll())).toMatchObject({ seq: 8, why });
    expect(thrown(() => readAll({ run, after: first?.seq }))).toMatchObject({ seq: 8, why });
    expect(readAll({ limit: 7 })).toHaveLength(7);
  });

  test("nothing is appended to an event that is not whole", () => {
    filled();
    behind(...open, "UPDATE event SET at_ms = 6 WHERE seq = 7");
    const log = openLog(path);
    expect(thrown(() => log.append(run, 7, 9, sample.sandbox_chosen))).toMatchObject({ seq: 7, why: "hash" });
    expect(log.lastSeq()).toBe(7);
  });

  test("an event that its run cannot take is found by the replay", () => {
    const log = openLog(path);
    log.appendAll(run, 0, 5, [started, sample.candidate_passed]);
    expect(thrown(() => replay(log.read({ run })))).toMatchObject({ name: "LogCorrupt", seq: 2, why: "illegal" });
    expect(thrown(() => replay(log.read({ run, after: 1 })))).toMatchObject({ seq: 2, why: "illegal" });
    expect(replay(log.read({ run: RunId.parse("none") }))).toBeNull();
  });
});

describe("the file", () => {
  test("is shared with the tables of the original, which stay as they are", () => {
    const original = "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT, event TEXT, pane TEXT)";
    behind("PRAGMA journal_mode = WAL", original, "CREATE TABLE tasks (slug TEXT PRIMARY KEY)");
    behind("INSERT INTO events (ts, event, pane) VALUES ('t', 'run_start', 'p')");
    expect(readAll()).toEqual([]);
    filled();
    const db = new Database(path);
    expect(db.query("SELECT ts, event, pane FROM events").all()).toEqual([{ ts: "t", event: "run_start", pane: "p" }]);
    expect(db.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'tasks'").all()).toHaveLength(1);
    db.close();
    expect(readAll()).toHaveLength(7);
  });

  test("of a later version is refused, also for reading", () => {
    filled();
    behind("PRAGMA user_version = 2");
    expect(thrown(() => openLog(path))).toBeInstanceOf(LogTooNew);
    expect(thrown(() => openLog(path, { readonly: true }))).toMatchObject({ name: "LogTooNew", version: 2 });
  });

  test.each(["PRAGMA application_id = 7", "CREATE TABLE event (x)"])("of another program is refused: %s", (sql) => {
    behind("CREATE TABLE t (x)", sql);
    expect(thrown(() => openLog(path))).toMatchObject({ name: "LogUnavailable", code: "FOREIGN" });
    expect(thrown(() => openLog(path, { readonly: true }))).toMatchObject({ code: "FOREIGN" });
  });

  test("that is no database is refused, and left as it is", () => {
    const text = "not a database, only text\n".repeat(50);
    writeFileSync(path, text);
    expect(thrown(() => openLog(path))).toMatchObject({ name: "LogUnavailable", code: "SQLITE_NOTADB" });
    expect(thrown(() => openLog(path, { readonly: true }))).toMatchObject({ code: "SQLITE_NOTADB" });
    expect(statSync(path).size).toBe(text.length);
  });

  test("in a folder that is not there cannot be opened for writing", () => {
    const nowhere = join(folder, "none", "state.db");
    expect(thrown(() => openLog(nowhere))).toMatchObject({ name: "LogUnavailable", code: "SQLITE_CANTOPEN" });
  });
});

describe("a view", () => {
  test("of no file is empty, makes none, and sees the log when there is one", () => {
    const view = openLog(path, { readonly: true });
    expect([...view.read()]).toEqual([]);
    expect(view.lastSeq()).toBe(0);
    expect(view.runs()).toEqual([]);
    expect(view.lastRun()).toBeNull();
    expect(view.verify()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    filled();
    expect(view.lastSeq()).toBe(7);
    view.close();
  });

  test("writes nothing", () => {
    expect(thrown(() => openLog(path, { readonly: true }).append(run, 0, 1, started))).toBeInstanceOf(LogUnavailable);
    expect(existsSync(path)).toBe(false);
    filled();
    const refused = thrown(() => openLog(path, { readonly: true }).append(run, 7, 1, sample.sandbox_chosen));
    expect(refused).toMatchObject({ name: "LogUnavailable", code: "SQLITE_READONLY" });
  });

  test("sees what another connection writes while it is open", () => {
    const log = openLog(path);
    const view = openLog(path, { readonly: true });
    log.append(run, 0, 1, started);
    expect(view.lastSeq()).toBe(1);
    log.append(run, 1, 1, sample.sandbox_chosen);
    expect([...view.read()]).toHaveLength(2);
    log.close();
    view.close();
  });
});
