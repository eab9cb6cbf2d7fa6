import { homedir } from "node:os";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** What dgov keeps of a user: below XDG_STATE_HOME, or where that is not said below `~/.local/state`. */
export function stateFolder(env: Env): string {
  const state = env.XDG_STATE_HOME?.startsWith("/") ? env.XDG_STATE_HOME : join(env.HOME || homedir(), ".local/state");
  return join(state, "dgov");
}

export const jobsFolder = (env: Env): string => join(stateFolder(env), "jobs");

export const queueFile = (env: Env): string => join(jobsFolder(env), "queue.db");

/**
 * What a job has: a repository that borrows the user's objects, what of `.dgov` is in no commit, the user's configuration as it
 * was, and what its run said.
 */
export type JobPlace = { folder: string; root: string; inputs: string; config: string; log: string };

export function placeOfJob(env: Env, id: string): JobPlace {
  const folder = join(jobsFolder(env), id);
  const at = (name: string) => join(folder, name);
  return { folder, root: at("repo"), inputs: at("inputs"), config: at("config.toml"), log: at("run.log") };
}

/** Where a job's work lands, in its own repository and in the user's. */
export const branchOf = (id: string): string => `refs/heads/dgov/jobs/${id}`;
/** Keeps the commit that a job begins from, and what cannot be put on its branch. */
export const baseRefOf = (id: string): string => `refs/dgov/jobs/${id}/base`;
export const tipRefOf = (id: string): string => `refs/dgov/jobs/${id}/tip`;
