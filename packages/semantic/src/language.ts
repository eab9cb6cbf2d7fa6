import type { Languages } from "./languages.ts";

/** What is known of a file whose language has none. */
export const NO_GRAMMAR = { unknown: "there is no grammar for its language" } as const;

/**
 * The language of a file, by its name or its ending; without an ending, by the program that its first line names.
 * null: none that has a grammar here.
 */
export function languageOf(languages: Pick<Languages, "names" | "files">, path: string, text: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const by = (test: (files: ReturnType<Languages["files"]>) => boolean): string | null =>
    languages.names.find((own) => test(languages.files(own))) ?? null;
  const named = by(({ names }) => names.includes(name));
  if (named !== null) return named;
  const ending = /[^.]\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  if (ending !== undefined) return by(({ endings }) => endings.includes(ending));
  const program = programOf(text);
  return program === null ? null : by(({ programs }) => programs.includes(program));
}

/** The program of a first line like `#!/usr/bin/env -S python3.11 -u`, without its version. */
function programOf(text: string): string | null {
  if (!text.startsWith("#!")) return null;
  const words = (text.slice(2, 202).split(/[\r\n]/)[0] ?? "").trim().split(/\s+/);
  const starter = /(^|\/)env$/.test(words[0] ?? "");
  const program = starter ? words.slice(1).find((word) => !/^-|=/.test(word)) : words[0];
  return program?.replace(/^.*\//, "").replace(/[\d.]+$/, "") || null;
}
