import { expect, test } from "bun:test";
import { Pollable, poll } from "./streams.ts";

const after = (ms: number) => {
  const due_ns = Bun.nanoseconds() + ms * 1e6;
  return new Pollable(
    () => Bun.sleepSync(ms),
    () => Bun.nanoseconds() >= due_ns,
  );
};

test("whoever waits for several is told of the first that is due, wherever it stands", () => {
  expect([...poll([after(20_000), after(20)])]).toEqual([1]);
  expect([...poll([after(20_000), new Pollable()])]).toEqual([1]);
  expect([...poll([])]).toEqual([]);
});
