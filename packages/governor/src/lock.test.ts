import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DgovError } from "./error.ts";
import { createGit } from "./git/git.ts";
import { readHolder, takeLock } from "./git/lockfile.ts";
import { outliveKilled, repositoryHolder, takeRepository } from "./lock.ts";
import { run } from "./process.ts";

const made: string[] = [];
const folder = () => {
  const dir = mkdtempSync(join(tmpdir(), "dgov-lock-"));
  made.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true });
});
const refused = (dir: string, now_ms: number) => {
  try {
    takeRepository(dir, now_ms).release();
  } catch (error) {
    return error instanceof DgovError ? `${error.code}: ${error.message}` : String(error);
  }
  return null;
};

test("the second is refused with the first one's number and age, until it lets go", () => {
  const dir = folder();
  const first = takeRepository(dir, 1000);
  expect(refused(dir, 6000)).toBe(
    `repo_busy: Cannot run here: process ${process.pid} has been running dgov in this repository for 5 s`,
  );
  expect(repositoryHolder(dir)?.pid).toBe(process.pid);
  first.release();
  expect(refused(dir, 6000)).toBeNull();
  expect(repositoryHolder(dir)).toBeNull();
  expect(readdirSync(dir)).toEqual([]);
});

test("letting go twice does not take another's lock away", () => {
  const dir = folder();
  const first = takeRepository(dir, 1);
  first.release();
  const second = takeRepository(dir, 2);
  first.release();
  expect(refused(dir, 3)).toContain("repo_busy");
  second.release();
});

test.each<[string, (own: object) => string]>([
  ["a dead process", (own) => JSON.stringify({ ...own, pid: 999_999_999 })],
  ["another process of the same number", (own) => JSON.stringify({ ...own, born: "1" })],
  ["a file torn by a crash", () => '{"pid": 1'],
  ["a file of something else", () => "[]"],
])("C15 the lock of %s counts for nothing", (_, content) => {
  const dir = folder();
  const path = join(dir, "dgov.lock");
  const first = takeRepository(dir, 1);
  const own = readHolder(path);
  first.release();
  writeFileSync(path, content(own ?? {}));
  expect(repositoryHolder(dir)).toBeNull();
  expect(refused(dir, 2)).toBeNull();
  expect(readdirSync(dir)).toEqual([]);
});

test("one of another machine is believed", () => {
  const dir = folder();
  writeFileSync(join(dir, "dgov.lock"), JSON.stringify({ pid: 1, born: "1", host: "elsewhere", at_ms: 0 }));
  expect(refused(dir, 2)).toContain("repo_busy");
});

test("of many processes that find a dead one's lock, exactly one has it at a time", async () => {
  const dir = folder();
  const path = join(dir, "l");
  const script = `
    import { takeLock } from ${JSON.stringify(join(import.meta.dir, "git/lockfile.ts"))};
    import { openSync, closeSync, unlinkSync } from "node:fs";
    let got = 0;
    for (let i = 0; i < 200; i++) {
      const lock = takeLock(${JSON.stringify(path)}, i);
      if ("held_by" in lock) continue;
      closeSync(openSync(${JSON.stringify(join(dir, "inside"))}, "wx")); // throws when somebody else is inside
      unlinkSync(${JSON.stringify(join(dir, "inside"))});
      got++;
      if (i % 3) lock.release();
      else { lock.release(); }
    }
    process.stdout.write(String(got));
    process.exit(takeLock(${JSON.stringify(path)}, 0) ? 0 : 1); // dies with the lock in its hands
  `;
  const own = takeLock(path, 1);
  if ("held_by" in own) throw new Error("held");
  const holder = readHolder(path);
  own.release();
  writeFileSync(path, JSON.stringify({ ...holder, pid: 999_999_999 }));
  const env = { PATH: process.env.PATH ?? "", HOME: dir };
  const exits = await Promise.all(
    [1, 2, 3, 4].map(() =>
      run([process.execPath, "-e", script], { cwd: dir, env, timeout_ms: 30_000, bytes_max: 10_000 }),
    ),
  );
  expect(exits.map(({ code, stderr }) => [code, stderr])).toEqual(exits.map(() => [0, ""]));
  const last = takeLock(path, 2);
  expect("release" in last).toBe(true);
}, 40_000);

/** A program that looks as if a process of this number and birth had started it, and ends after some seconds. */
async function leftBy(mark: string, seconds: number) {
  const env = { PATH: process.env.PATH ?? "", DGOV_STARTED_BY: mark };
  const child = Bun.spawn(["sleep", String(seconds)], { env });
  while (!readFileSync(`/proc/${child.pid}/cmdline`, "utf8").startsWith("sleep")) await Bun.sleep(1);
  return child;
}

test.skipIf(process.platform !== "linux")(
  "what a killed governor left running is waited for, and nobody else's",
  async () => {
    const dir = folder();
    const first = takeRepository(dir, 1);
    const dead = { ...readHolder(join(dir, "dgov.lock")), pid: 999_999_999, born: "77" };
    const own = await leftBy("999999999.77", 0.5);
    const others = await leftBy("999999999.78", 60);
    await outliveKilled(dir, 0); // the holder lives: what it has running is its own business
    first.release();
    await outliveKilled(dir, 0);
    writeFileSync(join(dir, "dgov.lock"), JSON.stringify(dead));
    await outliveKilled(dir);
    expect(await own.exited).toBe(0);
    const stuck = await leftBy("999999999.77", 60);
    const refusal = `Cannot run here: process ${stuck.pid} of a run that was killed is still at work in this repository`;
    await expect(outliveKilled(dir, 50)).rejects.toThrow(refusal);
    for (const child of [stuck, others]) {
      child.kill("SIGKILL");
      await child.exited;
    }
    await outliveKilled(dir, 0);
  },
  30_000,
);

test.skipIf(process.platform !== "linux")("every git says whose it is", async () => {
  const dir = folder();
  const said = await createGit(dir, { PATH: process.env.PATH }).text([
    "-c",
    "alias.mine=!echo $DGOV_STARTED_BY",
    "mine",
  ]);
  expect(said).toStartWith(`${process.pid}.`);
});
