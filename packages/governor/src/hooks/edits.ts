import { isDeepStrictEqual } from "node:util";
import { blockOf, withBlock } from "./block.ts";

/** How a file would call preflight; or why it cannot be edited, as a clause. The text has no block of ours. */
export type Edit = (text: string, command: string) => { text: string } | { why: string };

/** What is there goes on after it, where it passes. A file of our own begins with the line that names the shell. */
export const shellHook: Edit = (text, command) => {
  const block = blockOf([`${command} || exit $?`]);
  if (text === "") return { text: `#!/bin/sh\n${block}` };
  const [first = ""] = text.split("\n");
  if (!first.startsWith("#!")) return { text: withBlock(text, block, 0) };
  if (!/\b(?:sh|bash|dash|zsh|ksh)\b/.test(first)) return { why: `it is no script of a shell ("${first}")` };
  return { text: withBlock(text.includes("\n") ? text : `${text}\n`, block, 1) };
};

/** `.pre-commit-config.yaml`. */
export const preCommitConfig: Edit = (text, command) => {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => /^repos:\s*(?:#.*)?$/.test(line));
  if (at < 0) return { why: 'it has no line "repos:" with a list below it' };
  const indent = /^(\s*)- /.exec(lines.slice(at + 1).find((line) => /^\s*- /.test(line)) ?? "  - ")?.[1] ?? "";
  const item = [
    "- repo: local",
    "  hooks:",
    "    - id: dgov-preflight",
    "      name: dgov preflight",
    `      entry: ${command}`,
    "      language: system",
    "      pass_filenames: false",
    "      always_run: true",
  ];
  return proved(text, withBlock(text, blockOf(item, indent), at + 1));
};

/** `lefthook.yml`: beside the commands or jobs of its `pre-commit`, or the first of it. */
export const lefthookConfig: Edit = (text, command) => {
  const lines = text.split("\n");
  const hook = lines.findIndex((line) => /^pre-commit:\s*(?:#.*)?$/.test(line));
  if (hook < 0) {
    const whole = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    const added = ["pre-commit:", "  commands:", "    dgov-preflight:", `      run: ${command}`];
    return proved(text, `${whole}${blockOf(added)}`);
  }
  const end = lines.findIndex((line, at) => at > hook && /^[^\s#]/.test(line));
  const inside = lines.slice(hook + 1, end < 0 ? undefined : end);
  const at = inside.findIndex((line) => /^\s+(?:commands|jobs):\s*(?:#.*)?$/.test(line));
  const first = inside.slice(at + 1).find((line) => /^\s*[^\s#]/.test(line));
  const indent = /^\s*/.exec(first ?? "")?.[0] ?? "";
  if (at < 0 || indent === "") return { why: 'its "pre-commit" has no "commands:" or "jobs:" with a list below it' };
  const isList = /jobs:/.test(inside[at] ?? "");
  const item = isList ? ["- name: dgov preflight", `  run: ${command}`] : ["dgov-preflight:", `  run: ${command}`];
  return proved(text, withBlock(text, blockOf(item, indent), hook + at + 2));
};

/** All that was there is there, and nothing else reads otherwise than before. */
function proved(before: string, after: string): { text: string } | { why: string } {
  const old = parsed(before);
  const young = parsed(after);
  if (old === null || young === null) return { why: "it is no YAML that can be read" };
  return isOurs(young.value) && isDeepStrictEqual(without(young.value), without(old.value))
    ? { text: after }
    : { why: "it is written in a way that is not known here" };
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: Bun.YAML.parse(text) ?? {} };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A configuration without what we add, and without what is empty then. */
function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => !isOurs(one)).map(without);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value)
    .filter(([key]) => key !== "dgov-preflight")
    .map(([key, inner]) => [key, without(inner)] as const);
  return Object.fromEntries(kept.filter(([, inner]) => !isDeepStrictEqual(inner, {})));
}

const isOurs = (item: unknown): boolean =>
  typeof item === "object" && item !== null && /"(?:dgov-preflight|dgov preflight)"/.test(JSON.stringify(item));
