// grammars/: takes grammar.wasm and LICENSE from the pinned packages that the profiles name, puts what the folders of a
// language say in whole into its whole.json, what is asked of all of them at once into languages.json, and what the grammars
// say of their types into types.json, and lists every file with its digest in manifest.json. After an edit of a .scm or a
// profile, run it: what the manifest does not list is not loaded.
// Usage: bun scripts/grammars.ts [--check] [LANG/FILE…]   --check writes nothing; with files, only those are listed anew

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Grammar, openGrammars } from "../packages/semantic/src/grammar.ts";
import { digest, type Manifest, openGrammarFiles, WHOLE } from "../packages/semantic/src/grammar_files.ts";
import { keptOf, readLanguage, type Sections } from "../packages/semantic/src/profile.ts";
import { typesOf } from "../packages/semantic/src/units/tables.ts";

const FOLDER = resolve(import.meta.dir, "../grammars");
const PACKAGES = resolve(import.meta.dir, "../node_modules");
const FILES = ["LICENSE", "grammar.wasm", "profile.json", "references.scm", "symbols.scm"];
/** Made of the others. */
const TYPES = "types.json";
type Source = { package: string; wasm: string };

const args = process.argv.slice(2);
const check = args.includes("--check");
const only = args.filter((arg) => !arg.startsWith("--"));

const faults = check ? compare() : await build();
for (const fault of faults) console.log(fault);
if (faults.length === 0) await load();
process.exitCode = faults.length === 0 ? 0 : 1;

async function build(): Promise<string[]> {
  const before = existsSync(`${FOLDER}/manifest.json`) ? openGrammarFiles(FOLDER).manifest.grammars : {};
  const grammars: Manifest["grammars"] = {};
  for (const name of folders()) {
    const source = sourceOf(name);
    if (source !== null) {
      copyFileSync(`${PACKAGES}/${source.package}/${source.wasm}`, `${FOLDER}/${name}/grammar.wasm`);
      copyFileSync(`${PACKAGES}/${source.package}/LICENSE`, `${FOLDER}/${name}/LICENSE`);
    }
    const files = Object.fromEntries(
      FILES.filter((file) => existsSync(`${FOLDER}/${name}/${file}`)).map((file) => {
        const listed = before[name]?.files[file];
        const kept = only.length > 0 && !only.includes(`${name}/${file}`) && listed !== undefined;
        return [file, kept ? listed : digest(readFileSync(`${FOLDER}/${name}/${file}`))];
      }),
    );
    grammars[name] = { package: source?.package ?? null, version: source === null ? null : versionOf(source), files };
  }
  const { languages, wholes } = languagesTexts();
  for (const [name, text] of wholes) {
    writeFileSync(`${FOLDER}/${name}/${WHOLE}`, text);
    grammars[name]!.files[WHOLE] = digest(text);
  }
  const manifest: Manifest = { languages: digest(languages), grammars };
  const list = () => writeFileSync(`${FOLDER}/manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(`${FOLDER}/languages.json`, languages);
  list();
  const opened = await openGrammars(openGrammarFiles(FOLDER));
  for (const name of opened.names) {
    const text = typesText(opened.grammar(name));
    writeFileSync(`${FOLDER}/${name}/${TYPES}`, text);
    grammars[name]!.files[TYPES] = digest(text);
  }
  list();
  return [];
}

function typesText({ language, profile }: Grammar): string {
  return `${JSON.stringify(typesOf(language, profile))}\n`;
}

/** What in the folder is not as the packages and the manifest have it. */
function compare(): string[] {
  const { grammars, languages } = openGrammarFiles(FOLDER).manifest;
  const names = folders();
  const read = readFileSync(`${FOLDER}/languages.json`, "utf8");
  const said = languagesTexts();
  const old = said.wholes.filter(([name, text]) => textIn(`${name}/${WHOLE}`) !== text);
  const gone = Object.keys(grammars).filter((name) => !names.includes(name));
  return [
    ...(read === said.languages ? [] : ["grammars/languages.json is not what the profiles say"]),
    ...old.map(([name]) => `grammars/${name}/${WHOLE} is not what the folders say`),
    ...(digest(read) === languages ? [] : ["grammars/languages.json is not what grammars/manifest.json lists"]),
    ...gone.map((name) => `grammars/${name} is listed in grammars/manifest.json and is not there`),
    ...names.flatMap((name) => compareGrammar(name, grammars[name])),
  ];
}

function compareGrammar(name: string, listed: Manifest["grammars"][string] | undefined): string[] {
  if (listed === undefined) return [`grammars/${name} is not in grammars/manifest.json`];
  const source = sourceOf(name);
  const here = (file: string) => existsSync(`${FOLDER}/${name}/${file}`);
  const wrong = [...FILES, WHOLE, TYPES]
    .filter((file) =>
      here(file)
        ? digest(readFileSync(`${FOLDER}/${name}/${file}`)) !== listed.files[file]
        : listed.files[file] !== undefined,
    )
    .map((file) => `grammars/${name}/${file} is not what grammars/manifest.json lists`);
  if (source === null) return wrong;
  const same = (file: string, from: string) =>
    here(file) && digest(readFileSync(`${FOLDER}/${name}/${file}`)) === digest(readFileSync(`${PACKAGES}/${from}`));
  if (!same("grammar.wasm", `${source.package}/${source.wasm}`) || !same("LICENSE", `${source.package}/LICENSE`))
    wrong.push(`grammars/${name} is not what ${source.package} ${versionOf(source)} has`);
  if (listed.version !== versionOf(source))
    wrong.push(`grammars/${name} is listed with another version of its package`);
  return wrong;
}

/** Each grammar loads, its queries compile, and its types are those that are kept. */
async function load(): Promise<void> {
  const grammars = await openGrammars(openGrammarFiles(FOLDER));
  for (const name of grammars.names) {
    const grammar = grammars.grammar(name);
    const { profile, language } = grammar;
    if (typesText(grammar) !== readFileSync(`${FOLDER}/${name}/${TYPES}`, "utf8"))
      throw new Error(`grammars/${name}/${TYPES} is not what the grammar says`);
    console.log(`ok  ${name} (${profile.files.endings.join(", ")}), ABI ${language.abiVersion}`);
  }
}

function folders(): string[] {
  const entries = readdirSync(FOLDER, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** What the folders of all languages say, with all that they leave out: a language a line, and each by itself in whole. */
function languagesTexts(): { languages: string; wholes: [name: string, text: string][] } {
  const names = folders().filter((name) => sourceOf(name) !== null);
  const said = names.map((name) => ({ name, ...keptOf(readLanguage(name, sectionsOf), symbolsOf) }));
  const lines = said.map(({ name, listed }) => `${JSON.stringify(name)}: ${JSON.stringify(listed)}`);
  return {
    languages: `{\n${lines.join(",\n")}\n}\n`,
    wholes: said.map(({ name, whole }) => [name, `${JSON.stringify(whole)}\n`]),
  };
}

function textIn(file: string): string {
  return existsSync(`${FOLDER}/${file}`) ? readFileSync(`${FOLDER}/${file}`, "utf8") : "";
}

function symbolsOf(name: string): string {
  return textIn(`${name}/symbols.scm`);
}

function sectionsOf(name: string): Sections {
  return JSON.parse(readFileSync(`${FOLDER}/${name}/profile.json`, "utf8")) as Sections;
}

function sourceOf(name: string): Source | null {
  const { source } = sectionsOf(name) as { source?: Source };
  return source ?? null;
}

function versionOf(source: Source): string {
  const text = readFileSync(`${PACKAGES}/${source.package}/package.json`, "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
