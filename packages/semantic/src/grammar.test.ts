import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openGrammars } from "./grammar.ts";
import { openGrammarFiles } from "./grammar_files.ts";
import { languageOf, mayHaveLanguage } from "./language.ts";
import { withTree } from "./parse.ts";
import { typesOf } from "./units/tables.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

const GRAMMARS = resolve(import.meta.dir, "../../../grammars");
const folder = mkdtempSync(join(tmpdir(), "dgov-grammars-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const grammars = await openGrammars();

/** A copy of the folder in which one file of Python is another. */
function changed(file: string, text: string): string {
  const copy = mkdtempSync(join(folder, "copy-"));
  cpSync(GRAMMARS, copy, { recursive: true });
  if (file !== "") writeFileSync(join(copy, "python", file), text);
  return copy;
}

test("each grammar parses its language", () => {
  const texts: Record<string, string> = {
    python: "def f(): pass\n",
    javascript: "const a = <b/>;\n",
    typescript: "let a: number = <number>b;\n",
    tsx: "let a: number = <b/>;\n",
  };
  for (const [name, text] of Object.entries(texts))
    expect(withTree(grammars.grammar(name), text, ({ rootNode }) => ({ name, faulty: rootNode.hasError }))).toEqual({
      name,
      faulty: false,
    });
});

test("a file that is not the one listed is refused, whatever it is", async () => {
  for (const file of ["whole.json", "grammar.wasm", "types.json"]) {
    const opened = await openGrammars(openGrammarFiles(changed(file, "; other\n")));
    expect(() => opened.grammar("python")).toThrow(`Cannot load grammars/python/${file}: it is not the file that`);
    expect(opened.grammar("javascript").name).toBe("javascript");
  }
  const late = await openGrammars(openGrammarFiles(changed("references.scm", "; other\n")));
  const { references } = grammars.grammar("python");
  expect(references.captureNames.length).toBeGreaterThan(10);
  expect(() => late.grammar("python").references).toThrow("Cannot load grammars/python/references.scm");
  const files = openGrammarFiles(changed("", ""));
  delete files.manifest.grammars.python!.files["whole.json"];
  expect(() => files.whole("python")).toThrow("grammars/manifest.json lists no whole.json of it");
  const read = openGrammars(openGrammarFiles(changed("../languages.json", "{}")));
  expect(read).rejects.toThrow("Cannot load grammars/languages.json: it is not the file that");
});

test("types that are kept are what the grammar says, and one that has none kept says the same", async () => {
  for (const name of grammars.names) {
    const { language, profile } = grammars.grammar(name);
    const kept = JSON.parse(readFileSync(join(GRAMMARS, name, "types.json"), "utf8"));
    expect(kept).toEqual(typesOf(language, profile));
  }
  const files = openGrammarFiles(changed("", ""));
  delete files.manifest.grammars.python!.files["types.json"];
  const { tables } = (await openGrammars(files)).grammar("python");
  const own = grammars.grammar("python").tables;
  for (const key of ["names", "named", "tokens", "tokenWords", "sort", "leaves", "trivia"] as const)
    expect(tables[key]).toEqual(own[key] as never);
  expect(tables.field("body")).toBe(own.field("body"));
});

test("a copy of the folder loads, and says the same version; another version says another", async () => {
  const copy = changed("", "");
  const same = await openGrammars(openGrammarFiles(copy));
  expect(same.grammar("python").version).toBe(grammars.grammar("python").version);
  expect(same.grammar("python").version).not.toBe(same.grammar("tsx").version);
  const files = openGrammarFiles(copy);
  files.manifest.grammars.python!.version = "9.9.9";
  expect((await openGrammars(files)).grammar("python").version).not.toBe(same.grammar("python").version);
});

test.each([
  ["a.py", "", "python"],
  ["src/a.b.PYI", "", "python"],
  ["SConstruct", "", "python"],
  ["a.tsx", "", "tsx"],
  ["a.d.ts", "", "typescript"],
  ["a.cjs", "", "javascript"],
  ["bin/run", "#!/usr/bin/env -S python3.11 -u\n", "python"],
  ["bin/run", "#!/usr/local/bin/node\r\n", "javascript"],
  ["bin/run", "#! /usr/bin/env A=b python\n", "python"],
  [".py", "", null],
  ["a.py.txt", "#!/usr/bin/python\n", null],
  ["bin/run", "import os\n", null],
  ["bin/run", "#!/bin/awk -f\n", null],
  ["bin/run", "#!", null],
])("the language of %s", (path, text, language) => {
  expect(languageOf(grammars, path, text)).toBe(language);
  if (language !== null) expect(mayHaveLanguage(grammars, path)).toBe(true);
});

test("of a path with another ending nothing need be read to know that it has no language", () => {
  const paths = ["a.txt", "b/.gitignore", "c.py.orig", "LICENSE", "bin/run", ".py"];
  expect(paths.map((path) => mayHaveLanguage(grammars, path))).toEqual([false, true, false, true, true, true]);
});

test("a text that is too long is unknown, and says why", () => {
  const work = () => ({ done: true });
  const python = grammars.grammar("python");
  expect(withTree(python, "#".repeat(1_000_001), work)).toEqual({ unknown: "it is longer than 1000000 characters" });
  expect(withTree(python, "#".repeat(1_000_000), work)).toEqual({ done: true });
});

test("a text that takes too many steps is unknown, and the next one is parsed", () => {
  const python = grammars.grammar("python");
  const typescript = grammars.grammar("typescript");
  const intricate = "a<b<".repeat(200_000);
  const start = performance.now();
  expect(withTree(typescript, intricate, () => ({}))).toEqual({ unknown: "it is too intricate to be parsed" });
  expect(performance.now() - start).toBeLessThan(20_000);
  expect(withTree(python, "a = 1\n", ({ rootNode }) => ({ type: rootNode.type }))).toEqual({ type: "module" });
});
