import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Grammars, openGrammars } from "../grammar.ts";
import { digest, type GrammarFiles, openGrammarFiles } from "../grammar_files.ts";
import { textOf } from "../languages.ts";
import { keptOf, readLanguage, type Sections } from "../profile.ts";

/** The program's own grammars, and beside them the one of a folder, as if it had been listed with them. */
export function grammarsWith(folder: string): Promise<Grammars> {
  const own = openGrammarFiles();
  const name = basename(folder);
  const bytes = new Map(readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))]));
  const files = Object.fromEntries([...bytes].map(([file, held]) => [file, digest(held)]));
  const read: GrammarFiles["read"] = (grammar, file) =>
    grammar === name ? (bytes.get(file) ?? null) : own.read(grammar, file);
  const sections = (one: string) => JSON.parse(textOf(read(one, "profile.json"))) as Sections;
  const { listed, whole } = keptOf(readLanguage(name, sections), (one) => textOf(read(one, "symbols.scm")));
  const added: GrammarFiles = {
    manifest: {
      ...own.manifest,
      grammars: { ...own.manifest.grammars, [name]: { package: name, version: "1", files } },
    },
    languages: () => ({ ...own.languages(), [name]: listed }),
    whole: (language) => (language === name ? whole : own.whole(language)),
    read,
  };
  return openGrammars(added);
}
