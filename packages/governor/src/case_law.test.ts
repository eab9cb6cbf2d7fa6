import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Category } from "@dgov/kernel/ledger";
import { parseClaim } from "@dgov/sandbox";
import { caseLaw, takeDown } from "./case_law.ts";
import { readEntries, withWritable } from "./ledger.ts";
import { summarise } from "./view/run_summary.ts";
import { dispatched, frozen, landed, oid, RUN, rejected, started, stored, TWO } from "./view/testing/sample_run.ts";

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
    return caseLaw(root, claims.map(parseClaim));
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
    expect(caseLaw(root, [parseClaim("src/a.py")])).toEqual([]);
    expect(readEntries(root)).toEqual([]);
  });
});

describe("G5 a run takes down what it has learned", () => {
  const task = (id: typeof TWO) => ({ id, after: [], role: "worker" as const, unit: id, carried: null });
  const begin = started({
    tasks: [task(TWO)],
    retry: { retries: 0, settlement_retries: 0, tiers: 1, backoff_ms: [0] },
  });
  const red = (id: string) =>
    summarise(
      id,
      [
        begin,
        dispatched(TWO),
        frozen(TWO),
        ...rejected(TWO),
        { kind: "run_ended" as const, status: "failed" as const },
      ].map(asStored),
    );
  const green = (id: string) =>
    summarise(
      id,
      [
        begin,
        dispatched(TWO),
        frozen(TWO),
        ...landed(TWO),
        { kind: "run_ended" as const, status: "complete" as const },
      ].map(asStored),
    );
  const asStored = (event: Parameters<typeof stored>[0][number], at: number) => ({
    ...stored([event])[0]!,
    seq: at + 1,
    prev: "",
    hash: "",
  });

  test("a task that a gate refused in two runs is one open bug, and its landing resolves it", () => {
    const root = fresh();
    takeDown(root, red("r1"), 1);
    takeDown(root, red("r1"), 2); // the run said it before
    takeDown(root, red("r2"), 3);
    expect(readEntries(root)).toMatchObject([
      {
        category: "bug",
        content: "p core/a.two is refused at tests: tests/a_test.py:3: 1 test failed",
        status: "open",
        paths: ["tests/a_test.py"],
        seen: 2,
      },
    ]);
    takeDown(root, { ...green("r3"), plan_dir: ".dgov/plans/another" }, 4);
    expect(readEntries(root)[0]?.status).toBe("open");
    takeDown(root, green("r3"), 5);
    expect(readEntries(root)).toMatchObject([{ status: "resolved", commit: oid("d") }]);
  });

  test("no entry for what no gate has refused, nor for a run that goes on", () => {
    const root = fresh();
    takeDown(root, green("r1"), 1);
    takeDown(root, { ...red("r2"), status: "interrupted" }, 2);
    const lost = {
      kind: "attempt_failed" as const,
      task: TWO,
      attempt: 1,
      cause: "stuck" as const,
      detail: "",
      kept: null,
    };
    takeDown(
      root,
      summarise(
        RUN,
        [begin, dispatched(TWO), lost, { kind: "run_ended" as const, status: "failed" as const }].map(asStored),
      ),
      3,
    );
    expect(readEntries(root)).toEqual([]);
  });
});
