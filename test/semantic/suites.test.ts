import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { openAnalyst } from "./analyst.ts";
import { readRows } from "./row.ts";
import { missesOf, runRows } from "./suite.ts";

const FOLDER = resolve(import.meta.dir, "../fixtures/semantic");
const SUITES = ["keys"];
const analyst = openAnalyst(await openGrammars());

test.each(SUITES)(
  "%s: every merge is judged and made as its row states",
  async (name) => {
    const rows = readRows(readFileSync(`${FOLDER}/${name}.jsonl`, "utf8"), name);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    const quiet = rows.filter(({ verdict }) => verdict === "merge");
    expect(quiet.length * 2).toBeGreaterThanOrEqual(rows.length - 1);
    const folder = mkdtempSync(join(tmpdir(), "semantic-rows-"));
    try {
      const said = await runRows(folder, analyst, rows);
      expect(said.flatMap((one) => missesOf(one).map((miss) => `${one.row.id}: ${miss}`))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300_000,
);
