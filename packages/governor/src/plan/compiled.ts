import type { Role, TaskId } from "@dgov/kernel";
import type { Estimate } from "@dgov/kernel/estimate";
import type { CeilingTable, PlanBudgetTable } from "../budget_file.ts";
import type { LimitsTable } from "../config_file.ts";
import type { Method } from "./method.ts";

/** A plan that compiled. What `_compiled.toml` holds, read back only through its schema. */
export type CompiledPlan = {
  name: string;
  summary: string;
  dir: string; // relative to the repository's root
  default_agent: string | null;
  default_provider: string | null;
  method?: Method; // absent: none
  limits: LimitsTable; // what the plan sets in place of the project's; see `withLimits`
  budget?: PlanBudgetTable; // beside the project's: of two ceilings the lower holds
  hashes: PlanHashes;
  hash: string; // sha-256 (hex) over all of this but `dir` and `hashes.source`: two plans with one hash are one plan
  tasks: readonly CompiledTask[]; // in plan order: sections as declared, files by name, tasks as written
};

/** What a plan was compiled from, each as sha-256 (hex). */
export type PlanHashes = {
  source: string; // the plan's source files
  charter: string; // `.dgov/governor.md`; "" without one
  sops: string; // bodies too; "" without any
  contract?: string; // what `_contract.toml` promises; absent without one
};

export type CompiledTask = {
  id: TaskId;
  summary: string;
  prompt: string; // the task's own words, `prompt_file` read in; SOPs are added when the order is made
  commit_message: string; // never empty
  role: Role;
  depends_on: readonly TaskId[];
  files: Files;
  test_cmd: string | null;
  sops: readonly string[]; // names, in file order
  worker: WorkerWish;
  review: ReviewWish;
  unit: string; // sha-256 (hex) of all of the above but `id`, `review.approval`, `worker`'s last three, with SOP texts: an edited unit is another unit
};

/**
 * `budget`: beside the run's, `tags`, for `[routing]`, and `estimate`, for `metrics`: they are no part of `unit`, for who raises a
 * ceiling, gives the task to another agent, or reckons anew, has not changed it.
 */
export type WorkerWish = {
  agent: string | null;
  provider: string | null;
  timeout_s: number;
  iteration_budget: number | null;
  budget?: CeilingTable;
  tags?: readonly string[]; // absent: none
  estimate?: Estimate;
};

/** `approval`: by a person; absent: as the project says. `criteria`: what must be so, each by itself; absent: none are stated. */
export type ReviewWish = {
  self_review: boolean;
  max_fork_depth: number;
  approval?: true;
  criteria?: readonly string[];
};

/** Claims as texts that `parseClaim` takes, normalised. */
export type Files = {
  create: readonly string[];
  edit: readonly string[];
  delete: readonly string[];
  read: readonly string[];
  touch: readonly string[];
  tests?: readonly string[]; // no claims: its acceptance tests, which nobody may write, as paths in order; absent: none
};
