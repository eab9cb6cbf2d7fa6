import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { dgov, makeRepository } from "./repo.ts";
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

test("dgov schema --output prints them, by the words of a command, and says which one is meant", async () => {
  const kept = (name: string) =>
    JSON.parse(readFileSync(join(ROOT, `docs/schemas/output/${name}.schema.json`), "utf8"));
  const place = makeRepository({});
  try {
    const printed = (...args: string[]) => JSON.parse(dgov(place, "schema", ...args).stdout);
    for (const words of ["plan review", "plan-review"]) expect(printed("--output", words)).toEqual(kept("plan-review"));
    expect(printed("--output", "error", "--json")).toEqual(kept("error"));
    const refused = (...args: string[]) => dgov(place, "schema", ...args);
    expect(refused("--output", "plan reviw")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Did you mean "plan-review"?'),
    });
    for (const wrong of [["--output", "../project"], [], ["project", "--output", "run"], ["--output", "watch"]])
      expect({ wrong, status: refused(...wrong).status }).toEqual({ wrong, status: 2 });
  } finally {
    place.stop();
  }
});
