import { readFileSync } from "node:fs";
import type { Grammars } from "../../packages/semantic/src/grammar.ts";
import { languageOf } from "../../packages/semantic/src/language.ts";
import { pythonLibrary, sampleOf, scripts } from "./corpus.ts";
import type { Sample } from "./native_trees.ts";
import { readRows } from "./row.ts";

const ROOT = `${import.meta.dir}/../..`;

/** Characters of two, three and four bytes in words, names and strings; and a text that is not right. */
export const WRITTEN: Readonly<Record<string, readonly string[]>> = {
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
/** Texts in a language: whole files, what merges are tried on, and two that were written for it, one of them broken. */
export const samplesIn = (grammars: Grammars, grammar: string): Sample[] => [
  ...files.flatMap(([path, text]) => (languageOf(grammars, path, text) === grammar ? [{ grammar, path, text }] : [])),
  ...(WRITTEN[grammar] ?? []).map((text) => ({ grammar, path: JSON.stringify(text), text })),
];
