import { type Command, shellCommands, type Word } from "./words.ts";

/** A program a shell text would start, with the wrappers around it taken off. `uv`: it runs under `uv run`. */
export type Invocation = { argv: readonly string[]; uv: boolean };
export type Unwrapped = { invocations: Invocation[]; problem: string | null };

const NESTING_MAX = 8;

/** Options of wrappers that take the next word. Other words with a dash are taken to stand alone. */
const WRAPPERS: Readonly<Record<string, { valued: readonly string[]; skip: number }>> = {
  env: { valued: ["-u", "--unset", "-C", "--chdir"], skip: 0 },
  command: { valued: [], skip: 0 },
  builtin: { valued: [], skip: 0 },
  exec: { valued: ["-a"], skip: 0 },
  nohup: { valued: [], skip: 0 },
  setsid: { valued: [], skip: 0 },
  time: { valued: ["-f", "-o"], skip: 0 },
  nice: { valued: ["-n"], skip: 0 },
  ionice: { valued: ["-c", "-n", "-p"], skip: 0 },
  stdbuf: { valued: ["-i", "-o", "-e"], skip: 0 },
  timeout: { valued: ["-s", "--signal", "-k", "--kill-after"], skip: 1 },
  xargs: { valued: ["-a", "-I", "-n", "-L", "-P", "-d", "-E", "-s"], skip: 0 },
  busybox: { valued: [], skip: 0 },
  chpst: { valued: ["-u", "-U", "-e", "-/"], skip: 0 },
  strace: { valued: ["-e", "-o", "-p"], skip: 0 },
  ltrace: { valued: ["-e", "-o", "-p"], skip: 0 },
};
const SHELLS = ["sh", "bash", "dash", "zsh", "ksh", "ash"];
const UV_VALUED = [
  "--with",
  "--with-editable",
  "--with-requirements",
  "--python",
  "-p",
  "--extra",
  "--group",
  "--package",
  "--project",
  "--directory",
  "--env-file",
  "--index",
  "--config-file",
  "--cache-dir",
];

/** Every program that the commands of a shell text start, the wrappers themselves included. */
export function invocationsOf(text: string, depth = 0): Unwrapped {
  const { commands, problem } = shellCommands(text);
  const found: Unwrapped = { invocations: [], problem };
  if (depth > NESTING_MAX) return { invocations: [], problem: "it is nested too deeply" };
  for (const command of commands) unwrap({ found, depth, uv: false }, command.words);
  return found;
}

export const assignmentsOf = (commands: readonly Command[]): string[] => commands.flatMap(({ assigned }) => assigned);

type Context = { found: Unwrapped; depth: number; uv: boolean };

function unwrap(context: Context, words: readonly Word[]): void {
  const [first, ...rest] = words;
  if (!first) return;
  if (!first.known) {
    unsure(context, "the name of a command is computed");
    return;
  }
  if (context.depth > NESTING_MAX) {
    unsure(context, "it is nested too deeply");
    return;
  }
  const name = programName(first.text);
  context.found.invocations.push({ argv: splitModule([name, ...rest.map(({ text }) => text)]), uv: context.uv });
  unwrapRest({ ...context, depth: context.depth + 1 }, name, rest);
}

function unwrapRest(context: Context, name: string, rest: readonly Word[]): void {
  if (SHELLS.includes(name)) unwrapShell(context, rest);
  else if (name === "eval") unwrapText(context, rest, rest.map(({ text }) => text).join(" "));
  else if (name === "trap") unwrapText(context, rest.slice(0, 1), rest[0]?.text ?? "");
  else if (name === "alias" && rest.length > 0) unsure(context, "it gives a command another name");
  else if (name === "uv" || name === "uvx") unwrapUv(context, name, rest);
  else if (name === "find" || name === "fd") unwrapFind(context, rest);
  else if (WRAPPERS[name]) unwrapWrapper(context, name, rest);
}

/** Keeps the first reason why the commands of a text cannot all be seen. */
function unsure({ found }: Context, why: string): void {
  found.problem ??= why;
}

/** `/usr/bin/python3.11` and `python3.11` are `python3`; `pip3.11` is `pip3`. */
export const programName = (text: string): string =>
  text.slice(text.lastIndexOf("/") + 1).replace(/^(python|pip|pypy)(\d)(?:\.\d+)+$/i, "$1$2");

/** `-mpip` is `-m pip`; options without a value before it are dropped, so that a rule finds `python -m pip`. */
function splitModule(argv: readonly string[]): string[] {
  const [name = "", ...rest] = argv;
  if (!/^(python|pypy)\d?$/i.test(name)) return [...argv];
  const at = rest.findIndex((word) => !/^-[bBdEiIOqsSuvx]+$/.test(word));
  const from = at < 0 ? [] : rest.slice(at);
  const joined = /^-[bBdEiIOqsSuvx]*m(.*)$/.exec(from[0] ?? "");
  if (!joined) return [...argv];
  return [name, "-m", ...(joined[1] === "" ? [] : [joined[1]!]), ...from.slice(1)];
}

function unwrapWrapper(context: Context, name: string, rest: readonly Word[]): void {
  const { valued, skip } = WRAPPERS[name]!;
  let at = 0;
  for (; at < rest.length; at++) {
    const text = rest[at]!.text;
    if (name === "env" && /^(-S|--split-string)/.test(text)) {
      unsure(context, "env splits a text into a command");
      return;
    }
    if (valued.includes(text)) at++;
    else if (text === "--") {
      at++;
      break;
    } else if (!text.startsWith("-") && !(name === "env" && text.includes("="))) break;
  }
  const inner = rest.slice(at + skip);
  if (name === "command" && rest.some(({ text }) => /^-[vV]$/.test(text))) return; // it only looks the name up
  unwrap(context, inner);
}

function unwrapShell(context: Context, rest: readonly Word[]): void {
  const at = rest.findIndex(({ text }) => /^-[a-z]*c[a-z]*$/.test(text));
  if (at >= 0) {
    unwrapText(context, rest.slice(at + 1, at + 2), rest[at + 1]?.text ?? "");
    return;
  }
  const script = rest.find(({ text }) => !/^[-+]/.test(text));
  const looks = rest.some(({ text }) => text === "--version" || text === "--help");
  if (!script && !looks) context.found.problem ??= "a shell takes its commands from its input";
}

function unwrapText(context: Context, words: readonly Word[], text: string): void {
  if (words.some(({ known }) => !known)) {
    unsure(context, "the commands it runs are computed");
    return;
  }
  const inner = invocationsOf(text, context.depth);
  context.found.invocations.push(...inner.invocations.map(({ argv, uv }) => ({ argv, uv: uv || context.uv })));
  context.found.problem ??= inner.problem;
}

function unwrapUv(context: Context, name: string, rest: readonly Word[]): void {
  const words = [...rest];
  const takeOptions = () => {
    while (words[0]?.text.startsWith("-") && words[0].text !== "-") {
      const option = words.shift()!.text;
      if (option === "--") return;
      if (UV_VALUED.includes(option)) words.shift();
    }
  };
  takeOptions();
  if (name === "uv") {
    const verb = words.shift()?.text;
    if (verb === "tool" && words[0]?.text === "run") words.shift();
    else if (verb !== "run") return;
  }
  takeOptions();
  if (words.length === 0) {
    unsure(context, "uv run names no command");
    return;
  }
  unwrap({ ...context, uv: true }, words);
}

function unwrapFind(context: Context, rest: readonly Word[]): void {
  for (let at = 0; at < rest.length; at++) {
    if (!/^(-exec|-execdir|-ok|-okdir|-x|-X|--exec|--exec-batch)$/.test(rest[at]!.text)) continue;
    const end = rest.findIndex(({ text }, i) => i > at && (text === ";" || text === "+"));
    unwrap(context, rest.slice(at + 1, end < 0 ? undefined : end));
  }
}
