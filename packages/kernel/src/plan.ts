import { z } from "zod";
import { Estimate } from "./estimate.ts";
import { ROLES } from "./role.ts";

/** A compiled unit's id, `<section>/<file stem>.<slug>`. Made by the plan compiler, checked here once. */
export const TaskId = z
  .string()
  .regex(/^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)
  .brand("TaskId");
export type TaskId = z.infer<typeof TaskId>;

/** A run's id: sortable by start time, safe as a ref and file name, for example `r20261121T050826-1f3a`. */
export const RunId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/)
  .brand("RunId");
export type RunId = z.infer<typeof RunId>;

/** A git object id in full, sha-1 or sha-256. */
export const Oid = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** `worker` and `test_author` change files; the others only report, and can write nothing. */
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Millionths of the run's currency for a million tokens. `cached`: for input that the provider had in its cache. */
export const Price = z.strictObject({
  input: z.int().min(0),
  cached: z.int().min(0),
  output: z.int().min(0),
});
export type Price = z.infer<typeof Price>;

/** What a whole run, or a task over all its attempts, may spend. `null` is no limit. Money is in millionths of the run's currency, so that sums are exact. */
export const RunLimits = z.strictObject({
  turns: z.int().min(0).nullable().optional(), // absent in logs from before they were counted
  calls: z.int().min(0).nullable(),
  tokens: z.int().min(0).nullable(),
  cost_micros: z.int().min(0).nullable(),
  wall_ms: z.int().min(0).nullable(),
});
export type RunLimits = z.infer<typeof RunLimits>;

/**
 * What the kernel must know of one task. Prompts, claims and commands are the governor's business.
 *
 * `after`    tasks that must have landed first, in plan order
 * `unit`     sha-256 (hex) of everything the compiled unit says: an edited unit is another unit
 * `forks`    how often an attempt without turns left is gone on with before it is begun afresh: see `Forks` in run.ts
 * `limits`   what it may spend over all its attempts; absent: whatever the run may
 * `approval` a person must approve its candidate before it lands; absent: nobody is asked
 * `carried`  the commit at which an earlier run landed this very unit, or null: it starts as landed
 */
export const TaskSpec = z.strictObject({
  id: TaskId,
  after: z.array(TaskId),
  role: Role,
  unit: z.string(),
  carried: Oid.nullable(),
  limits: RunLimits.optional(),
  forks: z.int().min(0).optional(), // absent: in logs from before there was a bound
  estimate: Estimate.optional(),
  approval: z.literal(true).optional(),
});
export type TaskSpec = z.infer<typeof TaskSpec>;

/**
 * How often and how fast the kernel tries again.
 *
 * `retries`             further attempts after a worker that failed by itself
 * `settlement_retries`  further attempts after a candidate that was judged and rejected
 * `tiers`               how many agents the escalation ladder has; 1 means there is nothing to escalate to. The limits are
 *                       those of the first; each further one has one attempt
 * `backoff_ms`          wait before the n-th further attempt after a provider failure; the last entry repeats
 */
export const RetryPolicy = z.strictObject({
  retries: z.int().min(0).max(100),
  settlement_retries: z.int().min(0).max(100),
  tiers: z.int().min(1).max(16),
  backoff_ms: z.array(z.int().min(0)).min(1),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;
