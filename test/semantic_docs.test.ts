import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FINDING_KINDS, VERDICTS } from "../packages/semantic/src/index.ts";

const page = readFileSync(join(import.meta.dir, "../docs/semantic.md"), "utf8");
const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name = "", second = ""]) => ({ name, second }));

test("docs/semantic.md has a row for every kind of finding, and for no other", () => {
  const verdicts: readonly string[] = VERDICTS;
  const kinds = rows.map(({ name }) => name).filter((name) => !verdicts.includes(name));
  expect(kinds).toEqual([...FINDING_KINDS]);
});

test("docs/semantic.md has a row for every verdict, and its kinds have no other", () => {
  const verdicts: readonly string[] = VERDICTS;
  expect(rows.slice(0, verdicts.length).map(({ name }) => name)).toEqual([...VERDICTS]);
  for (const { second } of rows.slice(verdicts.length))
    for (const verdict of second.split(", ")) expect(["-", ...verdicts]).toContain(verdict.trim());
});
