import { readFileSync } from "node:fs";
import { Language, Parser } from "web-tree-sitter";
import core from "web-tree-sitter/web-tree-sitter.wasm" with { type: "file" };
import { digest, type GrammarFiles, openGrammarFiles } from "./grammar_files.ts";
import { ALGORITHM, type Languages, openLanguages, textOf } from "./languages.ts";
import type { Profile } from "./profile.ts";
import { readPatterns } from "./query/pattern.ts";
import { type Query, readQuery } from "./query/query.ts";
import { type Tables, type Types, tablesOf, typesOf } from "./units/tables.ts";

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
  /** It is large, and read when it is first asked for. */
  readonly references: Query;
  tables: Tables;
  /** The parser's, in which its trees lie. null: this process had started the parser before, and elsewhere. */
  readonly memory: WebAssembly.Memory | null;
};

/** All grammars of a folder. A grammar is loaded when it is first asked for. */
export type Grammars = Languages & { grammar(name: string): Grammar };

/**
 * Starts the parser. Whatever comes after is synchronous.
 *
 * @throws Error when a file is not what the manifest says
 */
export async function openGrammars(files: GrammarFiles = openGrammarFiles()): Promise<Grammars> {
  await Parser.init({ instantiateWasm: startAtOnce } as Parameters<typeof Parser.init>[0]);
  const languages = openLanguages(files);
  const loaded = new Map<string, Grammar>();
  return {
    ...languages,
    grammar(name) {
      const known = loaded.get(name) ?? load(files, name, languages);
      loaded.set(name, known);
      return known;
    },
  };
}

/** There is one in a process, and it never stops. */
const parser: { memory: WebAssembly.Memory | null } = { memory: null };

/** In the background, as the parser would do it by itself, it takes longer than here: it is small, and all wait for it. */
function startAtOnce(
  imports: ConstructorParameters<typeof WebAssembly.Instance>[1],
  started: (instance: WebAssembly.Instance, own: WebAssembly.Module) => void,
): WebAssembly.Instance["exports"] {
  const own = new WebAssembly.Module(readFileSync(core));
  const instance = new WebAssembly.Instance(own, imports);
  parser.memory = imports?.env?.memory as WebAssembly.Memory;
  started(instance, own);
  return instance.exports;
}

function load(files: GrammarFiles, name: string, languages: Languages): Grammar {
  const wasm = files.read(name, "grammar.wasm");
  if (wasm === null) throw new Error(`Cannot load the grammar of ${name}: grammars/manifest.json does not list it`);
  const language = Language.loadSync(new WebAssembly.Module(wasm));
  const { profile, symbols } = languages.whole(name);
  const lineage = languages.lineage(name);
  const tables = tablesOf(keptTypes(files, name) ?? typesOf(language, profile), profile);
  let references: Query | null = null;
  return {
    name,
    version: versionOf(files, lineage),
    language,
    profile,
    symbols: readQuery(symbols, language, tables),
    get references() {
      references ??= readQuery(readPatterns(queryText(files, lineage, "references.scm")), language, tables);
      return references;
    },
    tables,
    memory: parser.memory,
  };
}

/** null: nobody has kept them, as for a grammar that is not the program's own. */
function keptTypes(files: GrammarFiles, name: string): Types | null {
  const bytes = files.read(name, "types.json");
  return bytes && (JSON.parse(textOf(bytes)) as Types); // written by scripts/grammars.ts
}

const versionOf = (files: GrammarFiles, lineage: readonly string[]): string =>
  digest(JSON.stringify([ALGORITHM, lineage.map((one) => files.manifest.grammars[one])])).slice(0, 32);

/** What is inherited comes first. */
const queryText = (files: GrammarFiles, lineage: readonly string[], file: string): string =>
  lineage.map((one) => textOf(files.read(one, file))).join("\n");
