import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunId } from "@dgov/kernel";
import { latestLandings } from "./history.ts";
import { openWritable } from "./log.ts";
import { deployedBefore, pastRuns } from "./past.ts";
import { BEGIN_MS, ONE, oid, PARTIAL, RUN, started, THREE, TWO } from "./view/testing/sample_run.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(root);
  mkdirSync(join(root, ".dgov/plans"), { recursive: true });
  return root;
}

test("what has landed in one run, and what it carried over", () => {
  const carried = started({ tasks: [{ id: TWO, after: [], role: "worker", unit: TWO, carried: oid("9") }] });
  const log = openWritable(folder(), { readonly: false });
  log.appendAll(RUN, 0, BEGIN_MS, PARTIAL);
  log.appendAll(RunId.parse("r20261121T050827-0000"), PARTIAL.length, BEGIN_MS + 1, [carried]);
  const past = pastRuns(log, ".dgov/plans/p");
  log.close();
  expect(past.map(({ ended }) => ended)).toEqual([null, "partial"]);
  expect(past.map(({ landed }) => [...landed])).toEqual([
    [[TWO, { commit: oid("9"), at_ms: BEGIN_MS + 1 }]],
    [[ONE, { commit: oid("d"), at_ms: BEGIN_MS }]],
  ]);
  const tasks = [ONE, TWO, THREE].map((id) => ({ id, unit: String(id) }));
  expect([...latestLandings(past, tasks).keys()]).toEqual([ONE, TWO]);
  expect([...latestLandings(past, [{ id: ONE, unit: "other" }]).keys()]).toEqual([]);
});

test("the deploy log of dgov 0.8: its records of this plan, the last for all, and no damaged line", () => {
  const root = folder();
  expect([...deployedBefore(root, "p")]).toEqual([]);
  const record = (plan: string, unit: string, sha: string) =>
    JSON.stringify({ plan, unit, sha, ts: "2026-05-01T00:00:00Z" });
  const lines = [
    record("p", ONE, oid("1")),
    record("q", TWO, oid("2")),
    '{"plan":"p","un',
    "",
    record("p", TWO, "HEAD"),
  ];
  writeFileSync(join(root, ".dgov/plans/deployed.jsonl"), [...lines, record("p", ONE, oid("3")), ""].join("\n"));
  expect([...deployedBefore(root, "p")]).toEqual([[ONE, { commit: oid("3"), at_ms: Date.UTC(2026, 4, 1) }]]);
});
