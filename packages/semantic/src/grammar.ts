import { readFileSync } from "node:fs";
import { Language, Parser } from "web-tree-sitter";
import core from "web-tree-sitter/web-tree-sitter.wasm" with { type: "file" };
import { digest, type GrammarFiles, openGrammarFiles } from "./grammar_files.ts";
import { overlay, type Profile, profileSchema } from "./profile.ts";
import { type Query, readQuery } from "./query/query.ts";
import { type Tables, tablesOf } from "./units/tables.ts";

/**
 * A language that is loaded. `version` is a digest of all its files and of `ALGORITHM`: what was computed under one
 * version says nothing under another.
 */
export type Grammar = {
  name: string;
  version: string;
  language: Language;
  profile: Profile;
  symbols: Query;
  references: Query;
  tables: Tables;
};

/** Counts up when the same files give other units, hashes or references than before. */
const ALGORITHM = 3;

/**
 * All grammars of a folder. Profiles are read at once, which is cheap; a grammar when it is first asked for. `version` is a
 * digest of all of them: what was computed by any under one says nothing under another.
 */
export type Grammars = {
  version: string;
  names: readonly string[];
  profile(name: string): Profile;
  grammar(name: string): Grammar;
};

/**
 * Starts the parser. Whatever comes after is synchronous.
 *
 * @throws Error when a file is not what the manifest says
 */
export async function openGrammars(files: GrammarFiles = openGrammarFiles()): Promise<Grammars> {
  await Parser.init({ wasmBinary: readFileSync(core) });
  const profiles = new Map<string, Profile>();
  const loaded = new Map<string, Grammar>();
  const names = Object.keys(files.manifest.grammars).filter((name) => files.manifest.grammars[name]?.package !== null);
  const profile = (name: string): Profile => {
    const known = profiles.get(name) ?? profileSchema.parse(sectionsOf(files, name));
    profiles.set(name, known);
    return known;
  };
  return {
    version: digest(JSON.stringify([ALGORITHM, files.manifest])).slice(0, 32),
    names,
    profile,
    grammar(name) {
      const known = loaded.get(name) ?? load(files, name, profile(name));
      loaded.set(name, known);
      return known;
    },
  };
}

function load(files: GrammarFiles, name: string, profile: Profile): Grammar {
  const wasm = files.read(name, "grammar.wasm");
  if (wasm === null) throw new Error(`Cannot load the grammar of ${name}: grammars/manifest.json does not list it`);
  const language = Language.loadSync(new WebAssembly.Module(wasm));
  const tables = tablesOf(language, profile);
  const query = (file: string) => readQuery(queryText(files, name, file), language, tables);
  const [symbols, references] = [query("symbols.scm"), query("references.scm")];
  return {
    name,
    version: versionOf(files, name),
    language,
    profile,
    symbols,
    references,
    tables,
  };
}

const versionOf = (files: GrammarFiles, name: string): string =>
  digest(JSON.stringify([ALGORITHM, lineage(files, name).map((one) => files.manifest.grammars[one])])).slice(0, 32);

/** What is inherited comes first. */
const queryText = (files: GrammarFiles, name: string, file: string): string =>
  lineage(files, name)
    .map((one) => text(files.read(one, file)))
    .join("\n");

const sectionsOf = (files: GrammarFiles, name: string): Record<string, unknown> =>
  lineage(files, name)
    .map((one) => own(files, one))
    .reduce(overlay, {});

/** The names of all that a grammar inherits, the farthest first, and of itself. */
function lineage(files: GrammarFiles, name: string): string[] {
  const above = own(files, name).inherits;
  return [...(Array.isArray(above) ? above.flatMap((one) => lineage(files, String(one))) : []), name];
}

const own = (files: GrammarFiles, name: string): Record<string, unknown> =>
  JSON.parse(text(files.read(name, "profile.json")) || "{}") as Record<string, unknown>;

const text = (bytes: Uint8Array | null): string => (bytes === null ? "" : new TextDecoder().decode(bytes));
