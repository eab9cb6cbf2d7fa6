import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { openAnalyst } from "./analyst.ts";
import { digestOf, readSayings } from "./native_cases.ts";
import { readRows } from "./row.ts";
import { missesOf, runRows, type Said } from "./suite.ts";

const FOLDER = resolve(import.meta.dir, "../fixtures/semantic");
const SUITES = ["keys", "go", "rust"];
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
      if (name !== "keys") expect(said.flatMap((one) => againstCompiler(name, one))).toEqual([]);
      expect(said.flatMap((one) => missesOf(one).map((miss) => `${one.row.id}: ${miss}`))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300_000,
);

/** Where a verdict is not what the compiler makes of the merged tree; scripts/native-cases.ts asked it. */
function againstCompiler(language: string, { row, merged, verdict }: Said): string[] {
  const { sayings } = readSayings(readFileSync(`${FOLDER}/${language}.compiler.jsonl`, "utf8"));
  const saying = sayings.get(row.id);
  if (saying === undefined || saying.tree !== (merged === null ? null : digestOf(merged)))
    return [`${row.id}: the compiler saw another tree; run scripts/native-cases.ts`];
  if (merged === null) return verdict === "conflict" ? [] : [`${row.id}: not merged, and ${verdict}`];
  return (verdict === "block") === saying.errors.length > 0
    ? []
    : [`${row.id}: ${verdict}, and the compiler says ${saying.errors.join("; ") || "nothing"}`];
}
