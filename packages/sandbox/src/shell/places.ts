import { readlinkSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { couldBeSecret, isSecretFile } from "../secret_file.ts";
import type { Command } from "./script.ts";
import { programName, type Unwrapped } from "./unwrap.ts";
import type { Word } from "./word.ts";

/** The usual streams and the empty device: places that every command may name. */
export const STREAMS = /^(\/dev\/(null|stdout|stderr|stdin|fd\/\d+)|-|\d+-?)$/;

/** A word that names a place outside the worktree, or null: of a text, and of the commands in its commands. */
export function outsidePlace({ commands, own, invocations }: Unwrapped): string | null {
  let deepest = 0;
  for (const { word, inside } of placesIn(commands.slice(0, own))) {
    if ((word.text.startsWith("~") && !word.quoted) || depthOf(word.text, inside) < 0) return word.text;
    deepest = Math.max(deepest, inside);
  }
  for (const { value } of commands.flatMap(({ assigned }) => assigned)) {
    const text = value?.text ?? "";
    if (MACHINE.test(text) || /^(\.\.\/)+/.test(text)) return text;
  }
  const nested = commands.slice(own).flatMap(({ redirects }) => redirects.map(({ target }) => target));
  for (const words of [...invocations.map((invocation) => operandsOf(invocation.words)), nested]) {
    const bad = words.find(({ text }) => depthOf(text, deepest) < 0)?.text;
    if (bad !== undefined) return bad;
  }
  return placesInCode(invocations).find((text) => leaves(text, deepest)) ?? null;
}

/** A word that names git's own folder to a program that shows or changes what is in it, or null. */
export function gitPlace({ commands, invocations }: Unwrapped): string | null {
  const words = invocations.flatMap(({ words: [first, ...rest] }) =>
    OPENING.test(first?.text ?? "") ? rest.filter(({ text }) => !text.startsWith("-")) : [],
  );
  const targets = commands.flatMap(({ redirects }) => redirects.map(({ target }) => target));
  return [...words, ...targets].find(({ text }) => /^(\.\/)*\.git(\/|$)/.test(text))?.text ?? null;
}
const OPENING =
  /^(cat|tac|head|tail|less|more|nl|od|xxd|hexdump|strings|base64|cp|mv|ln|ls|diff|cmp|sed|sort|cut|source|\.)$/;

/**
 * A word of a command that a link in the worktree leads out of it, or null. The file tools follow no links; a command
 * does, and what it reads there is nobody's claim. This looks at files, so the policy, which is pure, cannot ask it.
 */
export function linkOutside(root: string, { commands, own, invocations }: Unwrapped): string | null {
  const nested = invocations.flatMap(({ words }) => operandsOf(words)).map((word) => ({ word, from: "." }));
  const places = [...placesIn(commands.slice(0, own)), ...nested];
  return places.find(({ word, from }) => leadsOut(root, join(from, literalPart(word))))?.word.text ?? null;
}

/** A word of a command that names a file which may hold secrets and may not be read by name, or null. */
export function secretPlace(
  { commands, own, invocations }: Unwrapped,
  mayRead: (path: string) => boolean,
): string | null {
  const words = [
    ...placesIn(commands.slice(0, own).map(withoutNames)).map(({ word }) => word),
    ...commands.slice(own).flatMap(({ redirects }) => redirects.map(({ target }) => target)),
    ...invocations.map(withoutNames).flatMap(({ words: all }) => operandsOf(all)),
    ...placesInCode(invocations).map((text): Word => ({ text, known: true, quoted: true, pieces: [text] })),
  ];
  const secret = ({ text, known, quoted }: Word) => {
    const path = text.replace(/^(?:\w+=|@|[^/:]*:)/, "").replace(/^(\.\/)+/, "");
    return (isSecretFile(path) || (!known && !quoted && couldBeSecret(path))) && !mayRead(path) && !mayRead(text);
  };
  return words.find(secret)?.text ?? null;
}

/** A command whose words are names to it, of which it shows nothing but that they are there, is one without words. */
const withoutNames = <T extends { words: readonly Word[] }>(command: T): T =>
  NAMING.test(command.words.map(({ text }) => text).join(" ")) ? { ...command, words: [] } : command;
const NAMING = /^(ls|stat|realpath|readlink|du|git (check-ignore|ls-files))( |$)/;

type Place = { word: Word; from: string; inside: number };

/** Every word that names a place, with the folder that the `cd`s before it have led to, as far as they are known. */
function placesIn(commands: readonly Command[]): Place[] {
  let [from, inside] = [".", 0];
  return commands.flatMap(({ words, redirects }) => {
    const here = [...operandsOf(words), ...redirects.map(({ target }) => target)].map((word) => ({
      word,
      from,
      inside,
    }));
    const to = words[1];
    if (words[0]?.text === "cd" && to?.known) [from, inside] = [join(from, to.text), depthOf(to.text, inside)];
    return here;
  });
}

/** Programs whose words are texts or patterns, not places. */
const TALKING = ["echo", "printf", "test", "[", "expr", "tr", "true", "false", "basename", "dirname"];
const SEARCHING = ["grep", "egrep", "fgrep", "rg", "sed", "awk", "gawk", "jq", "ag"];
const INTERPRETERS = ["node", "bun", "deno", "python", "python3", "perl", "ruby", "lua", "php", "uv"];
const CODE = /^-[a-zA-Z]*[ecpr]$/;
const PATTERN = /^(-[a-zA-Z]*[ef]|--(regexp|expression|file)(=.*)?)$/;
const NAMED_PLACE = /^--[a-z0-9-]*(?:file|from|dir|directory|path)[a-z0-9-]*=(.+)$/;

function operandsOf(words: readonly Word[]): Word[] {
  const name = programName(words[0]?.text ?? "");
  if (TALKING.includes(name)) return words.filter(({ text, known, quoted }) => !known && !quoted && /[*?]/.test(text));
  const before = (at: number) => words[at - 1]?.text ?? "";
  const code = (at: number) => INTERPRETERS.includes(name) && CODE.test(before(at));
  const operands = words.filter(({ text }, at) => at > 0 && !text.startsWith("-") && !code(at));
  const named = words.slice(1).flatMap((word) => {
    const text = NAMED_PLACE.exec(word.text)?.[1];
    return text === undefined ? [] : [{ ...word, text }];
  });
  if (!SEARCHING.includes(name)) return [...operands, ...named];
  if (!words.some(({ text }) => PATTERN.test(text))) return [...operands.slice(1), ...named];
  const patterns = words.filter((_, at) => /^(-[a-zA-Z]*e|--regexp|--expression)$/.test(before(at)));
  return [...operands.filter((word) => !patterns.includes(word)), ...named];
}

/** Absolute places that no program's text is about but to open them. */
const MACHINE = /^\/(etc|proc|sys|root|home|Users|var|tmp|boot|srv|mnt|run)(\/|$)/;

/** What an awk program reads or writes, and what a sed script does. */
const AWK_FILE = /(?:getline\b[^<"\n]*<|>)\s*"([^"\n]+)"/g;
const SED_FILE = /(?:^|[;{}\n]|\d|\$|\/)\s*[rRwW]\s+([^\s;}]+)/g;

/** Places that code in a command line names in quotes, or that it opens. */
function placesInCode(invocations: Unwrapped["invocations"]): string[] {
  const opened = invocations.flatMap(({ words: [first, ...rest] }) => {
    const name = first?.text ?? "";
    const file = /^[gmn]?awk$/.test(name) ? AWK_FILE : name === "sed" ? SED_FILE : null;
    return file === null ? [] : rest.flatMap(({ text }) => [...text.matchAll(file)].map((match) => match[1]!));
  });
  return [...opened, ...quotedInCode(invocations)];
}

function quotedInCode(invocations: Unwrapped["invocations"]): string[] {
  const code = invocations.flatMap(({ words: [first, ...rest] }) =>
    INTERPRETERS.includes(first?.text ?? "") ? rest.filter((_, at) => CODE.test(rest[at - 1]?.text ?? "")) : [],
  );
  return code.flatMap(({ text }) => [...text.matchAll(/(["'`])([^"'`\s]*)\1/g)].map((match) => match[2]!));
}

const leaves = (text: string, inside: number) =>
  text.startsWith("/") ? MACHINE.test(text) : /^\.\.?\//.test(text) && depthOf(text, inside) < 0;

/** How far below the root a word leads, from a folder so far below it; below zero: out of it. */
function depthOf(text: string, from: number): number {
  if (STREAMS.test(text)) return from;
  if (/^\/+(?:\w|$)/.test(text)) return -1;
  let depth = from;
  for (const part of text.split("/")) {
    if (part === "..") depth--;
    else if (part !== "." && part !== "") depth++;
    if (depth < 0) return depth;
  }
  return depth;
}

/** Of a pattern, the folders before it; of a word that is computed otherwise, what is written of it names nothing. */
function literalPart({ text, known }: Word): string {
  if (known) return text;
  const at = text.search(/[*?[{]/);
  return at < 0 ? "." : text.slice(0, text.lastIndexOf("/", at) + 1) || ".";
}

const HOPS_MAX = 20;

/** Follows the links of a path by hand, since what they lead to need not be there. `path` is below `root`. */
function leadsOut(root: string, path: string, hops = 0): boolean {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  for (const depth of parts.keys()) {
    const target = linkTarget(join(root, ...parts.slice(0, depth + 1)));
    if (target === null) continue;
    const real = realpathSync(root);
    const to = relative(real, resolve(real, ...parts.slice(0, depth), target));
    if (to === ".." || to.startsWith("../") || hops === HOPS_MAX) return true;
    return leadsOut(root, join(to, ...parts.slice(depth + 1)), hops + 1);
  }
  return false;
}

/** null: no link, or nothing that could be looked at, which no command can then follow either. */
function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && NO_LINK.includes(String(error.code))) return null;
    throw error;
  }
}
const NO_LINK = ["EINVAL", "ENOENT", "ENOTDIR", "EACCES", "ENAMETOOLONG", "ELOOP"];
