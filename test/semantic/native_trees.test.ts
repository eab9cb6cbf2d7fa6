import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { openGrammarFiles } from "../../packages/semantic/src/grammar_files.ts";
import { compareTrees, nativeLacks, nativePython } from "./native_trees.ts";
import { samplesIn, WRITTEN } from "./tree_samples.ts";

const python = nativePython();
const grammars = await openGrammars();
const lacks = python === null ? null : nativeLacks(python);
const ROOT = `${import.meta.dir}/../..`;

describe("our trees are those of the native tree-sitter, node by node:", () => {
  for (const name of grammars.names)
    test.skipIf(lacks === null || lacks.get(name) !== null)(
      name,
      () => {
        const { nodes, differences } = compareTrees(python!, grammars, samplesIn(grammars, name));
        expect(differences).toEqual([]);
        expect(WRITTEN).toHaveProperty(name);
        expect(nodes).toBeGreaterThan(100);
      },
      120_000,
    );

  test.skipIf(lacks?.get("python") !== null)("a place that differs is told", () => {
    const samples = [{ grammar: "python", path: "a.py", text: "é = 1\n" }];
    const shifted = { ...grammars, grammar: () => grammars.grammar("javascript") };
    expect(compareTrees(python!, shifted, samples).differences).toEqual([
      "a.py: node 0: we have program at 0-6, the native one module at 0-6",
    ]);
  });
});

test("trees that are read from the parser's memory are those that it tells", () => {
  const asked = Bun.spawnSync([process.execPath, `${import.meta.dir}/tree_memory.ts`]);
  const found: { name: string; nodes: number; differences: string[] }[] = JSON.parse(asked.stdout.toString());
  expect(found.map(({ name }) => name)).toEqual([...grammars.names]);
  for (const { nodes, differences } of found) {
    expect(differences).toEqual([]);
    expect(nodes).toBeGreaterThan(1_000);
  }
}, 120_000);

test("CI installs each grammar in the version that is ours", () => {
  const installed = readFileSync(`${ROOT}/.ci/run`, "utf8");
  const { grammars: listed } = openGrammarFiles().manifest;
  const packages = Object.values(listed).flatMap((own) =>
    own.package === null ? [] : [`${own.package.replace(/^.*\//, "")}==${own.version}`],
  );
  expect(packages.filter((own) => !installed.split(/[\s)]/).includes(own))).toEqual([]);
  expect(packages.length).toBeGreaterThan(8);
});
