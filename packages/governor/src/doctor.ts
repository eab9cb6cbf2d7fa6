import { existsSync, readdirSync, rmdirSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { createIsolationMaker, type Level } from "@dgov/sandbox";
import { proveRules } from "./command_rules.ts";
import { PROJECT_FILE, readProject } from "./config.ts";
import { counted } from "./counted.ts";
import { refuseUnready } from "./dispatch/ready_programs.ts";
import { baselineChecks } from "./doctor_baselines.ts";
import { type Check, check, OK, type Patient } from "./doctor_check.ts";
import { commandChecks } from "./doctor_commands.ts";
import { componentChecks } from "./doctor_components.ts";
import { fixOf, type Mendable, ownFiles, skills } from "./doctor_fix.ts";
import { keyOf, namedChecks } from "./doctor_providers.ts";
import { writingCheck } from "./doctor_writing.ts";
import { DgovError } from "./error.ts";
import { createGit } from "./git/git.ts";
import { inspect, openRepository, refuseDirty } from "./git/readiness.ts";
import { poolFolder } from "./git/worktrees.ts";
import { rungsOf } from "./ladder.ts";
import { repositoryHolder } from "./lock.ts";
import { withLog } from "./log.ts";
import { networkWords, refuseHosts } from "./network.ts";
import type { Project, SandboxRules } from "./project.ts";
import { refuseOtherRoot } from "./ready.ts";
import { findRoot } from "./root.ts";
import { sharedGitFolder } from "./shared_git_folder.ts";
import { readUser, userFile } from "./user_file.ts";

export type { Check } from "./doctor_check.ts";

/** `command`: the line for a shell that mends it; null: there is none, or nothing to mend. */
type Finding = Check & { command: string | null };
/** `fixed`: what was wrong and has been mended. */
export type Doctor = { healthy: boolean; checks: Finding[]; fixed: { name: string; command: string }[] };

const DISK_LEAST_BYTES = 1024 ** 3;

/**
 * Tries everything a run needs, and says of each fault the one command that mends it. Changes nothing, unless it is to mend what
 * is dgov's own, where nothing that a person wrote can be lost.
 */
export async function examine(patient: Patient, { fix = false }: { fix?: boolean } = {}): Promise<Doctor> {
  const root = findRoot(patient.cwd);
  const found = await lookAt(root, patient);
  const mending = fix ? found.filter(({ fix: way }) => way?.apply) : [];
  for (const { fix: way } of mending) way?.apply?.();
  const now = mending.length > 0 ? await lookAt(root, patient) : found;
  const checks = now.map(({ check: one, fix: way }): Finding => ({ ...one, command: way?.command ?? null }));
  const fixed = mending.map(({ check: { name }, fix: way }) => ({ name, command: way?.command ?? "" }));
  return { healthy: checks.every(({ state }) => state !== "fault"), checks, fixed };
}

async function lookAt(root: string, patient: Patient): Promise<Mendable[]> {
  const checks = [
    await check("git", async () => createGit(root, patient.env).text(["--version"])),
    { ...OK, name: "runtime", detail: `Bun ${Bun.version}, as ${patient.self.join(" ")}` },
    { ...OK, name: "kernel", detail: `${process.platform} ${release()} ${process.arch}` },
    ...(await sandboxChecks(root, patient)),
    await check("disk", async () => disk(root)),
    writingCheck(root),
    await check("repository", async () => repository(patient)),
    await check("configuration", async () => configuration(root, patient.env)),
    ...commandChecks(root, patient),
    ...(await componentChecks(root, patient)),
    ...(await baselineChecks(root, patient)),
    ...(await providerChecks(root, patient)),
    await check("log", async () => withLog(root, (log) => `${counted(log.verify(), "event")}, each as it was written`)),
    ...lock(root, patient),
    ...worktrees(root, patient),
  ];
  const known = checks.map((one) => ({ check: one, fix: fixOf(one, root) }));
  return [...known, ...ownFiles(root), ...skills(patient)];
}

/** Every rung of the ladder is told; it is a fault when none of them holds that the project accepts. */
async function sandboxChecks(root: string, { self, now_ms }: Patient): Promise<Check[]> {
  const rules = sandboxRules(root);
  const { in_force, rungs } = rungsOf(await createIsolationMaker({ self, now_ms }).probe(), rules);
  const network = in_force ? [await check("sandbox network", async () => networkDetail(in_force, rules))] : [];
  const ladder = rungs.map(({ level, available, accepted, detail, cure }): Check => {
    const name = `sandbox ${level}`;
    if (available && accepted) return { ...OK, name, detail: `${level === in_force ? "in force: " : ""}${detail}` };
    const note = { name, state: "note", code: null, cure } as const;
    if (available) return { ...note, detail: `${detail}; the project does not accept it` };
    return in_force ? { ...note, detail } : { ...note, detail, state: "fault", code: "sandbox_missing" };
  });
  return [...ladder, ...network];
}

type Asked = Pick<SandboxRules, "min" | "level" | "hosts" | "gate_hosts" | "setup">;

function networkDetail(level: Level, rules: Asked): string {
  refuseHosts(level, rules);
  return networkWords(level, rules.hosts);
}

/** A file that cannot be read has a check of its own. */
function sandboxRules(root: string): Asked {
  try {
    return readProject(root).rules.sandbox;
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return { min: "landlock", level: "auto", hosts: [], gate_hosts: [], setup: "none" };
  }
}

function disk(root: string): string {
  const { bavail, bsize } = statfsSync(root);
  const free_bytes = bavail * bsize;
  const free = `${(free_bytes / 1024 ** 3).toFixed(1)} GiB free`;
  if (free_bytes < DISK_LEAST_BYTES) throw new DgovError("machine_refused", `Cannot hold many worktrees: ${free}`);
  return free;
}

async function repository({ cwd, env }: Patient): Promise<string> {
  const git = await openRepository(cwd, env);
  refuseOtherRoot(git, findRoot(cwd));
  const state = await inspect(git);
  if (state.kind === "needs_bootstrap")
    throw new DgovError("repo_empty", `Cannot start in "${state.root}": it has no commit yet`);
  await refuseDirty(git);
  return `${state.target.replace(/^refs\/heads\//, "")} at ${state.head.slice(0, 7)}, nothing uncommitted`;
}

async function configuration(root: string, env: Patient["env"]): Promise<string> {
  const project = readProject(root, null, env);
  await proveRules(project);
  const under = readUser(env) === null ? "" : ` over ${userFile(env)}`;
  return existsSync(join(root, PROJECT_FILE))
    ? `.dgov/project.toml${under}, provider ${project.provider ?? "not chosen"}`
    : `no .dgov/project.toml: every setting is the default${under}`;
}

const CHOOSE = 'Choose one with "dgov setup": without it only what names its own provider can run';

/** Whether the key of each provider that may be asked is there. A broken configuration has been told already. */
async function providerChecks(root: string, { env }: Patient): Promise<Check[]> {
  const read = await check("provider", async () => {
    const project = readProject(root, null, env);
    const provider = project.provider === null ? null : project.providers[project.provider];
    return provider ? keyOf(provider, env) : "none is chosen for the project";
  });
  if (read.code === "config_invalid") return [];
  const project = readProject(root, null, env);
  return [
    project.provider === null ? { ...read, state: "note", cure: CHOOSE } : read,
    ...(await namedChecks(project, env)),
    ...(await seatChecks(project, env)),
    ...(await programChecks(project, env)),
  ];
}

/** Each command-line agent must be there, with what it is to be given. */
async function programChecks({ agents }: Project, env: Patient["env"]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const program of Object.values(agents)) {
    if (typeof program === "string") continue;
    const { name, passed } = program;
    const given = passed.length === 0 ? "is given no variable" : `is given ${passed.join(", ")}`;
    checks.push(await check(`agent ${name}`, async () => `${refuseUnready(program, env)}, which ${given}`));
  }
  return checks;
}

/** Each seat of the review needs the key of its provider. */
async function seatChecks({ providers, rules }: Project, env: Patient["env"]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, provider: of, agent } of rules.review?.seats ?? []) {
    const provider = providers[of];
    if (provider) checks.push(await check(`seat ${name}`, async () => `${agent} of ${keyOf(provider, env)}`));
  }
  return checks;
}

/** Not a fault: the other run may end before this one begins. */
function lock(root: string, { now_ms }: Patient): Check[] {
  const common = sharedGitFolder(root);
  const holder = common === null ? null : repositoryHolder(common);
  if (!holder) return [];
  const detail = `process ${holder.pid} has been running dgov here for ${Math.round((now_ms() - holder.at_ms) / 1000)} s`;
  return [{ name: "lock", state: "note", detail, code: "repo_busy", cure: "dgov watch" }];
}

function worktrees(root: string, { env }: Patient): Check[] {
  const folder = poolFolder(root, env);
  const inside = existsSync(folder) ? readdirSync(folder) : [];
  if (existsSync(folder) && inside.length === 0) rmdirSync(folder); // asking for the folder made it
  const kept = inside.filter((name) => /^s\d+$/.test(name)).length;
  if (kept === 0) return [];
  const detail = `${kept} kept for the next run in ${folder}`;
  return [{ name: "worktrees", state: "note", detail, code: null, cure: "dgov clean" }];
}
