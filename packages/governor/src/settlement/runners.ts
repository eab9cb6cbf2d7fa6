import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Layout } from "../project.ts";
import { isTestFile, sourceFiles } from "../test_files.ts";
import { shellPaths } from "./command.ts";
import { PLAIN, RUNNERS, type Runner, type RunnerName } from "./test_runners.ts";

/** `root`: the checkout; `all`: the folder of all tests */
export type Asking = { root: string; all: string; layout: Layout };

/**
 * The words that tell the runner of a command to run these files; `all` alone stands for all of them.
 *
 * @returns the words, quoted; null: there is nothing to run
 */
export function runnerWords(command: string, targets: readonly string[], asking: Asking): string | null {
  const { root, all } = asking;
  const runner = runnerOf(command, asking.layout.test_runner);
  const isAll = targets.includes(all) || (!runner.parts && targets.length > 0);
  const wanted = !isAll ? targets : runner.whole === "folder" ? [all] : filesIn(asking);
  const there = wanted.filter((path) => existsSync(join(root, path)));
  return there.length === 0 ? null : shellPaths(there.map(runner.spell));
}

/** The words for all tests, where their folder stands for them; null: it takes files, and these are in the tree alone. */
export function folderWords(command: string, { all, layout }: Omit<Asking, "root">): string | null {
  const { whole, spell } = runnerOf(command, layout.test_runner);
  return whole === "folder" ? shellPaths([spell(all)]) : null;
}

const runnerOf = (command: string, named: RunnerName | null): Runner =>
  named === null ? (Object.values(RUNNERS).find(({ runs }) => runs.test(command)) ?? PLAIN) : RUNNERS[named];

function filesIn({ root, all, layout }: Asking): string[] {
  const files = sourceFiles(root, layout.source_extensions);
  return files.filter((path) => isTestFile(path) && (all === "." || path.startsWith(`${all}/`)));
}
