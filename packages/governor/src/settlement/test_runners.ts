/**
 * How a test runner is told what to run.
 *
 * `runs`   words of a command that starts it
 * `whole`  how it is told to run all: by the "folder" of the tests, or by its "files", where it takes no folder
 * `parts`  whether it can be told to run some files of the folder
 * `spell`  a path as it reads it, before the shell has a say
 */
export type Runner = { runs: RegExp; whole: "folder" | "files"; parts: boolean; spell: (path: string) => string };

const asItIs = (path: string): string => path;
/** It would take a path without a folder in front for a part of a name. */
const dotted = (path: string): string => (path === "." ? path : `./${path}`);
const escaped = (path: string): string => path.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
/** In its patterns a set of one mark is that mark. */
const globbed = (path: string): string => path.replace(/[[*?{}]/g, "[$&]");

/** The first that fits; what is none of them takes files and folders as they are. */
export const RUNNERS = {
  "unittest discover": { runs: /\bunittest\s+discover\b/, whole: "folder", parts: false, spell: asItIs },
  unittest: { runs: /\bunittest\b/, whole: "files", parts: true, spell: asItIs },
  pytest: { runs: /\bpy\.?test\b/, whole: "folder", parts: true, spell: asItIs },
  vitest: { runs: /\bvitest\b/, whole: "folder", parts: true, spell: asItIs },
  "jest by path": { runs: /\bjest\b.*\s--runTestsByPath\b/, whole: "files", parts: true, spell: asItIs },
  jest: { runs: /\bjest\b/, whole: "folder", parts: true, spell: escaped },
  "bun test": { runs: /\bbun\s+(?:\S+\s+)*?test\b/, whole: "folder", parts: true, spell: dotted },
  "node --test": { runs: /\bnode\s+(?:\S+\s+)*?--test(?![\w-])/, whole: "files", parts: true, spell: globbed },
} as const satisfies Readonly<Record<string, Runner>>;
export const PLAIN: Runner = { runs: /^/, whole: "folder", parts: true, spell: asItIs };

export type RunnerName = keyof typeof RUNNERS;
export const RUNNER_NAMES = Object.keys(RUNNERS) as RunnerName[]; // its own keys
