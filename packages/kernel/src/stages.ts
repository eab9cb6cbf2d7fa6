import { z } from "zod";
import { Oid, TaskId } from "./plan.ts";
import type { RecordOf } from "./records.ts";

/** The stream of what was said of a plan by tests-first on its way to a run: one for each plan, in its folder. */
export const STAGES = "stages";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * Who has approved. `person`: by a command of their own · `critic`: a model that was asked for faults and had none left ·
 * `automatic`: nobody looked. `name`: the person's, or the critic's `PROVIDER/MODEL`.
 */
export const Approver = z.strictObject({ by: z.enum(["person", "critic", "automatic"]), name: z.string().min(1) });
export type Approver = z.infer<typeof Approver>;

/** An acceptance test as it was frozen. `sha256`: of its bytes. */
export const FrozenTest = z.strictObject({ task: TaskId, path: z.string().min(1), sha256: Sha256 });
export type FrozenTest = z.infer<typeof FrozenTest>;

/**
 * What the tests of one task say before its work: `red` they ran, and one failed at least · `green` all passed ·
 * `wrong` they do not get so far as to run · `unknown` nobody can tell. Only `red` is red.
 */
export const Redness = z.enum(["red", "green", "wrong", "unknown"]);
export type Redness = z.infer<typeof Redness>;

/**
 * `tests`: the sha-256 of all frozen tests together, as `digestOf` has it; `plan`: the compiled plan's hash; `unit`: the
 * task's own. `written`: files that the author of tests has made, which were not there before; `pruned`: such files of an
 * earlier freeze that were removed again.
 */
export const StageSaid = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("spec_approved"), spec: Sha256, ...Approver.shape }),
  z.strictObject({
    kind: z.literal("tests_frozen"),
    commit: Oid, // that has them all
    tests: z.array(FrozenTest).min(1),
    written: z.array(z.strictObject({ path: z.string().min(1), sha256: Sha256 })),
    pruned: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal("red_checked"),
    task: TaskId,
    unit: z.string(),
    tests: Sha256, // of this task's own
    commit: Oid, // on which they were run
    is: Redness,
    code: z.string(), // of the finding, or "red"
    failed: z.int().min(0),
    passed: z.int().min(0),
  }),
  z.strictObject({
    kind: z.literal("plan_approved"),
    spec: Sha256,
    plan: z.string(),
    tests: Sha256,
    ...Approver.shape,
  }),
]);
export type StageSaid = z.infer<typeof StageSaid>;
type Said<Kind extends StageSaid["kind"]> = Extract<StageSaid, { kind: Kind }> & { at_ms: number };

/** What was said last of each thing. `written`: files of the author of tests that may be pruned, with what it wrote. */
export type Stages = {
  spec: Said<"spec_approved"> | null;
  frozen: Said<"tests_frozen"> | null;
  red: ReadonlyMap<TaskId, Said<"red_checked">>;
  plan: Said<"plan_approved"> | null;
  written: ReadonlyMap<string, string>;
};

const NONE: Stages = { spec: null, frozen: null, red: new Map(), plan: null, written: new Map() };

export const foldStages = (records: readonly RecordOf<StageSaid>[]): Stages =>
  records.reduce((stages, { at_ms, said }) => stageAfter(stages, at_ms, said), NONE);

function stageAfter(stages: Stages, at_ms: number, said: StageSaid): Stages {
  switch (said.kind) {
    case "spec_approved":
      return { ...stages, spec: { ...said, at_ms } };
    case "tests_frozen": {
      const gone = new Set(said.pruned);
      const kept = [...stages.written].filter(([path]) => !gone.has(path));
      const written = new Map([...kept, ...said.written.map(({ path, sha256 }) => [path, sha256] as const)]);
      return { ...stages, frozen: { ...said, at_ms }, written };
    }
    case "red_checked":
      return { ...stages, red: new Map([...stages.red, [said.task, { ...said, at_ms }]]) };
    case "plan_approved":
      return { ...stages, plan: { ...said, at_ms } };
  }
}

/** One sha-256 (hex) for frozen tests, in whatever order they are given. */
export function digestOf(tests: readonly FrozenTest[]): string {
  const lines = tests.map(({ task, path, sha256 }) => `${task}\0${path}\0${sha256}\n`);
  return Bun.CryptoHasher.hash("sha256", lines.sort().join(""), "hex");
}
