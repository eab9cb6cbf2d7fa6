import { filledRecipe } from "../recipe.ts";
import type { Scope } from "../tool.ts";
import type { Dialect } from "./account.ts";
import { gitFault } from "./git.ts";
import type { ParseShell, Part } from "./grammar.ts";
import { STREAMS } from "./places.ts";
import { type Command, type Redirect, readScript } from "./script.ts";
import { unwrap } from "./unwrap.ts";
import type { Word } from "./word.ts";

/**
 * What is sure of a shell text, by its parsed words: `test` it is the task's own test command and nothing else, so that its
 * exit status is that of the tests · `read` all programs in it only read. Of every other text nothing is.
 */
export type Nature = "test" | "read";

/** @param scope whose recipe `test` is the task's own test command, or the project's where it has none */
export function natureOf(parse: ParseShell, text: string, scope: Scope): Nature | null {
  const recipe = filledRecipe(scope, "test", scope.test_targets);
  if (recipe !== null && isSameCommand(parse, text, recipe)) return "test";
  return onlyReads(parse, text) ? "read" : null;
}

/** One simple command with the very words of the other; what it says may go anywhere, as long as nothing else hears it. */
function isSameCommand(parse: ParseShell, text: string, recipe: string): boolean {
  const [ours, theirs] = [simpleCommand(parse, text, "bash"), simpleCommand(parse, recipe, "posix")];
  return ours !== null && theirs !== null && wordsOf(ours) === wordsOf(theirs);
}

/** A text that is one command: not negated, not in the background, without a pipe, and with no word that is computed. */
function simpleCommand(parse: ParseShell, text: string, dialect: Dialect): Command | null {
  const parsed = parse(text);
  if ("problem" in parsed) return null;
  const [only, ...more] = parsed.tree.parts.filter(({ kind }) => kind !== "\n" && kind !== "comment");
  if (only === undefined || more.length > 0 || !isPlain(only)) return null;
  const { commands, problem } = readScript(parse, text, dialect);
  const [command, ...others] = commands.filter(({ words }) => words.length > 0);
  if (command === undefined || others.length > 0 || problem !== null) return null;
  const isKnown = command.words.every(({ known }) => known);
  return isKnown && commands.every(({ assigned, redirects }) => assigned.length === 0 && redirects.every(isHarmless))
    ? command
    : null;
}

const isPlain = ({ kind, parts }: Part): boolean =>
  kind === "command" || (kind === "redirected_statement" && parts[0]?.kind === "command");

const wordsOf = ({ words }: Command): string => JSON.stringify(words.map(({ text }) => text));

/** It writes no file: to another stream, or to where nothing is kept. */
const isHarmless = ({ op, target }: Redirect): boolean =>
  (op.startsWith(">&") && /^(\d+-?|-)$/.test(target.text)) || (target.known && STREAMS.test(target.text));

function onlyReads(parse: ParseShell, text: string): boolean {
  const { invocations, commands, problem } = unwrap(parse, text);
  if (problem !== null || invocations.length === 0) return false;
  const isQuiet = commands.every(({ assigned, redirects }) => {
    return assigned.length === 0 && redirects.every((one) => !one.op.includes(">") || isHarmless(one));
  });
  return isQuiet && invocations.every(({ words }) => reads(words));
}

/** Programs that write nothing, whatever they are given, but for the options named here. */
const READERS: ReadonlyMap<string, RegExp | null> = new Map<string, RegExp | null>([
  ..."ls cat head tail wc grep egrep fgrep pwd echo true false cut tr cmp nl stat du cd basename dirname realpath readlink"
    .split(" ")
    .map((name): [string, null] => [name, null]),
  ["find", /^-(delete|exec|execdir|ok|okdir|fprint|fprint0|fprintf|fls)$/],
  ["rg", /^--(pre|hostname-bin)/],
]);

function reads(words: readonly Word[]): boolean {
  const [name, ...rest] = words;
  if (!name?.known) return false;
  if (name.text === "git") return gitFault(words) === null && rest.every(({ known }) => known);
  const writing = READERS.get(name.text);
  return writing === null || (writing !== undefined && rest.every(({ known, text }) => known && !writing.test(text)));
}
