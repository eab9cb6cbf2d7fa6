import { expect, test } from "bun:test";
import type { createFiles } from "../packages/sandbox/src/host.ts";
import { fuzzPaths, openPathWorld } from "./fuzz/paths.ts";

test("whatever a path is spelled like, the file host stays inside and inside the claims", () => {
  const world = openPathWorld();
  try {
    fuzzPaths(world, 2_000, 20_261_121);
    fuzzPaths({ ...world, files: world.held }, 2_000, 20_261_122);
  } finally {
    world.remove();
  }
}, 60_000);

test("the fuzzer finds a host that leaves, and one that crashes", () => {
  const world = openPathWorld();
  try {
    const open = { ...world, files: { ...world.files, readText: () => "CANARY-path-41c8" } };
    expect(() => fuzzPaths(open, 500, 1)).toThrow("shows what is not the task's");
    const torn = {
      ...world,
      files: { ...world.files, stat: (): ReturnType<ReturnType<typeof createFiles>["stat"]> => fail() },
    };
    expect(() => fuzzPaths(torn, 500, 1)).toThrow();
  } finally {
    world.remove();
  }
}, 60_000);

const fail = (): never => {
  throw new TypeError("a crash");
};
