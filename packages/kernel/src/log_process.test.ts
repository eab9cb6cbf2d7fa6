import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "./log.ts";
import { RunId } from "./plan.ts";
import { LogUnavailable } from "./store.ts";
import { sampleOf, spec, startedWith, task } from "./testing/events.ts";

// What only other processes, other users and a full disk can show.

const run = RunId.parse("r1");
const started = startedWith([spec("a")]);
const sample = sampleOf(task("a"));
const ROOT = process.geteuid?.() === 0;
const NOBODY = 65_534;

let folder: string;
let path: string;
beforeEach(() => {
  process.umask(0o022);
  folder = mkdtempSync(join(tmpdir(), "dgov-log-"));
  path = join(folder, "state.db");
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

/** A program that appends: `count` events, or without end. It says each event's number once `append` has returned. */
const WRITER = `
  import { writeSync } from "node:fs";
  import { openLog } from ${JSON.stringify(join(import.meta.dir, "log.ts"))};
  const [path, run, count] = process.argv.slice(1);
  const event = (n) => ({ kind: "tool_called", task: "core/part.a", attempt: 1, n, tool: run, input: "{}", ok: true,
    refused_by: null, touched: [], text: "x".repeat(200), took_ms: 1 });
  const durable = (n) => ({ kind: "task_landed", task: "core/part.a", attempt: n, commit: "0".repeat(40) });
  const log = openLog(path);
  for (let n = 1, seq = log.lastSeq(); n <= Number(count); ) {
    try {
      seq = log.append(run, seq, n, n % 50 === 0 ? durable(n) : event(n)).seq;
      writeSync(1, seq + "\\n");
      n += 1;
    } catch (error) {
      if (error.name !== "LogMoved") { writeSync(1, error.name + " " + error.code + "\\n"); process.exit(9); }
      seq = error.last;
    }
  }
`;
const writer = (name: string, count: number) =>
  Bun.spawn([process.execPath, "-e", WRITER, path, name, String(count)], { stdout: "pipe", stderr: "inherit" });

test("four processes open and write one log at once: each event once, in one chain, and no writer gives up", async () => {
  const names = ["w1", "w2", "w3", "w4"];
  const told = await Promise.all(
    names.map(async (name) => {
      const child = writer(name, 100);
      const text = await new Response(child.stdout).text();
      expect(await child.exited).toBe(0);
      return text.trim().split("\n").map(Number);
    }),
  );
  const log = openLog(path, { readonly: true });
  expect(log.verify()).toBe(400);
  expect(told.flat().sort((x, y) => x - y)).toEqual(Array.from({ length: 400 }, (_, at) => at + 1));
  for (const [at, name] of names.entries())
    expect([...log.read({ run: RunId.parse(name) })].map(({ seq }) => seq)).toEqual(told[at] ?? []);
  log.close();
}, 60_000);

test("kill -9 at any moment loses no event that was acknowledged, and breaks no chain", async () => {
  for (let round = 0; round < 6; round++) {
    const child = writer("w", Number.MAX_SAFE_INTEGER);
    const reader = child.stdout.getReader();
    const text: string[] = [];
    const decoder = new TextDecoder();
    for (let reads = 0; reads < 3 + round; reads++) text.push(decoder.decode((await reader.read()).value));
    child.kill("SIGKILL");
    for (let part = await reader.read(); !part.done; part = await reader.read()) text.push(decoder.decode(part.value));
    await child.exited;
    const acknowledged = Number(text.join("").split("\n").at(-2));
    const log = openLog(path);
    expect(acknowledged).toBeGreaterThan(0);
    expect(log.lastSeq()).toBeGreaterThanOrEqual(acknowledged);
    expect(log.lastSeq()).toBeLessThanOrEqual(acknowledged + 1); // one may be written and not yet said
    expect(log.verify()).toBe(log.lastSeq());
    log.close();
  }
}, 60_000);

test("a disk that is full ends the writing with its reason, and the log is whole", async () => {
  const log = openLog(path);
  log.append(run, 0, 1, started);
  const limited = `trap '' XFSZ; ulimit -f 200; exec "$0" "$@"`;
  const argv = ["sh", "-c", limited, process.execPath, "-e", WRITER, path, "w", "100000"];
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit" });
  const told = (await new Response(child.stdout).text()).trim().split("\n");
  expect(await child.exited).toBe(9);
  expect(told.pop()).toMatch(/^LogUnavailable SQLITE_(FULL|IOERR\w*)$/);
  expect(log.lastSeq()).toBe(Number(told.pop()));
  expect(log.verify()).toBe(log.lastSeq());
  log.append(run, log.lastSeq(), 1, sample.sandbox_chosen);
  log.close();
}, 60_000);

/** Runs as a user to whom the rights of files apply. */
function unprivileged<T>(work: () => T): T {
  if (!ROOT) return work();
  process.seteuid?.(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("a folder that cannot be written", () => {
  const fill = () => {
    const log = openLog(path);
    log.append(run, 0, 1, started);
    return log;
  };

  test("is no place for a run", () => {
    fill().close();
    chmodSync(folder, 0o555);
    chmodSync(path, 0o444);
    expect(() => unprivileged(() => openLog(path).append(run, 1, 1, sample.sandbox_chosen))).toThrow(LogUnavailable);
    expect(openLog(path, { readonly: true }).lastSeq()).toBe(1);
  });

  test("can be viewed when nobody writes", () => {
    fill().close();
    chmodSync(folder, 0o555);
    expect(readdirSync(folder)).toEqual(["state.db"]);
    unprivileged(() => {
      const view = openLog(path, { readonly: true });
      expect([...view.read()]).toHaveLength(1);
      expect(view.runs()).toHaveLength(1);
      view.close();
    });
    expect(readdirSync(folder)).toEqual(["state.db"]);
  });

  test("can be viewed while another writes", () => {
    const log = fill();
    chmodSync(folder, 0o555);
    unprivileged(() => {
      const view = openLog(path, { readonly: true });
      expect(view.lastSeq()).toBe(1);
      view.close();
    });
    chmodSync(folder, 0o755);
    log.close();
  });

  test("and that has no log is an empty view, and stays without", () => {
    chmodSync(folder, 0o555);
    unprivileged(() => expect(openLog(path, { readonly: true }).runs()).toEqual([]));
    expect(existsSync(path)).toBe(false);
  });
});
