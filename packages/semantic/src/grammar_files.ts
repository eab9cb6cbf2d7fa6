import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LanguageListed, LanguageWhole } from "./profile.ts";

/** In the executable the folder is an asset (scripts/build.ts), from source it is the repository's. */
const FOLDER = Bun.isStandaloneExecutable
  ? join(import.meta.dir, "grammars")
  : resolve(import.meta.dir, "../../../grammars");

/**
 * What the folder holds, written by `scripts/grammars.ts`: SHA-256 in hex of the files of each grammar, and of
 * `languages.json`. `package` and `version` null: a part that other grammars inherit.
 */
export type Manifest = {
  languages: string;
  grammars: Record<string, { package: string | null; version: string | null; files: Record<string, string> }>;
};

/** A folder of grammars: the program's own, or one that a test has made. */
export type GrammarFiles = {
  manifest: Manifest;
  languages(): Readonly<Record<string, LanguageListed>>;
  whole(language: string): LanguageWhole;
  read(grammar: string, file: string): Uint8Array<ArrayBuffer> | null;
};

/** What a language's folders say in whole, beside its grammar. */
export const WHOLE = "whole.json";

/**
 * Reads `manifest.json` at once and the other files when they are asked for; each is compared with its digest there. A file that
 * the manifest does not list is not there.
 *
 * @throws Error when a file is not what the manifest says: what judges code must be what was tested
 */
export function openGrammarFiles(folder: string = FOLDER): GrammarFiles {
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest; // our own, as this program is
  const proven = (path: string, expected: string) => {
    const bytes = new Uint8Array(readFileSync(join(folder, path)));
    if (digest(bytes) === expected) return bytes;
    throw new Error(
      `Cannot load grammars/${path}: it is not the file that grammars/manifest.json lists; run \`bun scripts/grammars.ts\``,
    );
  };
  const parsed = (path: string, expected: string): unknown =>
    JSON.parse(new TextDecoder().decode(proven(path, expected))); // written by scripts/grammars.ts
  return {
    manifest,
    languages: () => parsed("languages.json", manifest.languages) as ReturnType<GrammarFiles["languages"]>,
    whole(language) {
      const expected = manifest.grammars[language]?.files[WHOLE];
      if (expected === undefined)
        throw new Error(`Cannot read the language ${language}: grammars/manifest.json lists no ${WHOLE} of it`);
      return parsed(`${language}/${WHOLE}`, expected) as LanguageWhole;
    },
    read(grammar, file) {
      const expected = manifest.grammars[grammar]?.files[file];
      return expected === undefined ? null : proven(`${grammar}/${file}`, expected);
    },
  };
}

/** SHA-256 in hex. */
export const digest = (bytes: Uint8Array | string): string =>
  new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
