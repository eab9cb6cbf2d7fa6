import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Draft, type Faults, type Found, openLedger } from "./ledger.ts";
import { openLog } from "./log.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(folder);
  return join(folder, "state.db");
}

const draft = (content: string, more: Partial<Draft> = {}): Draft => ({
  category: "rule",
  content,
  paths: [],
  found: null,
  ...more,
});
const found = (run: string): Found => ({
  key: "p core/a.one gate tests",
  run,
  plan_dir: "p",
  task: "core/a.one",
  gate: "tests",
});
const failure = (run: string) => ({ ...draft("tests fail", { category: "bug" }), found: found(run) });

describe("G1 the ledger", () => {
  test("entries count from 1, newest first, and a resolved one stays", () => {
    const ledger = openLedger(freshPath());
    expect(["a", "b", "c"].map((content, at) => ledger.add(draft(content, { paths: ["src/"] }), at))).toEqual([
      1, 2, 3,
    ]);
    expect([ledger.resolve(2, null, 9), ledger.resolve(2, null, 10), ledger.resolve(999, null, 11)]).toEqual([
      "open",
      "resolved",
      "unknown",
    ]);
    expect(ledger.entries().map(({ id, status, resolved_at_ms }) => ({ id, status, resolved_at_ms }))).toEqual([
      { id: 3, status: "open", resolved_at_ms: null },
      { id: 2, status: "resolved", resolved_at_ms: 9 },
      { id: 1, status: "open", resolved_at_ms: null },
    ]);
    expect(ledger.entries()[0]?.paths).toEqual(["src/"]);
    ledger.close();
  });

  test("resolving appends: no row changes, and no fact can", () => {
    const path = freshPath();
    const ledger = openLedger(path);
    ledger.add(draft("a"), 1);
    const db = new Database(path, { readwrite: true });
    const before = db.query("SELECT * FROM ledger").all();
    ledger.resolve(1, "c0ffee", 2);
    expect(db.query("SELECT * FROM ledger").all()).toEqual(before);
    expect(() => db.run("UPDATE ledger_fact SET entry = 2")).toThrow("append-only");
    expect(() => db.run("DELETE FROM ledger_fact")).toThrow("append-only");
    expect(ledger.entries()[0]?.commit).toBe("c0ffee");
    db.close();
    ledger.close();
  });

  test("a run's log in the same file is left whole", () => {
    const path = freshPath();
    const ledger = openLedger(path);
    ledger.add(draft("a"), 1);
    ledger.close();
    const log = openLog(path, { readonly: true });
    expect({ events: log.verify(), runs: log.runs() }).toEqual({ events: 0, runs: [] });
    log.close();
  });
});

describe("where there is nothing to read", () => {
  test("no file is an empty ledger, and none is made", () => {
    const path = freshPath();
    const ledger = openLedger(path, { readonly: true });
    expect(ledger.entries()).toEqual([]);
    expect(() => ledger.add(draft("a"), 1)).toThrow("Cannot use the log");
    ledger.close();
    expect(existsSync(path)).toBe(false);
  });

  test("a folder that cannot be written is read all the same", () => {
    const path = freshPath();
    const ledger = openLedger(path);
    ledger.add(draft("a"), 1);
    ledger.close();
    for (const file of [`${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    chmodSync(dirname(path), 0o555); // stops all but root
    const view = openLedger(path, { readonly: true });
    expect(view.entries()).toMatchObject([{ content: "a" }]);
    view.close();
    chmodSync(dirname(path), 0o755);
  });

  test("a log without a ledger is an empty one", () => {
    const path = freshPath();
    openLog(path).close();
    const ledger = openLedger(path, { readonly: true });
    expect(ledger.entries()).toEqual([]);
    ledger.close();
  });
});

describe("a file of dgov 0.8", () => {
  /** As the Python program makes it; `columns` are those that it has added in its time. */
  function old(columns: readonly string[], values: string): string {
    const path = freshPath();
    const db = new Database(path, { create: true });
    db.run(`CREATE TABLE ledger (id INTEGER PRIMARY KEY AUTOINCREMENT, category TEXT NOT NULL, content TEXT NOT NULL,
      status TEXT NOT NULL DEFAULT 'open', created_at REAL NOT NULL, resolved_at REAL${columns.map((name) => `, ${name} TEXT`).join("")})`);
    db.run(`INSERT INTO ledger (category, content, status, created_at, resolved_at${columns.map((name) => `, ${name}`).join("")})
      VALUES ${values}`);
    db.close();
    return path;
  }
  const BOTH = ["affected_paths", "affected_tags"];

  test("its entries are found before this program has written anything, and its ids go on", () => {
    const path = old(
      BOTH,
      `('debt', 'slow', 'resolved', 5.5, 7.25, NULL, NULL), ('rule', 'no globals', 'open', 6, NULL, '["src/a.py"]', '["x"]')`,
    );
    const view = openLedger(path, { readonly: true });
    const read = view.entries();
    view.close();
    expect(
      read.map(({ id, category, status, created_at_ms, resolved_at_ms }) => [
        id,
        category,
        status,
        created_at_ms,
        resolved_at_ms,
      ]),
    ).toEqual([
      [2, "rule", "open", 6000, null],
      [1, "debt", "resolved", 5500, 7250],
    ]);
    expect(read[0]).toMatchObject({ paths: ["src/a.py"], tags: ["x"], integrity: { is: "unsealed" } });
    const ledger = openLedger(path);
    expect(ledger.add(draft("new"), 8000)).toBe(3);
    ledger.close();
    const db = new Database(path, { readonly: true });
    expect(db.query("SELECT category, status, created_at FROM ledger WHERE id = 3").get()).toEqual({
      category: "rule",
      status: "open",
      created_at: 8,
    });
    db.close();
  });

  test("of before it had paths: it is read, and written", () => {
    const path = old([], `('note', 'old', 'open', 1, NULL)`);
    const view = openLedger(path, { readonly: true });
    expect(view.entries()).toMatchObject([{ id: 1, paths: [], integrity: { is: "unsealed" } }]);
    view.close();
    const ledger = openLedger(path);
    ledger.add(draft("new", { paths: ["src/a.py"] }), 2);
    expect(ledger.entries().map(({ paths }) => paths)).toEqual([["src/a.py"], []]);
    ledger.close();
  });

  test.each([["not json"], ['{"a": 1}'], ["[1]"]])("paths that cannot be read are told: %s", (cell) => {
    const path = old(BOTH, `('note', 'old', 'open', 1, NULL, '${cell}', NULL)`);
    const view = openLedger(path, { readonly: true });
    expect(view.entries()).toMatchObject([{ paths: [], integrity: { is: "damaged" } }]);
    view.close();
  });
});

describe("G5 what runs find", () => {
  test("the same failure of two runs is one open entry, and of one run it counts once", () => {
    const ledger = openLedger(freshPath());
    for (const run of ["r1", "r2", "r2", "r1"]) ledger.note(failure(run), 1);
    ledger.note({ ...failure("r2"), found: { ...found("r2"), key: "another" } }, 2);
    expect(ledger.entries().map(({ id, seen }) => ({ id, seen }))).toEqual([
      { id: 2, seen: 1 },
      { id: 1, seen: 2 },
    ]);
    ledger.close();
  });

  test("after it was resolved, the runs that had met it do not open it again, and the next one does", () => {
    const ledger = openLedger(freshPath());
    ledger.note(failure("r1"), 1);
    ledger.resolve(1, "c0ffee", 2);
    ledger.note(failure("r1"), 3);
    expect(ledger.entries()).toHaveLength(1);
    ledger.note(failure("r2"), 4);
    expect(ledger.entries().map(({ id, status }) => ({ id, status }))).toEqual([
      { id: 2, status: "open" },
      { id: 1, status: "resolved" },
    ]);
    ledger.close();
  });
});

describe("G15 the ledger knows what it said", () => {
  /** Three entries, of which the second is resolved; then something is done to the file. */
  function after(...tampering: string[]) {
    const path = freshPath();
    const ledger = openLedger(path);
    for (const content of ["a", "b", "c"]) ledger.add(draft(content), 1);
    ledger.resolve(2, null, 2);
    ledger.close();
    const db = new Database(path, { readwrite: true });
    for (const name of ["updated", "deleted"]) db.run(`DROP TRIGGER ledger_fact_is_never_${name}`);
    for (const sql of tampering) db.run(sql);
    db.close();
    return path;
  }
  const faultsOf = (path: string) => {
    const view = openLedger(path, { readonly: true });
    try {
      return view.faults();
    } finally {
      view.close();
    }
  };
  const WHOLE: Faults = { broken_at: null, edited: [], missing: [] };

  test.each<[what: string, faults: Partial<Faults>, sql: string[]]>([
    ["nothing", {}, []],
    ["dgov 0.8 resolves", {}, ["UPDATE ledger SET status = 'resolved', resolved_at = 9 WHERE id = 1"]],
    ["text", { edited: [1] }, ["UPDATE ledger SET content = 'x' WHERE id = 1"]],
    ["paths", { edited: [3] }, ["UPDATE ledger SET affected_paths = '[\"src/\"]' WHERE id = 3"]],
    ["category", { edited: [2] }, ["UPDATE ledger SET category = 'note' WHERE id = 2"]],
    ["an entry is gone", { missing: [2] }, ["DELETE FROM ledger WHERE id = 2"]],
    ["a flip in a fact", { broken_at: 2 }, ["UPDATE ledger_fact SET entry = 3 WHERE seq = 2"]],
    ["the last fact", { broken_at: 4 }, ["UPDATE ledger_fact SET at_ms = 3 WHERE seq = 4"]],
    ["a fact is gone", { broken_at: 3, missing: [] }, ["DELETE FROM ledger_fact WHERE seq = 2"]],
    ["no JSON", { broken_at: 1 }, ["UPDATE ledger_fact SET body = 'x' WHERE seq = 1"]],
    [
      "a fact without a link",
      { broken_at: 5 },
      [`INSERT INTO ledger_fact VALUES (5, 1, 3, '{"kind":"resolved","commit":null}')`],
    ],
    [
      "two facts change places",
      { broken_at: 1 },
      [
        "UPDATE ledger_fact SET seq = 9 WHERE seq = 1",
        "UPDATE ledger_fact SET seq = 1 WHERE seq = 2",
        "UPDATE ledger_fact SET seq = 2 WHERE seq = 9",
      ],
    ],
  ])("%s", (_, faults, sql) => {
    expect(faultsOf(after(...sql))).toEqual({ ...WHOLE, ...faults });
  });

  test("accepting takes it as it stands, and what is changed after that shows again", () => {
    const path = after(
      "UPDATE ledger SET content = 'x' WHERE id = 1",
      "DELETE FROM ledger WHERE id = 3",
      "UPDATE ledger_fact SET at_ms = 3 WHERE seq = 4",
    );
    const ledger = openLedger(path);
    ledger.accept(8);
    expect(ledger.faults()).toEqual(WHOLE);
    expect(ledger.entries().map(({ id, content, integrity }) => [id, content, integrity.is])).toEqual([
      [2, "b", "sealed"],
      [1, "x", "sealed"],
    ]);
    ledger.close();
    const db = new Database(path, { readwrite: true });
    db.run("UPDATE ledger SET content = 'y' WHERE id = 1");
    expect(faultsOf(path)).toEqual({ ...WHOLE, edited: [1] });
    db.run("DROP TRIGGER ledger_fact_is_never_updated");
    db.run("UPDATE ledger_fact SET at_ms = 4 WHERE seq = 1"); // what was accepted is held by that
    expect(faultsOf(path).broken_at).toBe(5);
    db.close();
  });

  test("facts of before there were hashes stay readable, and the first hash holds them", () => {
    const path = after(
      "DELETE FROM ledger_fact",
      `INSERT INTO ledger_fact VALUES (1, 2, 1, '{"kind":"resolved","commit":null}')`,
    );
    expect(faultsOf(path)).toEqual(WHOLE);
    const ledger = openLedger(path);
    ledger.seal(5);
    expect(ledger.entries().map(({ status, integrity }) => [status, integrity.is])).toEqual([
      ["open", "sealed"],
      ["resolved", "sealed"],
      ["open", "sealed"],
    ]);
    expect(ledger.faults()).toEqual(WHOLE);
    ledger.close();
    const db = new Database(path, { readwrite: true });
    db.run("DROP TRIGGER ledger_fact_is_never_updated");
    db.run("UPDATE ledger_fact SET entry = 1 WHERE seq = 1");
    db.close();
    expect(faultsOf(path).broken_at).toBe(2);
  });
});
