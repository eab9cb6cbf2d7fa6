import { join } from "node:path";
import { DgovError } from "../error.ts";
import { dropApproval, keepApproval } from "../lifecycle/approvals.ts";
import { pinHooks } from "../lifecycle/pinned.ts";
import { approvedHooks } from "../lifecycle.ts";
import { LifecycleTable } from "../lifecycle_file.ts";
import { settle } from "../settlement/gate.ts";
import { lifecycleGates } from "../settlement/lifecycle.ts";
import { answerOf, type Range, settling } from "./ask_gate.ts";
import type { Answer } from "./drill.ts";
import type { StandIn } from "./stand_ins.ts";

type Hook = "pre_gate" | "pre_landing";
type Drilled = Pick<Range, "scratch" | "project" | "task" | "out" | "now_ms" | "signal">;

/** Who is drilled. */
const OURS = { gates: lifecycleGates, approved: approvedHooks };
/** What stands in for a hook of the project, which may tell others what would not be true. */
const REFUSES = "exit 1";
const IS_KILLED = "kill -9 $$";

/**
 * Hooks of the project's own run outside of the jail, so a drill runs others in their place: what is drilled is that their answer is
 * heard, that none is no pass, and that what nobody has approved of does not run. Approvals are kept in the scratch folder.
 */
export function lifecycleDrills(range: Drilled, by = OURS): StandIn[] {
  const { hooks } = range.project.rules.sandbox;
  const asked = (["pre_gate", "pre_landing"] as const).filter((hook) => hooks[hook] !== undefined);
  const gate = "lifecycle";
  const each = asked.flatMap((hook): StandIn[] => [
    {
      ...{ gate, what: `a hook ${hook} that refuses, played by a stand-in`, code: "hook_refused" },
      ask: () => askHook(range, { hook, command: REFUSES }, by),
    },
    {
      ...{ gate, what: `a hook ${hook} that is killed, played by a stand-in`, code: "hook_unanswered" },
      ask: () => askHook(range, { hook, command: IS_KILLED }, by),
    },
  ]);
  const code = "hooks_unapproved";
  const approvals: StandIn[] = [
    { gate, what: "a hook that nobody has approved of", code, ask: () => askApproval(range, null, by) },
    {
      gate,
      what: "a hook that has changed since it was approved of",
      code,
      ask: () => askApproval(range, REFUSES, by),
    },
  ];
  return asked.length === 0 ? [] : [...each, ...approvals];
}

const env = ({ scratch }: Drilled) => ({ XDG_STATE_HOME: join(scratch.folder, "state") });

/** The project with this hook and no other. */
const withHook = ({ project, scratch: { git } }: Drilled, table: Partial<Record<Hook, string>>): Drilled["project"] => {
  const hooks = LifecycleTable.parse(table);
  return { ...project, root: git.root, rules: { ...project.rules, sandbox: { ...project.rules.sandbox, hooks } } };
};

async function approve(range: Drilled, project: Drilled["project"]): Promise<void> {
  const { git } = range.scratch;
  const hooks = pinHooks(git.root, project.rules.sandbox.hooks);
  const of = { env: env(range), common: await git.commonDir(), root: git.root };
  if (hooks !== null) keepApproval(of, hooks.sha256, range.now_ms());
}

async function askHook(
  range: Drilled,
  { hook, command }: { hook: Hook; command: string },
  { gates, approved }: typeof OURS,
): Promise<Answer> {
  const { scratch, task, out, signal } = range;
  const project = withHook(range, { [hook]: command });
  await approve(range, project);
  const hooks = await approved(scratch.git, project, env(range));
  if (hooks === null) return null;
  const run = { run: "drill", plan: "drill", keys: [], env: {}, warn: () => undefined };
  const asked = { lifecycle: { ...run, hooks, out }, task, attempt: 1, head: scratch.head, tree: scratch.head };
  return answerOf(await settle(gates(asked, hook, signal), asked, settling(range)));
}

/** @param before what was approved of in place of what is there now; null: nothing. @returns null when it may run */
async function askApproval(range: Drilled, before: string | null, { approved }: typeof OURS): Promise<Answer> {
  const { git } = range.scratch;
  dropApproval({ env: env(range), common: await git.commonDir(), root: git.root });
  if (before !== null) await approve(range, withHook(range, { pre_gate: before }));
  try {
    await approved(git, withHook(range, { pre_gate: `${before ?? REFUSES} # changed` }), env(range));
    return null;
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return { verdict: "reject", findings: [{ code: error.code, message: error.message }] };
  }
}
