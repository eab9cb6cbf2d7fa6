import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import { folderPath, isAmongTests, isProse, isTestFile } from "../test_files.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { folderWords, runnerWords } from "./runners.ts";
import { isSource } from "./sources.ts";
import { asksAllTests } from "./specs.ts";

const PLACEHOLDER = "{test_dir}";

type Asked = Pick<IntegratedCandidate, "project" | "changes" | "root" | "git" | "head" | "tree" | "symbols">;

/**
 * A command that runs tests. `whole`: the same on all of them, null: it is that; `named`: a task asks for it, and the project does not.
 */
export type TestCommand = { command: string; whole: string | null; named: boolean };

/**
 * The test commands for a candidate: the task's own first, then the project's, each once. A command without
 * `{test_dir}` always runs as it is. With it, it runs on the tests that the change concerns. When there are none, the
 * task's own command runs on all tests, because the plan asked for it by name, and the project's is left out.
 */
export async function testCommands(
  candidate: Asked & Pick<IntegratedCandidate, "unit" | "more_tests" | "all_tests">,
): Promise<TestCommand[]> {
  const { project, unit, root, more_tests = [] } = candidate;
  const ours = [unit.test_cmd, ...more_tests].filter((command) => command !== null);
  const { test } = project.commands;
  const all = testFolder(project);
  const isPlaced = [...ours, test ?? ""].some((command) => command.includes(PLACEHOLDER));
  const concerned = !isPlaced ? [] : candidate.all_tests ? [all] : await testTargets(candidate);
  const asking = { root, all, layout: project.layout };
  const filled = (command: string, targets: readonly string[]): string | null => {
    const words = runnerWords(command, targets, asking);
    return words === null ? null : command.replaceAll(PLACEHOLDER, () => words);
  };
  const isFrozen = (unit.files.tests ?? []).length > 0; // then others that run are no answer
  const fill = (template: string, targets: readonly string[], by: "task" | "project"): TestCommand[] => {
    const named = by === "task" && (isFrozen || template !== test);
    if (!template.includes(PLACEHOLDER)) return [{ command: template, whole: null, named }];
    const command = filled(template, targets);
    const whole = named && isFrozen ? null : filled(template, [all]);
    return command === null ? [] : [{ command, whole: whole === command ? null : whole, named }];
  };
  const frozen = (unit.files.tests ?? []).filter((path) => !concerned.includes(all) && !concerned.includes(path));
  const own = concerned.length + frozen.length > 0 ? [...frozen, ...concerned] : [all];
  const asked = [
    ...ours.flatMap((command) => fill(command, own, "task")),
    ...(test === null ? [] : fill(test, concerned, "project")),
  ];
  return asked.filter(({ command }, at) => asked.findIndex((one) => one.command === command) === at);
}

/** The project's command as it is for all tests, where that can be said without the tree; null: it cannot. */
export function wholeTestCommand({ commands, layout }: IntegratedCandidate["project"]): string | null {
  const { test } = commands;
  if (test === null || !test.includes(PLACEHOLDER)) return test;
  const words = folderWords(test, { all: testFolder({ layout }), layout });
  return words && test.replaceAll(PLACEHOLDER, () => words);
}

/**
 * Tests that a change concerns: changed test files that are there, and those that depend on a changed file through however
 * many others. Who depended on a deleted file is asked of the tree that still had it. The folder of the tests stands for
 * all of them, where nobody can tell: a helper or data among the tests, a file that is neither source nor prose, a source in
 * a language whose imports are not known, or too many files to look at.
 */
export async function testTargets({ project, changes, root, git, head, tree, symbols }: Asked): Promise<string[]> {
  const all = testFolder(project);
  const inTests = (path: string) => (all === "." ? isAmongTests(path) : path.startsWith(`${all}/`));
  const isAsked = asksAllTests({ project, changes });
  const seen = changes.filter(({ path }) => inTests(path) || !isProse(path));
  if ((seen.length === 0 && !isAsked) || !existsSync(join(root, all))) return [];
  const plain = (change: Change) => isSource(change, project) && (!inTests(change.path) || isTestFile(change.path));
  if (!seen.every(plain) || isAsked) return [all];
  const roots = [sourceFolder(project)].filter((folder) => folder !== ".");
  const [there, gone] = [seen.filter(isThere), seen.filter((change) => !isThere(change))].map((some) =>
    some.map(({ path }) => path),
  ) as [string[], string[]];
  const after = await symbols.dependents({ tree, changed: there, roots });
  const before =
    gone.length === 0 ? after : await symbols.dependents({ tree: await treeOf(git, head), changed: gone, roots });
  if ("unknown" in after || "unknown" in before) return [all];
  const concerned = [...there, ...after.files, ...before.files].filter((path) => inTests(path) && isTestFile(path));
  return [...new Set(concerned)].filter((path) => existsSync(join(root, path))).sort();
}

const isThere = ({ new_mode }: Change): boolean => new_mode !== "000000";

/** The folder of all tests, without a slash at its end. */
export const testFolder = ({ layout }: Pick<IntegratedCandidate["project"], "layout">): string =>
  folderPath(layout.test_dir);
const sourceFolder = ({ layout }: IntegratedCandidate["project"]): string => folderPath(layout.src_dir);
