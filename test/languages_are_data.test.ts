import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openLanguages } from "../packages/semantic/src/languages.ts";
import { type Node, ourFiles, parseSource, ROOT, readSource, type Source, walk } from "./source.ts";

const GRAMMARS = join(ROOT, "grammars");
const languages = openLanguages();
const profiles = languages.names.map((name) => languages.profile(name));

const folders = readdirSync(GRAMMARS, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
const queries = folders.flatMap((name) =>
  readdirSync(join(GRAMMARS, name)).flatMap((file) =>
    file.endsWith(".scm") ? [readFileSync(join(GRAMMARS, name, file), "utf8").replace(/^;.*$/gm, "")] : [],
  ),
);
const all = (pattern: RegExp): string[] =>
  queries.flatMap((text) => [...text.matchAll(pattern)].map(([, one = ""]) => one));

/** The words of the queries themselves may be those of the code: what a capture is called is said in both. */
const captures = new Set(all(/@([\w.]+)/g).flatMap((name) => name.split(".")));
const nodes = new Set(all(/\((\w+_\w+)/g).filter((name) => !captures.has(name)));

/** Names of languages, and what one of them calls its files. */
const names = new Set(folders);
const modules = profiles.flatMap(({ link }) => (link === null ? [] : [link.modules]));
const files = new Set([
  ...profiles.flatMap((own) => own.files.names),
  ...modules.flatMap(({ index, package_roots, manifest, aliases, settings, variants, tests }) => [
    ...[...index, ...package_roots, ...variants, ...tests],
    ...[manifest?.file ?? [], aliases?.files ?? [], settings.map(({ file }) => file)].flat(),
  ]),
]);
const endings = new Set([
  ...profiles.flatMap((own) => own.files.endings.map((ending) => `.${ending}`)),
  ...modules.flatMap(({ extensions, written_as }) => [...extensions, ...written_as]),
]);

/** What of a language a text of the code names; null: nothing. What a grammar's own folder has in it is none of that. */
function named(text: string): string | null {
  const plain = text
    .replaceAll("\\", "")
    .replace(/\b(manifest\.json|profile\.json|types\.json|whole\.json|languages\.json|grammars\.ts)/g, "");
  const has = (word: string) => plain.includes(word) && !/\w/.test(plain[plain.indexOf(word) + word.length] ?? "");
  if (names.has(plain) || nodes.has(plain)) return plain;
  return [...files, ...endings].find(has) ?? null;
}

function literalsOf({ program }: Source): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = [];
  const add = (node: Node, text: unknown) => found.push({ text: String(text), line: node.loc.start.line });
  walk(program.body, (node, above) => {
    if (above.some(({ type }) => /^(Import|Export(Named|All))Declaration$/.test(type) && type.startsWith("Import")))
      return;
    if (/^Export(Named|All)Declaration$/.test(above.at(-1)?.type ?? "") && node === above.at(-1)?.source) return;
    if (node.type === "StringLiteral") add(node, node.value);
    if (node.type === "RegExpLiteral") add(node, node.pattern);
    if (node.type === "TemplateElement") add(node, (node.value as { raw: string }).raw);
  });
  return found;
}

const offences = (source: Source): string[] =>
  literalsOf(source).flatMap(({ text, line }) => {
    const what = named(text);
    return what === null ? [] : [`${source.path}:${line} names "${what}": it belongs to grammars/`];
  });

test("no code of the package names a language, its files or its nodes", () => {
  const ours = ourFiles().filter(
    (path) => /^packages\/semantic\/src\//.test(path) && !/\.test\.ts$|\/testing\//.test(path),
  );
  expect(ours.length).toBeGreaterThan(100);
  expect(ours.flatMap((path) => offences(readSource(path)))).toEqual([]);
});

test.each([
  ['const a = rules.strategy === "python";', "python"],
  ["const isTest = /_test\\.\\w+$/;", "_test"],
  ['const at = view.file(join(folder, "go.mod"));', "go.mod"],
  ['const ends = [".rs"];', ".rs"],
  ["const path = stem + `.py`;", ".py"],
  ["const index = /__init__\\.py$/;", "__init__.py"],
  ['if (node.type === "function_definition") go();', "function_definition"],
])("%s", (code, what) => {
  expect(offences(parseSource("a.ts", code))).toEqual([`a.ts:1 names "${what}": it belongs to grammars/`]);
});

test.each([
  'import { openLinker } from "../linker/linker.ts";',
  'export type { Read } from "./summary.ts";',
  'const kind = "type_parameter";',
  'const text = JSON.stringify(value) + ".python_version" + "a.pyramid";',
])("%s", (code) => {
  expect(offences(parseSource("a.ts", code))).toEqual([]);
});
