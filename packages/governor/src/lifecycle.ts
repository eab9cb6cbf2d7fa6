import { readProject } from "./config.ts";
import { counted } from "./counted.ts";
import { DgovError, type Place } from "./error.ts";
import type { Git } from "./git/git.ts";
import { openRepository } from "./git/readiness.ts";
import { approvalOf, dropApproval, keepApproval } from "./lifecycle/approvals.ts";
import { type PinnedHooks, pinHooks } from "./lifecycle/pinned.ts";
import type { HookName } from "./lifecycle_file.ts";
import type { Project } from "./project.ts";
import { findRoot } from "./root.ts";
import type { World } from "./session.ts";

/**
 * The hooks of a repository and whether they may run. `state`: `none` there are no hooks; `changed`: others were approved of than
 * there are now. `sha256`: of commands and files together, null without hooks.
 */
export type HooksView = {
  state: "none" | "unapproved" | "changed" | "approved";
  sha256: string | null;
  approved_at: string | null; // ISO 8601, of the approval that there is
  timeout_s: number;
  hooks: readonly { hook: HookName; command: string }[];
  files: readonly { path: string; sha256: string }[];
};

type From = Pick<World, "env"> & { cwd: string };

/** @throws DgovError where there is no repository, or its configuration is wrong */
export async function listHooks({ cwd, env }: From): Promise<HooksView> {
  const { project, of } = await opened(cwd, env);
  return viewOf(project, of);
}

/**
 * Lets the hooks of a repository run as they are now, until they change.
 *
 * @param sha256 what is meant to be approved of; null: what is there
 * @throws DgovError `hooks_unapproved` when that is not what is there
 */
export async function approveHooks(
  { cwd, env, now_ms }: From & Pick<World, "now_ms">,
  sha256: string | null,
): Promise<HooksView> {
  const { project, of } = await opened(cwd, env);
  const hooks = pinHooks(project.root, project.rules.sandbox.hooks);
  if (sha256 !== null && hooks?.sha256 !== sha256)
    throw new DgovError("hooks_unapproved", `Cannot approve of the hooks "${sha256}": those that are there are others`);
  if (hooks !== null) keepApproval(of, hooks.sha256, now_ms());
  return viewOf(project, of);
}

/** Takes an approval back. `revoked`: whether there was one. */
export async function revokeHooks({ cwd, env }: From): Promise<{ revoked: boolean }> {
  const { of } = await opened(cwd, env);
  return { revoked: dropApproval(of) };
}

/**
 * The hooks of a project as they are to run, read and compared at once: what was approved of is what runs.
 *
 * @returns null when it has none
 * @throws DgovError `hooks_unapproved` with each command, when nobody has approved of these
 */
export async function approvedHooks(git: Git, project: Project, env: World["env"]): Promise<PinnedHooks | null> {
  const hooks = pinHooks(project.root, project.rules.sandbox.hooks);
  if (hooks === null) return null;
  const approval = approvalOf({ env, common: await git.commonDir(), root: project.root });
  if (approval?.sha256 === hooks.sha256) return hooks;
  const places = hooks.commands.map(
    ({ hook, command }): Place => ({
      ...{ severity: "error", code: "hooks_unapproved", message: `${hook} = ${JSON.stringify(command)}` },
      ...{ file: ".dgov/project.toml", line: null, column: null, unit: null },
    }),
  );
  const many = `${counted(hooks.commands.length, "command")} in [hooks]`;
  const message =
    approval === null
      ? `Cannot run the ${many} outside of the jail: nobody has approved of them`
      : `Cannot run the ${many} outside of the jail: they, or files that they name, have changed since they were approved of`;
  throw new DgovError("hooks_unapproved", message, { places });
}

async function opened(cwd: string, env: World["env"]) {
  const root = findRoot(cwd);
  const git = await openRepository(root, env);
  return { project: readProject(root, null, env), of: { env, common: await git.commonDir(), root } };
}

function viewOf({ root, rules }: Project, of: Parameters<typeof approvalOf>[0]): HooksView {
  const { timeout_s } = rules.sandbox.hooks;
  const hooks = pinHooks(root, rules.sandbox.hooks);
  if (hooks === null) return { state: "none", sha256: null, approved_at: null, timeout_s, hooks: [], files: [] };
  const approval = approvalOf(of);
  return {
    state: approval === null ? "unapproved" : approval.sha256 === hooks.sha256 ? "approved" : "changed",
    sha256: hooks.sha256,
    approved_at: approval?.approved_at ?? null,
    timeout_s,
    hooks: hooks.commands,
    files: hooks.files.map(({ path, sha256 }) => ({ path, sha256 })),
  };
}
