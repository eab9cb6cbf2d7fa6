import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openGrammars } from "../../packages/semantic/src/grammar.ts";
import { openGrammarFiles } from "../../packages/semantic/src/grammar_files.ts";
import { languageOf } from "../../packages/semantic/src/language.ts";
import { pythonLibrary, sampleOf, scripts } from "./corpus.ts";
import { compareTrees, nativeLacks, nativePython, type Sample } from "./native_trees.ts";
import { readRows } from "./row.ts";

const python = nativePython();
const grammars = await openGrammars();
const lacks = python === null ? null : nativeLacks(python);
const ROOT = `${import.meta.dir}/../..`;

/** Characters of two, three and four bytes in words, names and strings; and a text that is not right. */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  go: [
    'package größe\n\n// ありがとう 🙂\nvar änderung = "🙂" // ü\n\nfunc (k *Käse) Größe() int { return 1 }\n',
    "func f( {\n",
  ],
  javascript: [
    `// ありがとう 🙂\nconst größe = \`🙂\${änderung}ü\`; /* 🙂 */ class Käse { #ü = "é" }\n`,
    "class { f( => }\n",
  ],
  json: ['{ "größe": "🙂ü", "ありがとう": [1, "é"] }\n', '{ "a": [1, }\n'],
  python: [
    '# ありがとう 🙂\ngröße = f"🙂{änderung!r}ü"  # ü\n\nclass Käse:\n    """🙂"""\n    é: int = 1\n',
    "def f(:\n  return (\n",
  ],
  rust: ["// ありがとう 🙂\nconst A: &str = r#\"🙂\"#; /* ü */\nfn größe() -> char { 'é' }\n", "fn f( -> { struct\n"],
  toml: ['# ありがとう 🙂\n[größe]\n"🙂" = "ü" # é\nb = 1\n', "[a\nb = = 1\n"],
  tsx: ['// 🙂\nconst größe = <p title="ü">ありがとう 🙂 {änderung}</p>; // é\n', "const a = <p>{</p>;\n"],
  typescript: [
    `// 🙂\nenum Größe { é = "🙂", ü }\ntype ありがとう = { "🙂": \`ü\${Größe}\` };\n`,
    "interface A { f( }\n",
  ],
  yaml: ["# ありがとう 🙂\ngröße:\n  - 🙂: ü # é\n  - |\n    ü🙂\n    b\nc: 'é'\n", "a: [1, \nb: }\n"],
};

/** The texts that merges are tried on, each once. */
const tried = new Set(
  ["go", "keys", "python", "rust", "typescript"].flatMap((name) =>
    readRows(readFileSync(`${ROOT}/test/fixtures/semantic/${name}.jsonl`, "utf8"), name).flatMap(
      ({ base, left, right }) =>
        [base, left, right].flatMap((texts) => Object.entries(texts).map((entry) => JSON.stringify(entry))),
    ),
  ),
);
const files = [
  ...[...tried].map((entry): [string, string] => JSON.parse(entry)),
  ...[...sampleOf(pythonLibrary() ?? [], 20), ...sampleOf(scripts(), 40)].map(
    ({ path, text }) => [path, text] as const,
  ),
  ...["package.json", "bunfig.toml"].map((path) => [path, readFileSync(`${ROOT}/${path}`, "utf8")] as const),
];
const samplesIn = (grammar: string): Sample[] => [
  ...files.flatMap(([path, text]) => (languageOf(grammars, path, text) === grammar ? [{ grammar, path, text }] : [])),
  ...(WRITTEN[grammar] ?? []).map((text) => ({ grammar, path: JSON.stringify(text), text })),
];

describe("our trees are those of the native tree-sitter, node by node:", () => {
  for (const name of grammars.names)
    test.skipIf(lacks === null || lacks.get(name) !== null)(
      name,
      () => {
        const { nodes, differences } = compareTrees(python!, grammars, samplesIn(name));
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

test("CI installs each grammar in the version that is ours", () => {
  const installed = readFileSync(`${ROOT}/.ci/run`, "utf8");
  const { grammars: listed } = openGrammarFiles().manifest;
  const packages = Object.values(listed).flatMap((own) =>
    own.package === null ? [] : [`${own.package.replace(/^.*\//, "")}==${own.version}`],
  );
  expect(packages.filter((own) => !installed.split(/[\s)]/).includes(own))).toEqual([]);
  expect(packages.length).toBeGreaterThan(8);
});
