import type { Command } from "./command.ts";

/** Every command there is, in the order of the help. Each is loaded when it is asked for: start-up is a feature. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import("./commands/init.ts")).init,
  "init-plan": async () => (await import("./commands/init_plan.ts")).initPlan,
  compile: async () => (await import("./commands/compile.ts")).compile,
  validate: async () => (await import("./commands/validate.ts")).validate,
  run: async () => (await import("./commands/run.ts")).run,
  status: async () => (await import("./commands/status.ts")).status,
  watch: async () => (await import("./commands/watch.ts")).watch,
  "plan list": async () => (await import("./commands/plan_list.ts")).planList,
  "plan status": async () => (await import("./commands/plan_status.ts")).planStatus,
  "plan review": async () => (await import("./commands/plan_review.ts")).planReview,
  "policy check": async () => (await import("./commands/policy_check.ts")).policyCheck,
  "scope status": async () => (await import("./commands/scope_status.ts")).scopeStatus,
  "scope report": async () => (await import("./commands/scope_report.ts")).scopeReport,
  "merge-check": async () => (await import("./commands/merge_check.ts")).mergeCheck,
  "merge-driver": async () => (await import("./commands/merge_driver.ts")).mergeDriver,
  "sandbox explain": async () => (await import("./commands/sandbox_explain.ts")).sandboxExplain,
  "sandbox call": async () => (await import("./commands/sandbox_call.ts")).sandboxCall,
  "sandbox levels": async () => (await import("./commands/sandbox_levels.ts")).sandboxLevels,
  clean: async () => (await import("./commands/clean.ts")).clean,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  demo: async () => (await import("./commands/demo.ts")).demo,
  help: async () => (await import("./commands/help.ts")).help,
  version: async () => (await import("./commands/version.ts")).version,
};
