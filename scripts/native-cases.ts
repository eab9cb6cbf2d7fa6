// Asks the compilers of Go and Rust about each tried merge in test/fixtures/semantic/{go,rust}.jsonl: its base and both sides
// must compile, and what is said of the merged tree is stored beside it. The test compares our verdicts with that, so that
// nobody else needs the compilers.
// Usage: bun scripts/native-cases.ts [LANGUAGE…]
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { openAnalyst } from "../test/semantic/analyst.ts";
import { COMPILERS, digestOf, errorsIn, renderSayings, type Saying } from "../test/semantic/native_cases.ts";
import { readRows } from "../test/semantic/row.ts";
import { runRows } from "../test/semantic/suite.ts";

const fixtures = join(import.meta.dir, "../test/fixtures/semantic");
const asked = process.argv.slice(2);

async function ask(language: string, folder: string): Promise<number> {
  const rows = readRows(readFileSync(join(fixtures, `${language}.jsonl`), "utf8"), language);
  const version = Bun.spawnSync(COMPILERS[language]?.version ?? [])
    .stdout.toString()
    .trim();
  mkdirSync(join(folder, "git"));
  const said = await runRows(join(folder, "git"), openAnalyst(await openGrammars()), rows);
  let broken = 0;
  const sayings = said.map(({ row, merged }): Saying => {
    for (const side of ["base", "left", "right"] as const) {
      const errors = errorsIn(language, join(folder, row.id, side), row[side]);
      if (errors.length > 0) console.log(`${row.id}: its ${side} does not compile: ${errors.join("; ")}`);
      broken += errors.length > 0 ? 1 : 0;
    }
    if (merged === null) return { id: row.id, tree: null, errors: [] };
    const errors = errorsIn(language, join(folder, row.id, "merged"), merged);
    console.log(`${row.id}  ${row.verdict}  ${errors.join("; ") || "compiles"}`);
    return { id: row.id, tree: digestOf(merged), errors };
  });
  writeFileSync(join(fixtures, `${language}.compiler.jsonl`), renderSayings(version, sayings));
  return broken;
}

for (const language of asked.length > 0 ? asked : Object.keys(COMPILERS)) {
  const folder = mkdtempSync(join(tmpdir(), "native-cases-"));
  try {
    if ((await ask(language, folder)) > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
