import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { ROOT } from "./source.ts";

setDefaultTimeout(300_000); // all types are read

test("docs/schemas/output is what the types of views say", () => {
  const argv = [process.execPath, join(ROOT, "scripts/output_schemas.ts"), "--check"];
  const { exitCode, stdout } = Bun.spawnSync(argv, { cwd: ROOT, stdin: "ignore" });
  expect({
    exitCode,
    stale: stdout
      .toString()
      .split("\n")
      .filter((line) => /stale|schema\.json/.test(line)),
  }).toEqual({
    exitCode: 0,
    stale: [],
  });
});

test("every command has a schema but those that stream", () => {
  const there = new Set(readdirSync(join(ROOT, "docs/schemas/output")));
  const without = Object.keys(COMMANDS).filter((name) => !there.has(`${name.replaceAll(" ", "-")}.schema.json`));
  expect(without.filter((name) => !["watch", "mcp", "serve", "tui"].includes(name))).toEqual([]);
});
