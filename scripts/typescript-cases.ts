// Asks the TypeScript compiler what is wrong with each tried merge in test/fixtures/semantic/typescript.jsonl and in neither
// of its sides, and stores its words beside it: the test compares our verdicts with them. Where a row says where to start
// ("entry"), the merged tree is run besides.
// Usage: bun scripts/typescript-cases.ts
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { openAnalyst } from "../test/semantic/analyst.ts";
import { readCompiledRows, type Said, sayingsText, treeDigest } from "../test/semantic/compiled_rows.ts";
import { runRows } from "../test/semantic/suite.ts";
import { checkTrees, newIn, versionOf } from "../test/semantic/typescript_compiler.ts";

const root = join(import.meta.dir, "..");
const fixtures = join(root, "test/fixtures/semantic");
const compiler = join(root, "node_modules/.bin/tsc");

async function main(folder: string): Promise<void> {
  const rows = readCompiledRows(readFileSync(join(fixtures, "typescript.jsonl"), "utf8"));
  mkdirSync(join(folder, "git"));
  const said = await runRows(join(folder, "git"), openAnalyst(await openGrammars()), rows);
  const trees = new Map<string, Readonly<Record<string, string>>>();
  for (const { row, merged } of said)
    for (const [side, texts] of Object.entries({ left: row.left, right: row.right, merged }))
      if (texts !== null) trees.set(`${row.id}-${side}`, texts);
  const work = join(folder, "trees");
  const found = await checkTrees(compiler, work, trees);
  const words = rows.map(({ id, entry }, at): Said => {
    const merged = said[at]?.merged ?? null;
    if (merged === null) return { id, tree: null, errors: [], runs: null };
    const of = (side: string) => found.get(`${id}-${side}`) ?? [];
    const errors = newIn(of("merged"), [of("left"), of("right")]);
    return { id, tree: treeDigest(merged), errors, runs: entry ? runs(join(work, `${id}-merged`, entry)) : null };
  });
  writeFileSync(
    join(fixtures, "typescript.compiler.jsonl"),
    sayingsText({ compiler: `tsc ${versionOf(compiler)}` }, words),
  );
  const broken = words.filter(({ errors }) => errors.length > 0).length;
  console.log(`${rows.length} rows, ${broken} do not compile after the merge and did before`);
}

/** Bun takes two functions of one name where the language does not: what is JavaScript already is run as it is. */
const runs = (path: string): boolean =>
  Bun.spawnSync([path.endsWith(".mjs") ? "node" : process.execPath, path]).exitCode === 0;

const folder = mkdtempSync(join(tmpdir(), "typescript-cases-"));
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
