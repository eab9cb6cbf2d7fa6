import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { importCircles, layoutFaults } from "./layout.ts";
import { ourFiles, parseSource, ROOT, readSource } from "./source.ts";

setDefaultTimeout(60_000); // every file is parsed, and the machine may be busy

const sources = ourFiles().map(readSource);

test("C1 every file imports what it may, and dangerous words stand where they may", () => {
  expect(sources.flatMap(layoutFaults)).toEqual([]);
});

test("imports go in no circle", () => {
  // The command table and those that list it know each other; the table loads them only when they are asked for.
  const known = ["completions", "help"].map(
    (name) => `packages/cli/src/commands.ts -> packages/cli/src/commands/${name}.ts -> packages/cli/src/commands.ts`,
  );
  expect(importCircles(sources.filter(({ path }) => path.startsWith("packages/")))).toEqual(known);
});

test("the program's first line keeps a stranger's configuration away from it", () => {
  const [first] = readFileSync(`${ROOT}/packages/cli/src/main.ts`, "utf8").split("\n");
  expect(first).toBe("#!/usr/bin/env -S bun --config=/dev/null --no-env-file");
});

describe("a rule fires, and fires only then", () => {
  test.each<[fault: string, path: string, text: string]>([
    ["kernel may not import @dgov/worker", "packages/kernel/src/a.ts", 'import { x } from "@dgov/worker";'],
    ["worker may not import @dgov/governor", "packages/worker/src/a.ts", 'export * from "@dgov/governor/error";'],
    ["cli may not import @dgov/kernel", "packages/cli/src/a.ts", 'import type { Event } from "@dgov/kernel";'],
    ["sandbox may not import @dgov/kernel", "packages/sandbox/src/a.ts", 'const k = await import("@dgov/kernel");'],
    ["is the inside of governor", "packages/cli/src/a.ts", 'import { x } from "@dgov/governor/git/git";'],
    ["nothing", "packages/cli/src/a.ts", 'import { x } from "@dgov/governor/error";'],
    ["nothing", "packages/governor/src/a.ts", 'import { x } from "@dgov/kernel";'],
    ["reaches into another package", "packages/cli/src/a.ts", 'import { x } from "../../governor/src/error.ts";'],
    ["plan/ may not import", "packages/governor/src/plan/a.ts", 'import { g } from "../git/git.ts";'],
    ["git/ may not import", "packages/governor/src/git/a.ts", 'import { g } from "../project.ts";'],
    ["settlement/ may not import", "packages/governor/src/settlement/a.ts", 'import { g } from "../dispatch/a.ts";'],
    ["dispatch/ may not import", "packages/governor/src/dispatch/a.ts", 'import { g } from "../settlement/a.ts";'],
    ["view/ may import only kernel", "packages/governor/src/view/a.ts", 'import { g } from "@dgov/sandbox";'],
    ["view/ may not import", "packages/governor/src/view/a.ts", 'import { g } from "../plan/compiled.ts";'],
    [
      "nothing",
      "packages/governor/src/view/a.ts",
      'import { g } from "@dgov/kernel"; import { d } from "../error.ts";',
    ],
    ["one place starts processes", "packages/governor/src/git/a.ts", 'Bun.spawnSync(["ls"]);'],
    ["nothing", "packages/governor/src/process.ts", "Bun.spawn(argv);"],
    ["no hands", "packages/worker/src/a.ts", 'import { readFileSync } from "node:fs";'],
    ["no hands", "packages/kernel/src/log.ts", 'await Bun.write("x", "y");'],
    ["how the log is kept", "packages/governor/src/a.ts", 'import { Database } from "bun:sqlite";'],
    ["one door to the network", "packages/worker/src/loop.ts", 'await fetch("https://example.org");'],
    ["nothing", "packages/worker/src/openai.ts", "await fetch(url);"],
    ["time and chance", "packages/governor/src/a.ts", "const at = Date.now();"],
    ["nothing", "packages/governor/src/a.ts", "// Date.now() is the caller's\nconst at = now_ms();"],
    ["do not talk to the user", "packages/governor/src/a.ts", 'console.log("x");'],
    ["one place starts git", "packages/governor/src/a.ts", 'run(["git", "status"]);'],
    ["environment comes in", "packages/worker/src/a.ts", "const key = process.env.KEY;"],
    ["nothing", "packages/governor/src/a.test.ts", "console.log(Date.now());"],
  ])("%s: %s", (fault, path, text) => {
    const faults = layoutFaults(parseSource(path, text));
    if (fault === "nothing") expect(faults).toEqual([]);
    else expect(faults).toEqual([expect.stringContaining(fault)]);
  });

  test("a circle of values is told, a circle of types is not", () => {
    const file = (name: string, text: string) => parseSource(`packages/kernel/src/${name}.ts`, text);
    const values = [file("a", 'import { b } from "./b.ts";'), file("b", 'export { a } from "./a.ts";')];
    const types = [file("a", 'import { b } from "./b.ts";'), file("b", 'import { type A } from "./a.ts";')];
    expect(importCircles(values)).toEqual([
      "packages/kernel/src/a.ts -> packages/kernel/src/b.ts -> packages/kernel/src/a.ts",
    ]);
    expect(importCircles(types)).toEqual([]);
  });
});
