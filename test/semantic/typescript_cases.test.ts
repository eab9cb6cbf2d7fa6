import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { openAnalyst } from "./analyst.ts";
import { readCompiledRows, readSayings, treeDigest } from "./compiled_rows.ts";
import { missesOf, runRows } from "./suite.ts";

const fixtures = join(import.meta.dir, "../fixtures/semantic");
const folder = mkdtempSync(join(tmpdir(), "typescript-cases-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = readCompiledRows(readFileSync(join(fixtures, "typescript.jsonl"), "utf8"));
const { said: compiled } = readSayings(readFileSync(join(fixtures, "typescript.compiler.jsonl"), "utf8"));

test("every tried merge of TypeScript gets the verdict that it states, of the tree that the compiler saw", async () => {
  const said = await runRows(folder, openAnalyst(await openGrammars()), rows);
  const missed = said.flatMap((one) => missesOf(one).map((miss) => `${one.row.id} ${one.row.title}: ${miss}`));
  expect(missed).toEqual([]);
  const other = said.filter(
    ({ row, merged }) => (compiled.get(row.id)?.tree ?? null) !== (merged === null ? null : treeDigest(merged)),
  );
  // `bun scripts/typescript-cases.ts` asks the compiler again.
  expect(other.map(({ row }) => row.id)).toEqual([]);
}, 120_000);

test("a merge is refused when the compiler, or a run, finds in it what it finds on neither side, and else it is not", () => {
  const apart = rows.flatMap(({ id, title, verdict, except }) => {
    const one = compiled.get(id);
    if (!one || verdict === "conflict") return [];
    const broken = one.errors.length > 0 || one.runs === false;
    const agrees = broken === (verdict === "block");
    if (agrees) return except === undefined ? [] : [`${id} ${title}: its exception is idle`];
    return except === undefined ? [`${id} ${title}: ${verdict}, ${one.errors.join("; ") || "no error"}`] : [];
  });
  expect(apart).toEqual([]);
  expect(rows.length).toBeGreaterThanOrEqual(70);
  expect(compiled.size).toBe(rows.length);
});
