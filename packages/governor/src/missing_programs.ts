import { existsSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "./on_path.ts";
import type { Commands, Project } from "./project.ts";

/** A program that commands begin with and that is not here, with the keys of these commands. */
export type Missing = { program: string; keys: string[] };

/**
 * The programs that the project's own commands begin with and that nobody would find. Only a plain first word is looked
 * for: what a shell does by itself, or makes up while it runs, is not told.
 */
export function missingPrograms({ root, commands, hash }: Project, path: string): Missing[] {
  if (hash === "") return []; // nobody has written these commands
  const missing = new Map<string, string[]>();
  for (const [key, command] of keyed(commands)) {
    const program = firstWord(command);
    if (program === null || (program.includes("/") ? existsSync(join(root, program)) : onPath(program, path))) continue;
    missing.set(program, [...(missing.get(program) ?? []), key]);
  }
  return [...missing].map(([program, keys]) => ({ program, keys }));
}

/** `"golangci-lint" (lint_cmd, lint_fix_cmd)`, one after the other. */
export const missingWords = (missing: readonly Missing[]): string =>
  missing.map(({ program, keys }) => `"${program}" (${keys.join(", ")})`).join(", ");

function keyed({ generated, ...single }: Commands): [key: string, command: string][] {
  const own = Object.entries(single).map(([name, command]) => [`${name}_cmd`, command ?? ""] as const);
  const made = Object.entries(generated).map(([name, { command }]) => [`[generated.${name}]`, command] as const);
  return [...own, ...made].map(([key, command]) => [key, command]);
}

const WORD = /^(?:\w+=[\w./:-]*\s+)*([\w.+-][\w./+-]*)(?=\s|$)/;

const OF_THE_SHELL = new Set(
  "alias break case cd command continue do done echo elif else esac eval exec exit export false fi for function if local printf pwd read readonly return set shift source test then time trap true type ulimit umask unset until wait while . :".split(
    " ",
  ),
);

/** An absolute path is the project's own word about its toolchain, and is tried by the jail. */
function firstWord(command: string): string | null {
  const [, word] = WORD.exec(command.trim()) ?? [];
  return word === undefined || OF_THE_SHELL.has(word) ? null : word;
}
