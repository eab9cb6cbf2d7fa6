import { type Finding, TaskId } from "@dgov/kernel";
import { readProject } from "./config.ts";
import { DgovError, type Place } from "./error.ts";
import type { Git } from "./git/git.ts";
import { endsOf, resolved } from "./git/range.ts";
import { openRepository } from "./git/readiness.ts";
import { openJail } from "./jail.ts";
import type { Project } from "./project.ts";
import { findRoot } from "./root.ts";
import type { World } from "./session.ts";
import { openEvaluator, saidOf } from "./settlement/policy.ts";
import { askAll, type RuleAnswer } from "./settlement/rules/ask.ts";
import { type RuleChange, ruleChange } from "./settlement/rules/change.ts";
import { loadHooks, loadRules, readScripts, type Scripts, UnusableScript } from "./settlement/rules/load.ts";
import type { Jail } from "./site.ts";

/** What scripts say of a change. `change`: what they were asked about, in words; null when only their examples were tried. */
export type PolicyView = {
  scripts: readonly string[];
  change: string | null;
  files: number;
  findings: readonly Finding[];
  notes: readonly Finding[];
};

/** `range`: `A..B`, or one commit for what it changes; `staged`: what the index has; neither: the examples alone. */
export type PolicyQuestion = { range: string | null; staged: boolean };

/**
 * Asks the rules and script hooks of the checkout, also those that are not committed yet, about a change that is there.
 *
 * @throws DgovError `config_invalid` with every script that cannot be used; `usage` for a range that is none
 */
export async function checkPolicy(
  { cwd, ...world }: Pick<World, "self" | "now_ms" | "env" | "signal"> & { cwd: string },
  question: PolicyQuestion,
): Promise<PolicyView> {
  const root = findRoot(cwd);
  const git = await openRepository(root, world.env);
  const project = readProject(root);
  const { rules, hooks } = usable(() => readScripts(root, project.rules.review_hooks));
  const asked = await changeAsked(git, project, question);
  const jail = await openJail(project.rules.sandbox, world);
  const answer = await askBoth(jail, { rules, hooks, change: asked?.change ?? null }, world.signal);
  refuseBroken(answer, "Cannot use the project's rules");
  return {
    scripts: [...rules.entries, ...hooks.entries],
    change: asked?.words ?? null,
    files: asked?.change.files.length ?? 0,
    findings: answer.refused,
    notes: answer.noted,
  };
}

/**
 * Tries the examples of a commit's rules and script hooks: a run whose every judgement would be broken does not begin.
 *
 * @throws DgovError `config_invalid` with every script that cannot be used
 */
export async function refuseBrokenRules(
  jail: Pick<Jail, "start">,
  { git, project, head }: { git: Git; project: Project; head: string },
  signal: AbortSignal,
): Promise<void> {
  const [rules, hooks] = await Promise.all([
    loadRules(git, head),
    loadHooks(git, head, project.rules.review_hooks),
  ]).catch(unusable);
  if (rules.entries.length + hooks.entries.length === 0) return;
  refuseBroken(await askBoth(jail, { rules, hooks, change: null }, signal), "Cannot begin");
}

type Both = { rules: Scripts; hooks: Scripts; change: RuleChange | null };

async function askBoth(
  jail: Pick<Jail, "start">,
  { rules, hooks, change }: Both,
  signal: AbortSignal,
): Promise<RuleAnswer> {
  const { evaluate, close } = openEvaluator(jail, signal);
  try {
    const ofRules = await askAll(evaluate, rules, { kind: "rule", change });
    const ofHooks = await askAll(evaluate, hooks, { kind: "hook", change });
    return {
      refused: [...ofRules.refused, ...ofHooks.refused],
      noted: [...ofRules.noted, ...ofHooks.noted],
      broken: [...ofRules.broken, ...ofHooks.broken],
    };
  } finally {
    await close();
  }
}

const CURE = 'Mend the places listed, try them with "dgov policy check", and commit them';

function refuseBroken({ broken }: RuleAnswer, what: string): void {
  const [first] = broken;
  if (!first) return;
  const places = broken.map(
    ({ code, message, path, line }): Place => ({
      severity: "error",
      code,
      message,
      file: path ?? null,
      line: line ?? null,
      column: null,
      unit: null,
    }),
  );
  throw new DgovError("config_invalid", `${what}: ${broken.length} of them cannot be asked`, { places, hint: CURE });
}

function usable<Value>(load: () => Value): Value {
  try {
    return load();
  } catch (error) {
    return unusable(error);
  }
}

function unusable(error: unknown): never {
  if (!(error instanceof UnusableScript)) throw error;
  throw new DgovError("config_invalid", `Cannot use "${error.path}": ${error.message}`, {
    hint: "Commit it as a file, not as a link",
  });
}

/** The words of the commit stand for those of a plan; nobody has claimed anything. */
async function changeAsked(
  git: Git,
  project: Project,
  { range, staged }: PolicyQuestion,
): Promise<{ change: RuleChange; words: string } | null> {
  if (range !== null && staged)
    throw new DgovError("usage", `Cannot look at "${range}" and at what is staged: it is one or the other`);
  if (range === null && !staged) return null;
  const [from, to] = staged ? await stagedTrees(git) : await endsOf(git, range ?? "");
  const message = staged ? "" : await git.text(["show", "--no-patch", "--format=%B", to]);
  const summary = message.split("\n")[0] ?? "";
  const files = { create: [], edit: [], delete: [], read: [], touch: [] };
  const said = saidOf({ id: NOBODYS, summary, role: "worker", files, commit_message: message }, project);
  const change = await ruleChange(git, { from, to, ...said });
  return { change, words: staged ? "what is staged" : `${range}` };
}

const NOBODYS = TaskId.parse("policy/check.one");

async function stagedTrees(git: Git): Promise<[from: string, to: string]> {
  return [await resolved(git, "HEAD"), await git.text(["write-tree"], { user: true })];
}
