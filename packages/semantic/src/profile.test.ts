import { expect, test } from "bun:test";
import { openGrammarFiles } from "./grammar_files.ts";
import { textOf } from "./languages.ts";
import { keptOf, profileSchema, readLanguage, type Sections } from "./profile.ts";

const FILES = { endings: ["x"], names: [], programs: [] };

/** A language with what some folders say. */
const read = (folders: Record<string, Sections>) => readLanguage("x", (name) => folders[name] ?? {});

test("what is kept of languages is what the folders say, with all that they leave out", () => {
  const files = openGrammarFiles();
  const sections = (name: string) => JSON.parse(textOf(files.read(name, "profile.json"))) as Sections;
  const languages = files.languages();
  for (const [name, language] of Object.entries(languages)) {
    const said = keptOf(readLanguage(name, sections), (one) => textOf(files.read(one, "symbols.scm")));
    const whole = files.whole(name);
    expect([language, whole]).toEqual([said.listed, said.whole]);
    expect(profileSchema.parse(whole.profile)).toEqual(whole.profile);
    expect(whole.symbols.length).toBeGreaterThan(0);
  }
  expect(Object.keys(languages)).toEqual(
    Object.keys(files.manifest.grammars).filter((name) => files.manifest.grammars[name]?.package !== null),
  );
  expect(languages.tsx?.lineage).toEqual(["ecma", "typescript", "tsx"]);
});

test("what is inherited stands under what inherits, and is the first of its lineage", () => {
  const low = { files: FILES, merge: { comments: ["#"] }, units: { values: ["a"] } };
  const { lineage, profile } = read({ x: { inherits: ["low"], units: { values: ["b"] } }, low });
  expect(lineage).toEqual(["low", "x"]);
  expect([profile.files, profile.units.values, profile.syntax.trivia]).toEqual([FILES, ["b"], []]);
});

test("what nobody understands is refused: a section, a key in one, and a language without files", () => {
  expect(() => read({ x: { files: FILES, fils: {} } })).toThrow("fils");
  expect(() => read({ x: { files: FILES, merge: { strange: 1 } } })).toThrow("strange");
  expect(() => read({ x: {} })).toThrow("files");
});
