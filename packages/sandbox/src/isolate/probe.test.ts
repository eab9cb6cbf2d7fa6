import { expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import { createIsolationMaker } from "./maker.ts";

setDefaultTimeout(60_000);

const main = resolve(import.meta.dir, "../../../cli/src/main.ts");
const self = [process.execPath, "--config=/dev/null", "--no-env-file", main];
const maker = createIsolationMaker({ self, now_ms: () => Bun.nanoseconds() / 1e6 });

test("levels are tried from the strongest, and none after one that is there and is enough", async () => {
  const all = await maker.probe();
  const names = all.map(({ level }) => level);
  expect(names.at(-1)).toBe("wasm");
  const first = all.findIndex(({ available }) => available);
  const enough = await maker.probe(() => true);
  expect(enough.map(({ level }) => level)).toEqual(names.slice(0, first + 1));
  expect(enough.at(-1)?.available).toBe(true);
  expect((await maker.probe((level) => level === "wasm")).map(({ level }) => level)).toEqual(names);
  expect((await maker.probe(() => false)).map(({ level }) => level)).toEqual(names);
});

test("of what a process says that does not start, the first line is told, and not all of a long one", async () => {
  const dies = (line: string) => [
    "/bin/sh",
    "-c",
    `for n in 1 2 3; do echo ${line} $n; done >&2; exit 1`,
    "--no-env-file",
  ];
  const whyOf = async (line: string) => {
    const levels = await createIsolationMaker({ self: dies(line), now_ms: () => Bun.nanoseconds() / 1e6 }).probe();
    return levels.map((level) => (level.available ? "it started" : level.why)).at(-1);
  };
  expect(await whyOf("a library is missing")).toEndWith("with wasm: a library is missing 1");
  expect((await whyOf("x".repeat(9000)))?.length).toBeLessThan(600);
});
