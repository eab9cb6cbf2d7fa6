import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { openAnalyst } from "./analyst.ts";
import { readRows } from "./row.ts";
import { missesOf, runRows } from "./suite.ts";

const FILE = join(import.meta.dir, "../fixtures/semantic/python.jsonl");
const folder = mkdtempSync(join(tmpdir(), "python-cases-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every tried merge of Python files gets the verdict that it states", async () => {
  const rows = readRows(readFileSync(FILE, "utf8"), FILE);
  const said = await runRows(folder, openAnalyst(await openGrammars()), rows);
  const missed = said.flatMap((one) => missesOf(one).map((miss) => `${one.row.id} ${one.row.title}: ${miss}`));
  expect(missed).toEqual([]);
  expect(said.length).toBeGreaterThan(80);
}, 300_000);
