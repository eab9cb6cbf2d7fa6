import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { converse, type RunOptions, run } from "./process.ts";

const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  cwd: tmpdir(),
  env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
  timeout_ms: 20_000,
  bytes_max: 1_000_000,
  ...more,
});
const sh = (script: string, more: Partial<RunOptions> = {}) => run(["sh", "-c", script], options(more));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const alive = (pid: number) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
  } catch {
    return false;
  }
};

/** Killed is not yet gone where the machine is busy. */
async function untilDead(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 1_000 && pids.some(alive); tries++) await Bun.sleep(20);
  expect(pids.map(alive)).toEqual(pids.map(() => false));
}

test("the exit status, both outputs and stdin", async () => {
  const exit = await sh("cat; echo no >&2; exit 3", { stdin: "yes" });
  expect(exit).toMatchObject({ ended: "exit", code: 3, signal: null, stderr: "no\n" });
  expect(text(exit.stdout)).toBe("yes");
});

test("C5 nothing of the environment is inherited", async () => {
  const exit = await sh("env | grep -v -E '^(PWD|SHLVL|_|PATH|OLDPWD)='");
  expect(text(exit.stdout)).toBe("");
});

test("a program that is not there, and a folder that is not there", async () => {
  expect(await run(["/nowhere/at/all"], options())).toMatchObject({ ended: "not_started", code: null });
  expect(await sh("true", { cwd: "/nowhere/at/all" })).toMatchObject({ ended: "not_started", code: null });
});

test("a signal is told apart from an exit", async () => {
  expect(await sh("kill -TERM $$")).toMatchObject({ ended: "signal", signal: "SIGTERM", code: null });
});

test("C6 I10 the time limit ends the tree, also what left the process group", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dgov-process-"));
  const exit = await sh("setsid sh -c 'echo $$ > a; sleep 60' & sh -c 'echo $$ > b; exec sleep 60' & wait", {
    cwd: dir,
    timeout_ms: 2_000,
  });
  expect(exit.ended).toBe("timeout");
  const pids = ["a", "b"].map((name) => Number(readFileSync(join(dir, name), "utf8")));
  await untilDead(pids);
  rmSync(dir, { recursive: true });
});

test("a child that keeps the output open does not hold us up, and dies", async () => {
  const exit = await sh("sleep 60 & echo $!");
  expect(exit).toMatchObject({ ended: "exit", code: 0 });
  await untilDead([Number(text(exit.stdout))]);
});

test("too much output ends it, and what is kept is bounded", async () => {
  const exit = await sh("yes", { bytes_max: 10_000 });
  expect(exit.ended).toBe("output_limit");
  expect(exit.stdout.length).toBe(10_000);
  const noisy = await sh("yes x | head -c 200000 >&2; echo end >&2");
  expect(noisy.stderr.length).toBeLessThanOrEqual(64 * 1024);
  expect(noisy.stderr.endsWith("end\n")).toBe(true);
});

test("an abort ends it, before or after the start", async () => {
  const abort = new AbortController();
  const running = sh("sleep 60", { signal: abort.signal });
  setTimeout(() => abort.abort(), 50);
  expect((await running).ended).toBe("aborted");
  expect((await sh("true", { signal: abort.signal })).ended).toBe("aborted");
});

test("a question that its program does not hear is an error of its turn, and of nobody else", async () => {
  for (let tries = 0; tries < 8; tries++) {
    const deaf = converse(["sh", "-c", "exec <&-; sleep 0.02"], { cwd: "/", env: { PATH: process.env.PATH ?? "" } });
    if (tries % 2 === 1) await Bun.sleep(40);
    const asked = deaf.turn("?".repeat(500_000), (talk) => talk.line(), 5_000);
    expect(await asked.then(String, () => "refused")).toBe("refused");
  }
  await Bun.sleep(20); // what nobody has heard would be told now
});
