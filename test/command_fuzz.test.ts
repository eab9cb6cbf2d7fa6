import { expect, test } from "bun:test";
import { fuzzCommands, tryHidden } from "./fuzz/command_judge.ts";

/** A few of what `scripts/fuzz.ts` tries by the million. */
test("C8 texts by chance: always a decision, hidden programs refused, harmless ones not", async () => {
  const { runs } = await fuzzCommands(2_000, 20_261);
  expect(runs).toBe(2_000);
}, 120_000);

test("the hidden commands are real ones: bash runs them", async () => {
  const { ran, idle } = await tryHidden(60, 20_261);
  expect(ran, idle.join("\n---\n")).toBeGreaterThan(54);
}, 120_000);
