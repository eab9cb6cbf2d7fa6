import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunId, TaskId } from "@dgov/kernel";
import { openSteering } from "./desk.ts";
import { fileRequest, type Request } from "./request.ts";

const RUN = RunId.parse("r1");
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

function desk() {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  const warned: string[] = [];
  const world = { sleep_ms: () => Bun.sleep(1), warn: (line: string) => void warned.push(line) };
  const steering = openSteering({ root, run: RUN, wait_ms: 5 }, world);
  open.push(() => {
    steering.close();
    rmSync(root, { recursive: true });
  });
  return { root, warned, steering, left: () => readdirSync(join(root, ".dgov/runtime/requests")) };
}

const cancel = (run: string, at_ms: number): Request => ({
  ...{ run: RunId.parse(run), verb: "cancel", task: TaskId.parse("core/main.a"), by: "ann", reason: "", at_ms },
});

test("requests come oldest first, and lie there until they are done", async () => {
  const { root, steering, left } = desk();
  const heard = steering.heard();
  for (const at_ms of [1_000, 9, 20]) fileRequest(root, cancel("r1", at_ms), 0.5);
  await heard;
  const all = steering.requests();
  expect(all.map(({ request }) => request.at_ms)).toEqual([9, 20, 1_000]);
  expect(steering.requests()).toEqual(all);
  for (const filed of all) steering.done(filed);
  expect({ left: left(), more: steering.requests() }).toEqual({ left: [], more: [] });
});

test("what is asked of another run, and what is no request, is taken away and not done", () => {
  const { root, steering, left, warned } = desk();
  fileRequest(root, cancel("r2", 1), 0.5);
  writeFileSync(join(root, ".dgov/runtime/requests/0.json"), '{"run":"r1","verb":"land"}');
  writeFileSync(join(root, ".dgov/runtime/requests/1.json"), "");
  expect(steering.requests()).toEqual([]);
  expect(left()).toEqual([]);
  expect(warned).toHaveLength(2);
});

test("where nobody has asked for anything there is nothing, and patience has an end", async () => {
  const { steering } = desk();
  expect(steering.requests()).toEqual([]);
  expect(await steering.patience(new AbortController().signal)).toBe(true);
  expect(await steering.patience(AbortSignal.abort())).toBe(false);
});
