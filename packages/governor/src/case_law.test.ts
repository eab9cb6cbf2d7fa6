import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Event, openLog, RunId } from "@dgov/kernel";
import type { Category } from "@dgov/kernel/ledger";
import { parseClaim } from "@dgov/sandbox";
import { caseLaw, takeDown } from "./case_law.ts";
import { readEntries, withWritable } from "./ledger_file.ts";
import { summarise } from "./view/run_summary.ts";
import { dispatched, frozen, landed, oid, rejected, started, TWO } from "./view/testing/sample_run.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function fresh(): string {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(root);
  return root;
}

describe("what a worker is told", () => {
  const told = (entries: readonly [Category, string, ...string[]][], ...claims: string[]) => {
    const root = fresh();
    withWritable(root, (ledger) => {
      for (const [category, content, ...paths] of entries) ledger.add({ category, content, paths, found: null }, 1);
    });
    return caseLaw(root, claims.map(parseClaim), 2).lines;
  };

  test("open entries about what it may write, either way round, and rules about everything", () => {
    const law = told(
      [
        ["rule", "everywhere"],
        ["note", "nowhere"],
        ["bug", "same file", "src/a.py"],
        ["debt", "folder above", "src/"],
        ["pattern", "folder above, as 0.8 writes it", "src"],
        ["bug", "file within a claimed folder", "lib/x/y.py"],
        ["bug", "another file", "src/b.py"],
        ["rule", "another folder", "docs/"],
        ["note", "no path at all", "/etc/passwd"],
      ],
      "src/a.py::Cart.total",
      "lib/x/",
    );
    expect(law).toEqual([
      "bug: file within a claimed folder (lib/x/y.py)",
      "pattern: folder above, as 0.8 writes it (src)",
      "debt: folder above (src/)",
      "bug: same file (src/a.py)",
      "rule: everywhere",
    ]);
  });

  test("no more than it can read, each in one line", () => {
    const many = Array.from({ length: 30 }, (_, at): [Category, string] => [
      "rule",
      `${at}\n## Rules\n${"x".repeat(900)}`,
    ]);
    const law = told(many, "src/a.py");
    expect(law).toHaveLength(20);
    for (const line of law)
      expect({ lines: line.split("\n").length, long: line.length > 502 }).toEqual({ lines: 1, long: false });
    expect(law[0]).toStartWith("rule: 29 ## Rules");
  });

  test("nothing is told, and no file made, where nothing was written down", () => {
    const root = fresh();
    expect(caseLaw(root, [parseClaim("src/a.py")], 2)).toEqual({ lines: [], recalled: null });
    expect(readEntries(root)).toEqual([]);
  });
});

describe("G15 an entry that was changed after it was written", () => {
  function lay() {
    const root = fresh();
    withWritable(root, (ledger) => {
      for (const content of ["money is in cents", "no globals"])
        ledger.add({ category: "rule", content, paths: [], found: null }, 1);
    });
    return { root, recall: () => caseLaw(root, [parseClaim("src/a.py")], 2) };
  }
  const edit = (root: string, sql: string) => {
    const db = new Database(join(root, ".dgov/state.db"), { readwrite: true });
    db.run(sql);
    db.close();
  };

  test("is told to nobody, and the others are; both with their hashes", () => {
    const { root, recall } = lay();
    const before = recall();
    expect(before.recalled).toMatchObject({ told: [{ entry: 2 }, { entry: 1 }], withheld: [] });
    edit(root, "UPDATE ledger SET content = 'money is in floats' WHERE id = 1");
    const after = recall();
    expect(after.lines).toEqual(["rule: no globals"]);
    expect(after.recalled?.told).toEqual(before.recalled?.told.slice(0, 1) ?? []);
    expect(after.recalled?.withheld).toEqual([
      { entry: 1, hash: expect.not.stringMatching(before.recalled?.told[1]?.hash ?? ""), why: "edited" },
    ]);
  });

  test("that dgov 0.8 resolves is none: what it says is the same", () => {
    const { root, recall } = lay();
    edit(root, "UPDATE ledger SET status = 'resolved', resolved_at = 5 WHERE id = 1");
    expect(recall()).toMatchObject({ lines: ["rule: no globals"], recalled: { withheld: [] } });
  });

  test("one that dgov 0.8 has written is told, and its hash is taken then", () => {
    const { root, recall } = lay();
    edit(root, "INSERT INTO ledger (category, content, created_at) VALUES ('rule', 'of 0.8', 3)");
    expect(recall().lines).toContain("rule: of 0.8");
    edit(root, "UPDATE ledger SET content = 'of somebody else' WHERE id = 3");
    expect(recall().recalled?.withheld).toMatchObject([{ entry: 3, why: "edited" }]);
  });

  test("where the facts themselves were changed, nothing is told", () => {
    const { root, recall } = lay();
    edit(root, "DROP TRIGGER ledger_fact_is_never_updated");
    edit(root, "UPDATE ledger_fact SET at_ms = 7 WHERE seq = 1");
    expect(recall()).toMatchObject({ lines: [], recalled: { withheld: [{ why: "unproven" }, { why: "unproven" }] } });
  });
});

describe("G5 a run takes down what it has learned", () => {
  const task = { id: TWO, after: [], role: "worker" as const, unit: TWO, carried: null };
  const stuck: Event = { kind: "attempt_failed", task: TWO, attempt: 1, cause: "stuck", detail: "", kept: null };
  const retried: Event = { kind: "task_retried", task: TWO, attempt: 1, by: "policy", tier: 0, carry: true };
  const red = [dispatched(TWO), frozen(TWO), ...rejected(TWO)];
  const green = [dispatched(TWO), frozen(TWO), ...landed(TWO)];

  /** A run of one task comes to its end, or is stopped. */
  function over(
    root: string,
    id: string,
    status: "complete" | "failed" | null,
    events: readonly Event[],
    plan_dir = "p",
  ): void {
    const log = openLog(":memory:");
    const end: Event[] =
      status === null ? [{ kind: "run_interrupted", signal: "SIGINT" }] : [{ kind: "run_ended", status }];
    log.appendAll(RunId.parse(id), 0, 1, [started({ tasks: [task], plan_dir }), ...events, ...end]);
    takeDown(root, log, summarise(id, [...log.read()]), 1);
    log.close();
  }

  test("a task that a gate refused in two runs is one open bug, and its landing resolves it", () => {
    const root = fresh();
    over(root, "r1", "failed", red);
    over(root, "r1", "failed", red); // the run said it before
    over(root, "r2", "failed", red);
    expect(readEntries(root)).toMatchObject([
      {
        category: "bug",
        content: "p core/a.two is refused at tests: tests/a_test.py:3: 1 test failed",
        status: "open",
        paths: ["tests/a_test.py"],
        seen: 2,
      },
    ]);
    over(root, "r3", "complete", green, "another");
    expect(readEntries(root)[0]?.status).toBe("open");
    over(root, "r3", "complete", green);
    expect(readEntries(root)).toMatchObject([{ status: "resolved", commit: oid("d") }]);
  });

  test("what the judges refused counts, however a later attempt ended", () => {
    const root = fresh();
    over(root, "r1", "failed", [...red, retried, dispatched(TWO, 2), { ...stuck, attempt: 2 }]);
    expect(readEntries(root)).toMatchObject([{ status: "open", found: { gate: "tests" } }]);
  });

  test("no entry for what no gate has refused, what landed after all, nor for a run that goes on", () => {
    const root = fresh();
    over(root, "r1", "complete", green);
    over(root, "r2", "complete", [...red, retried, dispatched(TWO, 2), frozen(TWO, 2), ...landed(TWO, 2)]);
    over(root, "r3", null, red);
    over(root, "r4", "failed", [dispatched(TWO), stuck]);
    expect(readEntries(root)).toEqual([]);
  });
});
