import { z } from "zod";

/** What a run is attested by: its kind of statement, inside one of in-toto's. Another shape gets another name. */
export const PREDICATE = "urn:dgov:attestation:run:1";

export const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Oid = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const Point = z.strictObject({ commit: Oid, tree: Oid });

/** A path that a landed commit changed, with what stood there before and after; null: nothing. */
const ChangedFile = z.strictObject({ path: z.string(), before: Oid.nullable(), after: Oid.nullable() });

/** `landed` null: the task did not. `gates`: those that judged its last attempt, in order. `carried`: another run landed it. */
const TaskStatement = z.strictObject({
  task: z.string(),
  state: z.string(),
  attempts: z.int().min(0),
  carried: z.boolean(),
  landed: Point.nullable(),
  changed_files: z.array(ChangedFile),
  gates: z.array(z.strictObject({ gate: z.string(), verdict: z.enum(["pass", "reject", "broken"]) })),
});
export type TaskStatement = z.infer<typeof TaskStatement>;

/** Where a run stands in the log. */
export const LogStatement = z.strictObject({
  events: z.int().min(1),
  first: z.strictObject({ seq: z.int().min(1), hash: Hash }),
  last: z.strictObject({ seq: z.int().min(1), hash: Hash }),
  root: Hash,
});

/**
 * What dgov says of a run when it signs for it. `log`: the run's own events in the log, by the number and the hash of the
 * first and the last, and the root of a tree of all their hashes; each hash covers the event before it.
 */
export const RunStatement = z.strictObject({
  run: z.string(),
  plan: z.string(),
  plan_hash: z.string(),
  config_hash: z.string(),
  dgov_version: z.string(),
  status: z.enum(["complete", "red", "partial", "failed"]),
  sandbox: z.string().nullable(),
  target: z.string(),
  base: Point,
  head: Point,
  tasks: z.array(TaskStatement),
  replay: z.strictObject({ decisions: z.int().min(0), agrees: z.literal(true) }),
  log: LogStatement,
  does_not_attest: z.array(z.string()).min(1),
});
export type RunStatement = z.infer<typeof RunStatement>;

/** A statement of in-toto (v1): its subject is the commit that the run left on its target. */
export const Statement = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ gitCommit: Oid }) })).length(1),
  predicateType: z.literal(PREDICATE),
  predicate: RunStatement,
});
export type Statement = z.infer<typeof Statement>;

export const stated = (predicate: RunStatement): Statement => ({
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: predicate.target, digest: { gitCommit: predicate.head.commit } }],
  predicateType: PREDICATE,
  predicate,
});

/** Signed with the rest, so that nobody reads more into a signature than it says. */
export const DOES_NOT_ATTEST: readonly string[] = [
  "That the work is right or wanted: only that these gates answered so on these trees",
  "Who wrote it: that a model is the one whose name it goes by is its provider's word",
  "That the programs which the gates started are what they are called",
  "Commits that others have put on the target between those of the run, or after them",
  "When it was: the times are those of the machine's own clock",
  "That whoever held the key was honest: a log that was made up can be signed, too",
];
