import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunId } from "@dgov/kernel";
import { openWritable } from "./log.ts";
import { readStatus } from "./status.ts";
import { dispatched, ONE, PARTIAL, RUN, started } from "./view/testing/sample_run.ts";
import { ndjson, type WatchOptions, watch } from "./watching.ts";

const OTHER = RunId.parse("r20261122T000000-0000");
const END: WatchOptions = { plan: null, all: false, after: null, follow: false };
const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A repository with a run of "p" that is over, and one of "q" under way. */
function twoRuns() {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(root);
  const log = openWritable(root, { readonly: false });
  log.appendAll(RUN, 0, 1, PARTIAL);
  log.appendAll(OTHER, PARTIAL.length, 2, [started({ plan: "q", plan_dir: ".dgov/plans/q" }), dispatched(ONE)]);
  return { root, log };
}

/** Reads what is there; a follower is stopped after `enough` events. */
async function seen(
  root: string,
  options: Partial<WatchOptions>,
  enough = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const stop = new AbortController();
  const wait = { poll_ms: 1, sleep_ms: (ms: number) => Bun.sleep(ms), signal: stop.signal };
  const numbers: number[] = [];
  for await (const { seq } of watch(root, { ...END, ...options }, wait)) {
    numbers.push(seq);
    if (numbers.length >= enough) stop.abort();
  }
  return numbers;
}

const to = (from: number, last: number) => Array.from({ length: last - from + 1 }, (_, at) => from + at);
const N = PARTIAL.length;

test.each<[name: string, options: Partial<WatchOptions>, numbers: number[]]>([
  ["the run that is under way", {}, [N + 1, N + 2]],
  ["everything", { all: true }, to(1, N + 2)],
  ["one plan", { plan: "p" }, to(1, N)],
  ["one plan by its directory", { plan: ".dgov/plans/q/" }, [N + 1, N + 2]],
  ["after a cursor", { after: 5 }, to(6, N + 2)],
  ["one plan after a cursor", { plan: "p", after: N - 1 }, [N]],
  ["after the last event", { after: N + 2 }, []],
])("watch shows %s", async (_name, options, numbers) => {
  const { root, log } = twoRuns();
  expect(await seen(root, options)).toEqual(numbers);
  log.close();
});

test("I2 a follower that is stopped goes on from its cursor without gap or repeat", async () => {
  const { root, log } = twoRuns();
  const first = await seen(root, { all: true, follow: true }, 7);
  expect(first).toEqual(to(1, 7));
  const second = seen(root, { after: 7, follow: true }, N - 4);
  await Bun.sleep(20);
  log.append(OTHER, N + 2, 3, { kind: "run_interrupted", signal: "SIGINT" });
  expect(await second).toEqual(to(8, N + 3));
  log.close();
});

test("a plan without a run is refused, naming those that have one", async () => {
  const { root, log } = twoRuns();
  await expect(seen(root, { plan: "x" })).rejects.toMatchObject({
    code: "plan_not_found",
    hint: 'There are runs of "q", "p"',
  });
  log.close();
});

test("a line for a program begins with its cursor", () => {
  const stored = { seq: 4, run: RUN, at_ms: 9, prev: "", hash: "", event: dispatched(ONE) };
  expect(ndjson(stored)).toStartWith(`{"seq":4,"run":"${RUN}","at_ms":9,"kind":"task_dispatched","task":"${ONE}"`);
});

test("status is that of the last run", () => {
  const { root, log } = twoRuns();
  log.close();
  expect(readStatus(root, { all: false })).toMatchObject({ status: "active", run: { plan: "q", process: "unknown" } });
});
