import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import { type JobBody, type JobEvent, jobOf, type Submission } from "./job.ts";
import { openQueue } from "./queue.ts";

const folder = mkdtempSync(join(tmpdir(), "dgov-queue-"));
afterEach(() => rmSync(join(folder, "q"), { recursive: true, force: true }));
const path = join(folder, "q/queue.db");

const BODY: JobBody = { repository: "/r/.git", root: "/r", plan: "p", only: [], jobs: null, mode: "go", inputs: "1" };
const submission = (id: string, more: Partial<Submission> = {}): Submission => {
  return { id, key: null, body: BODY, base: "b", target: "refs/heads/main", at_ms: 1, ...more };
};
const runner = { pid: 1, born: "1", host: "h", at_ms: 1 };
const ended: JobEvent = { kind: "ended", status: "failed", run: "r1", code: null, message: "no" };
const begun: JobEvent = { kind: "started", runner, mode: "go" };

test.each<[string, JobEvent[], object]>([
  ["nothing yet", [], { state: "queued", runner: null, resumes: 0 }],
  ["begun", [begun], { state: "running", runner }],
  ["asked to end", [begun, { kind: "cancel_asked" }], { state: "cancelling", runner }],
  ["stopped", [begun, { kind: "interrupted", by: "SIGTERM" }], { state: "queued", runner: null, resumes: 0 }],
  ["lost", [begun, { kind: "lost" }], { state: "queued", runner: null, resumes: 1 }],
  ["over", [begun, ended], { state: "failed", runner: null, run: "r1", message: "no" }],
  ["retried", [begun, { kind: "lost" }, ended, { kind: "retried" }], { state: "queued", again: true, resumes: 0 }],
  ["delivered", [begun, { kind: "delivered", commit: "c", ref: "x" }], { delivered: { commit: "c", ref: "x" } }],
  ["pruned", [begun, ended, { kind: "pruned" }], { state: "failed", pruned: true }],
])("C24 a job is what its facts say: %s", (_name, events, told) => {
  const job = jobOf(
    submission("j1"),
    events.map((event, at) => ({ at_ms: 10 + at, event })),
  );
  expect(job).toMatchObject(told);
  expect(job.changed_at_ms).toBe(events.length === 0 ? 1 : 9 + events.length);
});

test("C20 facts are added and never changed, and whoever opens the queue again reads the same", () => {
  const queue = openQueue(path);
  expect(queue.submit(submission("j1", { key: "k" }))).toMatchObject({ created: true, job: { id: "j1" } });
  expect(queue.submit(submission("j2", { key: "k", base: "later" }))).toMatchObject({
    created: false,
    job: { id: "j1" },
  });
  const other = submission("j3", { key: "k", body: { ...BODY, inputs: "2" } });
  expect(() => queue.submit(other)).toThrow("job j1 has it, and asks for another plan or configuration");
  const stamp = queue.stamp();
  queue.change("j1", 5, () => begun);
  expect(queue.stamp()).not.toBe(stamp);
  expect(queue.change("j1", 6, () => null).state).toBe("running");
  expect(() => queue.job("j9")).toThrow(DgovError);
  queue.close();
  const db = new Database(path);
  for (const sql of ["UPDATE job SET key = 'x'", "DELETE FROM job", "UPDATE fact SET at_ms = 0", "DELETE FROM fact"])
    expect(() => db.run(sql)).toThrow("only added to");
  db.close();
  const again = openQueue(path);
  expect(again.jobs()).toMatchObject([{ id: "j1", state: "running" }]);
  again.close();
});

test("C24 a file that is no queue is said to be none, and stays as it is", () => {
  openQueue(path).close();
  for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
  writeFileSync(
    path,
    "this is a letter to somebody, and much longer than a header of a database would be; ".repeat(20),
  );
  expect(() => openQueue(path)).toThrow(`Cannot use the queue "${path}": SQLITE_NOTADB`);
});
