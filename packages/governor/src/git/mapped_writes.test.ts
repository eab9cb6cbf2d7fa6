import { afterEach, expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { showsMappedWrites } from "@dgov/sandbox/mapped_writes";
import { freeze } from "./candidate.ts";
import { keepFiles } from "./kept_files.ts";
import { repository } from "./testing/repository.ts";
import { openPool } from "./worktrees.ts";

const TMPFS = 0x01021994;
const IN_MEMORY = "/dev/shm";
const hasMemory = lstatSync(IN_MEMORY, { throwIfNoEntry: false }) !== undefined && statfsSync(IN_MEMORY).type === TMPFS;
const ON_DISK = statfsSync(tmpdir()).type === TMPFS ? [] : [tmpdir()];
const PLACES = [...(hasMemory ? [IN_MEMORY] : []), ...ON_DISK];

const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const remove of made.splice(0)) await remove();
});

/** Changes a file's first byte through a mapping whose page was read before: in memory that leaves no trace. */
function changeByMapping(path: string): void {
  const mapped = Bun.mmap(path, { shared: true });
  mapped[0] = (mapped[0] ?? 0) + 1;
}

async function lay(place: string) {
  const repo = await repository({ "a.py": "a = 1\n", "b.py": "b = 1\n", "c.py": "c = 1\n" });
  const folder = mkdtempSync(join(place, "dgov-mapped-"));
  const base = await repo.user("rev-parse", "HEAD");
  const pool = openPool(repo.git, { folder, now_ms: () => 0 });
  const slot = await pool.acquire(base);
  made.push(async () => {
    await pool.close();
    rmSync(folder, { recursive: true, force: true });
    repo.remove();
  });
  await Bun.sleep(1_100); // so that git takes none of them for changed just now
  const text = (name: string) => readFileSync(join(slot.path, name), "utf8");
  return { base, pool, slot, text };
}

test.skipIf(!hasMemory)("a file system in memory is known by what it does, and nothing is left of the trial", () => {
  const folder = mkdtempSync(join(IN_MEMORY, "dgov-mapped-"));
  expect(showsMappedWrites(join(folder, "probe"))).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

test.each(PLACES)("%s: what a gate changes by a mapping is told and put back", async (place) => {
  const { base, slot, text } = await lay(place);
  const keeper = keepFiles(slot, { commit: base, ignores: () => false });
  expect(await keeper.putBack()).toEqual([]);
  changeByMapping(join(slot.path, "a.py"));
  expect(await keeper.putBack()).toEqual(["a.py"]);
  expect(text("a.py")).toBe("a = 1\n");
  expect(await keeper.putBack()).toEqual([]);
});

test.each(PLACES)("%s: what a gate writes and puts back itself is told", async (place) => {
  const { base, slot } = await lay(place);
  const keeper = keepFiles(slot, { commit: base, ignores: () => false });
  await keeper.putBack();
  expect(keeper.touched()).toEqual([]);
  for (const text of ["a = 2\n", "a = 1\n"]) writeFileSync(join(slot.path, "a.py"), text);
  expect(await keeper.putBack()).toEqual([]);
  expect(keeper.touched()).toEqual(["a.py"]);
  await keeper.putBack();
  expect(keeper.touched()).toEqual([]);
});

test.each(PLACES)("%s: a candidate has what was changed by a mapping, and the next lease has not", async (place) => {
  const { base, pool, slot, text } = await lay(place);
  changeByMapping(join(slot.path, "b.py"));
  const { changes } = await freeze(slot, { base, ignores: () => false });
  expect(changes.map(({ path }) => path)).toEqual(["b.py"]);
  changeByMapping(join(slot.path, "c.py"));
  slot.release();
  expect((await pool.acquire(base)).path).toBe(slot.path);
  expect([text("b.py"), text("c.py")]).toEqual(["b = 1\n", "c = 1\n"]);
});
