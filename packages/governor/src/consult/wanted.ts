import { createHash } from "node:crypto";
import { TaskId } from "@dgov/kernel";
import type { Role } from "@dgov/kernel/role";
import { withBudget } from "../budget.ts";
import type { CeilingTable } from "../budget_file.ts";
import { DgovError } from "../error.ts";
import { CONSULTS } from "../find_run.ts";
import type { CompiledPlan, CompiledTask } from "../plan/compiled.ts";
import { chooseProvider, PROGRAMS } from "../plan/resolve.ts";
import type { Project } from "../project.ts";
import { wishOf } from "../routing.ts";
import { nobodysUnit } from "../settlement/nobodys_unit.ts";

/** Who only reads can be consulted; who writes does a task of a plan. */
export type Consultant = Exclude<Role, "worker" | "test_author">;

/**
 * What somebody is asked, about the target's head as it is committed.
 *
 * `about`    what it is for, a slug: questions about one thing have one name in the log, `consult/ABOUT`
 * `what`     which of these it is, a slug; with the role it is the name of the task, `consult/ROLE.WHAT`
 * `goal`     all that is asked, in words
 * `model`    a model or an alias of [agents], also as PROVIDER/MODEL; null: as [tiers], [routing] and the project say
 * `turns`, `timeout_s`  absent: as for any task
 * `ceiling`  what it may spend, beside the project's own ceilings
 */
export type Wanted = {
  about: string;
  role: Consultant;
  what: string;
  goal: string;
  model?: string | null;
  turns?: number;
  timeout_s?: number;
  ceiling?: CeilingTable;
};

/** Without commands of the project: who reads needs none of them, and a setup takes long. One further attempt is enough. */
export function forReading(project: Project, ceiling: CeilingTable | undefined): Project {
  const none = { setup: null, test: null, lint: null, lint_fix: null, format: null, type_check: null };
  const { limits } = project;
  return {
    ...project,
    commands: { ...project.commands, ...none },
    limits: {
      ...withBudget(limits, ceiling),
      ...{ retries: Math.min(1, limits.retries), settlement_retries: 0, escalation: [], batch: 1, final: "never" },
    },
  };
}

export function unitFor({ role, what, goal, model, turns, timeout_s }: Wanted, project: Project): CompiledTask {
  const id = TaskId.parse(`consult/${role}.${what}`);
  const tier = project.limits.routing.tiers[role];
  const bound = model ? modelNamed(model, project) : (tier ?? { agent: null, provider: null });
  return {
    ...nobodysUnit({ id, summary: what, commit_message: `dgov: consult ${what}` }),
    role,
    prompt: goal,
    worker: { ...bound, timeout_s: timeout_s ?? STANDARD_S, iteration_budget: turns ?? null },
    unit: createHash("sha256")
      .update(JSON.stringify([role, what, goal, model]))
      .digest("hex"),
  };
}

const STANDARD_S = 600;

/** `PROVIDER/MODEL` where that provider is there; else a model, whose name may have a slash of its own, or an alias. */
function modelNamed(text: string, { providers }: Project): { agent: string; provider: string | null } {
  const at = text.indexOf("/");
  const provider = text.slice(0, Math.max(0, at));
  return Object.hasOwn(providers, provider) ? { provider, agent: text.slice(at + 1) } : { provider: null, agent: text };
}

/** A plan of this one task, which is in no folder: the scripted provider looks for a script there, where it has no other. */
export const planFor = (about: string, unit: CompiledTask): CompiledPlan => ({
  name: `consult/${about}`,
  summary: "",
  dir: `${CONSULTS}/${about}`,
  default_agent: null,
  default_provider: null,
  limits: {},
  hashes: { source: "", charter: "", sops: "" },
  hash: unit.unit,
  tasks: [unit],
});

/**
 * @param programs whether a command-line agent may be asked: one that writes tests is told nothing of how they are judged
 * @throws DgovError `provider_unknown` where nobody says who is asked, or it is one who may not be
 */
export function refuseUnasked(
  { unit, plan, project }: { unit: CompiledTask; plan: CompiledPlan; project: Project },
  { programs }: { programs: boolean },
): void {
  const chosen = chooseProvider(wishOf(unit, plan, project), project);
  if (chosen.ok && (programs || chosen.provider !== PROGRAMS)) return;
  const why = chosen.ok ? `"${chosen.agent}" is a program, and a model must do this; choose one` : chosen.why;
  throw new DgovError("provider_unknown", `Cannot ask a ${unit.role}: ${why}`, {
    hint: `Name one under [tiers] ${unit.role} of .dgov/project.toml, or a default_agent of its provider`,
  });
}
