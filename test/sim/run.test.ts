import { expect, test } from "bun:test";
import { canonical, openLog, RunId } from "../../packages/kernel/src/index.ts";
import { Sim } from "./sim.ts";

const SEEDS = 20_000;
const THOROUGH = 400; // seeds whose whole log is replayed after every event

const only = process.env.SEED;
const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, seed) => seed) : [Number(only)];

test(`C1 C4 C10 ${seeds.length} seeded runs keep the kernel's promises`, () => {
  for (const seed of seeds)
    try {
      new Sim(seed, seeds.length === 1 || seed < THOROUGH).play();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${why}: repeat it with SEED=${seed} bun test test/sim`, { cause });
    }
}, 300_000);

test("the same seed gives the same log, byte for byte", () => {
  for (const seed of seeds.slice(0, 200)) {
    const text = canonical(new Sim(seed, false).play());
    expect(canonical(new Sim(seed, false).play()) === text).toBe(true);
  }
});

test("a simulated run in the real log reads back as it was, with the same hashes each time", () => {
  for (const seed of seeds.slice(0, 5)) {
    const events = new Sim(seed, false).play();
    const hashes = [1, 2].map(() => {
      const log = openLog(":memory:");
      const run = RunId.parse(`r${seed}`);
      for (const { seq, at_ms, event } of events) log.append(run, seq - 1, at_ms, event);
      const stored = [...log.read({ run })];
      expect(stored.map(({ seq, at_ms, event }) => ({ seq, at_ms, event }))).toEqual([...events]);
      log.close();
      return stored.at(-1)?.hash;
    });
    expect(hashes[0]).toBe(hashes[1] ?? "");
  }
});
