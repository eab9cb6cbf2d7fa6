import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { symbolFinder } from "../claimable.ts";
import { readProject } from "../config.ts";
import { DgovError } from "../error.ts";
import { type Git, items } from "../git/git.ts";
import { inspect, isWrittenByDgov, openRepository, refuseDirty } from "../git/readiness.ts";
import type { ShippedCommit } from "../git/shipped.ts";
import { shippedOn } from "../git/shipped.ts";
import type { CompiledPlan } from "../plan/compiled.ts";
import { compileOrRefuse, refuseOtherRoot, wantedTasks } from "../ready.ts";
import { removeTree } from "../remove_tree.ts";
import { findPlan, findRoot } from "../root.ts";
import type { World } from "../session.ts";
import { refuseShipped, shippedOf } from "../shipped.ts";
import { readUser } from "../user_file.ts";
import type { Job, JobBody, Submission } from "./job.ts";
import { baseRefOf, placeOfJob, queueFile } from "./place.ts";
import { openQueue, sameBody } from "./queue.ts";

export type Submitting = {
  plan: string;
  key: string | null;
  only: readonly string[];
  jobs: number | null;
  mode: JobBody["mode"];
};
export type From = Pick<World, "env" | "self" | "now_ms" | "random"> & { cwd: string };

/** Only what is in no commit is kept: more than this is no plan and no configuration. */
const INPUTS_MAX_BYTES = 32 * 1024 * 1024;

/**
 * Puts a plan into the queue, to be run from the commit that is checked out now, by the configuration as it is now. With a
 * key it is done once: the same key again gives the same job.
 *
 * @throws DgovError `job_conflict`, and what refuses a run before its first event
 */
export async function submitJob(from: From, asked: Submitting): Promise<{ job: Job; created: boolean }> {
  const root = findRoot(from.cwd);
  const git = await openRepository(root, from.env);
  refuseOtherRoot(git, root);
  const state = await inspect(git);
  if (state.kind !== "ready")
    throw new DgovError("repo_empty", `Cannot submit from "${root}": the repository has no commit yet`);
  await refuseDirty(git);
  const plan = findPlan(root, from.cwd, asked.plan);
  const inputs = await inputsOf(git);
  const { body, compiled } = await bodyOf(from, { ...asked, root, plan }, { git, inputs });
  const queue = openQueue(queueFile(from.env));
  try {
    const known = asked.key === null ? null : queue.byKey(asked.key);
    if (known) return { job: sameBody(known, body), created: false };
    const { head: base, target } = state;
    refuseLanded(compiled, body, await shippedOn(git, base));
    const at_ms = from.now_ms();
    const submission: Submission = { id: newJobId(from), key: asked.key, body, base, target, at_ms };
    const drop = await keepInputs(git, submission, { inputs, env: from.env });
    const submitted = queue.submit(submission);
    if (!submitted.created) await drop(); // somebody was quicker, with the same
    return submitted;
  } finally {
    queue.close();
  }
}

type Asked = Submitting & { root: string };
type Inputs = readonly { path: string; bytes: Uint8Array }[];

async function bodyOf(
  { env, self }: From,
  { root, plan, only, jobs, mode }: Asked,
  { git, inputs }: { git: Git; inputs: Inputs },
): Promise<{ body: JobBody; compiled: CompiledPlan }> {
  const project = readProject(root, null, env);
  const compiled = await compileOrRefuse(project, plan, { path: env.PATH ?? null, find: symbolFinder(self) });
  wantedTasks(compiled.plan, only);
  const digest = createHash("sha256").update(JSON.stringify([compiled.plan.hash, project.hash]));
  for (const { path, bytes } of inputs) digest.update(JSON.stringify([path, bytes.length])).update(bytes);
  const repository = await git.commonDir();
  const said = { repository, root, plan, only: [...only].sort(), jobs, mode };
  return { body: { ...said, inputs: digest.digest("hex") }, compiled: compiled.plan };
}

/** A job has a log of its own: what anybody has landed of the plan is known to it by the commits alone. */
function refuseLanded(plan: CompiledPlan, { mode, only }: JobBody, commits: readonly ShippedCommit[]): void {
  const decided = { do: "start", carried: new Map() } as const;
  try {
    refuseShipped({ plan, mode, only: wantedTasks(plan, only) }, shippedOf(plan, commits, new Set()), decided);
  } catch (error) {
    if (!(error instanceof DgovError) || error.code !== "already_shipped") throw error;
    const hint = `Have the rest done: dgov jobs submit ${plan.dir} --continue`;
    throw new DgovError(error.code, error.message, { places: error.places, hint });
  }
}

/** Files of `.dgov` that are in no commit, as git ignores them, and that no run has written. */
async function inputsOf(git: Git): Promise<Inputs> {
  const { bytes } = await git.ask(["ls-files", "-z", "--others", "--", ".dgov"], { user: true });
  const paths = items(bytes).filter((path) => !isWrittenByDgov(path) && lstatSync(join(git.root, path)).isFile());
  const size = paths.reduce((sum, path) => sum + lstatSync(join(git.root, path)).size, 0);
  if (size > INPUTS_MAX_BYTES)
    throw new DgovError(
      "config_invalid",
      `Cannot keep what stands in ".dgov" and is in no commit: it has ${Math.round(size / 1024 / 1024)} MB`,
      { hint: "Move what is neither plan nor configuration out of .dgov" },
    );
  return paths.toSorted().map((path) => ({ path, bytes: readFileSync(join(git.root, path)) }));
}

/** On disk before the job is in the queue: what is there without a job is nobody's. @returns what takes it back */
async function keepInputs(
  git: Git,
  { id, base, at_ms }: Submission,
  { inputs, env }: { inputs: Inputs; env: From["env"] },
): Promise<() => Promise<void>> {
  const place = placeOfJob(env, id);
  mkdirSync(place.inputs, { recursive: true, mode: 0o700 });
  writeFileSync(place.config, readUser(env)?.bytes ?? "", { flush: true });
  for (const { path, bytes } of inputs) {
    mkdirSync(dirname(join(place.inputs, path)), { recursive: true });
    writeFileSync(join(place.inputs, path), bytes, { flush: true });
  }
  await git.ask(["update-ref", baseRefOf(id), base, ""], { at_ms });
  return async () => {
    await git.ask(["update-ref", "-d", baseRefOf(id)], { at_ms });
    removeTree(place.folder);
  };
}

function newJobId({ now_ms, random }: Pick<World, "now_ms" | "random">): string {
  const time = new Date(now_ms()).toISOString().replace(/[-:]|\..*/g, "");
  const chance = Math.floor(random() * 0x1000000);
  return `j${time}-${chance.toString(16).padStart(6, "0")}`;
}
