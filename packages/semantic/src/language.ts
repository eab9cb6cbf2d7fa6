import type { Languages } from "./languages.ts";

/** What is known of a file whose language has none. */
export const NO_GRAMMAR = { unknown: "there is no grammar for its language" } as const;

type Known = Pick<Languages, "names" | "files">;

/**
 * The language of a file, by its name or its ending; without an ending, by the program that its first line names.
 * null: none that has a grammar here.
 */
export function languageOf(languages: Known, path: string, text: string): string | null {
  const by = lookUp(languages);
  const { name, ending } = partsOf(path);
  const named = by.names.get(name);
  if (named !== undefined) return named;
  if (ending !== null) return by.endings.get(ending) ?? null;
  return by.programs.get(programOf(text) ?? "") ?? null;
}

/** Whether a file may have a language, as far as its path says: without an ending, its first line has the last word. */
export function mayHaveLanguage(languages: Known, path: string): boolean {
  const { name, ending } = partsOf(path);
  const { names, endings } = lookUp(languages);
  return names.has(name) || ending === null || endings.has(ending);
}

function partsOf(path: string): { name: string; ending: string | null } {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { name, ending: /[^.]\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? null };
}

type ByKind = Record<"names" | "endings" | "programs", ReadonlyMap<string, string>>;
const known = new WeakMap<Known["files"], ByKind>();

/** Of two languages that claim the same the first counts. */
function lookUp({ names, files }: Known): ByKind {
  const before = known.get(files);
  if (before !== undefined) return before;
  const by = (kind: keyof ByKind) =>
    new Map(names.toReversed().flatMap((own) => files(own)[kind].map((one): [string, string] => [one, own])));
  const made = { names: by("names"), endings: by("endings"), programs: by("programs") };
  known.set(files, made);
  return made;
}

/** The program of a first line like `#!/usr/bin/env -S python3.11 -u`, without its version. */
function programOf(text: string): string | null {
  if (!text.startsWith("#!")) return null;
  const words = (text.slice(2, 202).split(/[\r\n]/)[0] ?? "").trim().split(/\s+/);
  const starter = /(^|\/)env$/.test(words[0] ?? "");
  const program = starter ? words.slice(1).find((word) => !/^-|=/.test(word)) : words[0];
  return program?.replace(/^.*\//, "").replace(/[\d.]+$/, "") || null;
}
