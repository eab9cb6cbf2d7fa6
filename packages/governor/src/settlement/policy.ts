import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Isolation } from "@dgov/sandbox";
import type { Git } from "../git/git.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import { removeTree } from "../remove_tree.ts";
import type { Jail } from "../site.ts";
import { type Gate, type Judgement, pass, reject } from "./gate.ts";
import { askAll, type Evaluate, type Question, type RuleAnswer } from "./rules/ask.ts";
import { type RuleChange, ruleChange } from "./rules/change.ts";
import { isScriptHook, loadHooks, loadRules, RULES_FOLDER, type Scripts, UnusableScript } from "./rules/load.ts";

/** What the project's scripts are asked about: the very tree that would land, on `head`, whose scripts they are. */
export type RuledCandidate = {
  git: Git;
  project: Project;
  unit: CompiledTask;
  head: string;
  tree: string;
  evaluate: Evaluate;
};

/**
 * The project's rules, and those of its review hooks that are scripts. They look at the change as data, so they need no
 * checkout, and none of the candidate's files is near them.
 *
 * @returns none when the project has none
 */
export async function ruleGates({
  git,
  head,
  project,
}: Pick<RuledCandidate, "git" | "head" | "project">): Promise<Gate<RuledCandidate>[]> {
  const [rules] = await git.objects.info([`${head}:${RULES_FOLDER}`]);
  return [...(rules ? [policy] : []), ...(project.rules.review_hooks.some(isScriptHook) ? [hooks] : [])];
}

const policy: Gate<RuledCandidate> = {
  name: "policy",
  check: (candidate) => asked(candidate, { kind: "rule", load: () => loadRules(candidate.git, candidate.head) }),
};

const hooks: Gate<RuledCandidate> = {
  name: "script_hooks",
  check: (candidate) => {
    const { git, head, project } = candidate;
    return asked(candidate, { kind: "hook", load: () => loadHooks(git, head, project.rules.review_hooks) });
  },
};

type Asking = { kind: Question["kind"]; load: () => Promise<Scripts> };

async function asked(candidate: RuledCandidate, { kind, load }: Asking): Promise<Judgement> {
  const { git, project, unit, head: from, tree: to } = candidate;
  const scripts = await loaded(load);
  if ("broken" in scripts) return judgementOf(scripts, kind);
  const change = await ruleChange(git, { from, to, ...saidOf(unit, project) });
  return judgementOf(await askAll(candidate.evaluate, scripts, { kind, change }), kind);
}

/** What a change says of itself besides its files. */
export const saidOf = (
  unit: Pick<CompiledTask, "id" | "summary" | "role" | "files" | "commit_message">,
  { rules }: Pick<Project, "rules">,
): Omit<RuleChange, "files" | "base"> => ({
  task: unit.id,
  summary: unit.summary,
  role: unit.role,
  claims: unit.files,
  message: unit.commit_message,
  departments: rules.departments,
});

/** The scripts, or why they cannot be had. */
export async function loaded(load: () => Promise<Scripts>): Promise<Scripts | RuleAnswer> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof UnusableScript)) throw error;
    const { path, message: why } = error;
    const message = `Cannot use "${path}": ${why}; commit it as a file, not as a link`;
    return { refused: [], noted: [], broken: [{ code: "rule_broken", message, path }] };
  }
}

/** One that gave no answer stops the task, whatever the others say: what is unknown does not pass. */
function judgementOf({ refused, noted, broken }: RuleAnswer, kind: Question["kind"]): Judgement {
  if (broken.length > 0) return { ...pass, verdict: "broken", cause: "broken", findings: broken };
  if (refused.length > 0) return reject(kind === "rule" ? "gate" : "review", refused);
  return { ...pass, findings: noted };
}

/**
 * An isolation in an empty folder that nobody can write, for scripts that only look. It is started with the first of them,
 * and ends with the signal.
 */
export function openEvaluator(
  jail: Pick<Jail, "start">,
  signal: AbortSignal,
): { evaluate: Evaluate; close(): Promise<void> } {
  const root = mkdtempSync(join(tmpdir(), `dgov-private-${process.pid}-`)); // so that a later run removes it, should we be killed;
  const opened: { isolation: Promise<Isolation> | null } = { isolation: null };
  const end = () => void opened.isolation?.then((isolation) => isolation.stop());
  signal.addEventListener("abort", end, { once: true });
  return {
    async evaluate(order) {
      opened.isolation ??= jail.start({ root, write: [], git_dir: null, network: "none", scope: null });
      const isolation = await opened.isolation;
      if (signal.aborted) await isolation.stop();
      return isolation.evaluate(order);
    },
    async close() {
      signal.removeEventListener("abort", end);
      const isolation = await opened.isolation?.catch(() => null); // whoever asked has heard why it did not start
      await isolation?.stop();
      removeTree(root);
    },
  };
}
