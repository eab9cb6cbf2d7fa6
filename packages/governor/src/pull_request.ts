import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DgovError } from "./error.ts";
import { type Git, pushWords } from "./git/git.ts";
import { openRepository } from "./git/readiness.ts";
import { run } from "./process.ts";
import type { RunReport } from "./report.ts";
import { findRoot } from "./root.ts";
import { writeAtomic } from "./write.ts";

/** `remote` and `base` null: the one there is, and the branch that it merges into. `push`, `open`: only if a person says so. */
export type PullRequestOrder = {
  branch: string | null;
  base: string | null;
  remote: string | null;
  dry_run: boolean;
  push: boolean;
  open: boolean;
};

/** What `dgov pr` has made, or with `dry_run` would make. */
export type PullRequest = {
  run: string;
  plan: string;
  branch: string;
  head: string; // the commit that the branch is at: all that the run landed
  base: string; // the branch to merge into
  remote: string | null; // null: the repository has none
  title: string;
  draft: boolean; // not all of the plan has landed, or what the report rests on is not sound
  body: string; // Markdown
  body_file: string; // relative to the root
  commands: readonly (readonly string[])[]; // what is left to do, by hand
  done: readonly ("branch" | "body" | "push" | "open")[];
};

type From = { cwd: string; env: Readonly<Record<string, string | undefined>>; signal: AbortSignal };

/** Most characters of a body that GitHub takes. */
const BODY_MAX_CHARS = 65_536;
const NETWORK_MAX_MS = 120_000;

/**
 * Makes a branch of what a run landed and writes what a pull request should say of it. Nothing leaves this machine unless it is
 * asked to: then git pushes and gh opens, in the person's environment and with their hooks, as they would by hand.
 *
 * @param body what the report comes to, for readers
 * @throws DgovError `pull_request_refused` where nothing landed or the branch is another's; `program_missing` without gh
 */
export async function makePullRequest(
  from: From,
  report: RunReport,
  body: string,
  order: PullRequestOrder,
): Promise<PullRequest> {
  const root = findRoot(from.cwd);
  const git = await openRepository(root, from.env);
  const { account, sound } = report;
  const head = await headOf(git, report);
  const remote = order.remote ?? (await onlyRemote(git));
  const base = order.base ?? (await baseOf(git, { remote, target: account.target }));
  const branch = order.branch ?? `dgov/${nameOf(account.plan)}`;
  if (branch === base)
    throw refused(`its branch would be "${base}", into which it is to be merged; give another with --branch`);
  const plan: PullRequest = {
    ...{ run: account.run, plan: account.plan, branch, head, base, remote },
    title: titleOf(report),
    draft: account.status !== "complete" || !sound,
    body: shortened(body),
    body_file: `.dgov/out/${account.run}/pull_request.md`,
    commands: [],
    done: [],
  };
  const steps = commandsOf(plan);
  if (order.dry_run) return { ...plan, commands: steps.map(({ argv }) => argv) };
  await makeBranch(git, plan);
  mkdirSync(dirname(join(root, plan.body_file)), { recursive: true });
  writeAtomic(join(root, plan.body_file), plan.body);
  const done: PullRequest["done"][number][] = ["branch", "body"];
  for (const { what, argv } of steps) {
    if (!order[what]) continue;
    await perform(root, from, argv);
    done.push(what);
  }
  return { ...plan, done, commands: steps.flatMap(({ what, argv }) => (done.includes(what) ? [] : [argv])) };
}

/** The commit on which all landings of the run lie. */
async function headOf(git: Git, { tasks, account }: RunReport): Promise<string> {
  const commits = tasks.flatMap(({ commit, reported }) => (commit === null || reported ? [] : [commit]));
  if (commits.length === 0) throw refused(`the run ${account.run} has landed nothing`);
  const { exit, bytes } = await git.ask(["merge-base", "--independent", ...new Set(commits)], { ok: [0, 1, 128] });
  const tips = new TextDecoder().decode(bytes).split("\n").filter(Boolean);
  if (exit === 0 && tips.length === 1 && tips[0]) return tips[0];
  throw refused(`what the run ${account.run} landed is not one history of this repository any more`);
}

async function onlyRemote(git: Git): Promise<string | null> {
  const names = (await git.text(["remote"])).split("\n").filter(Boolean);
  if (names.length <= 1 || names.includes("origin")) return names.includes("origin") ? "origin" : (names[0] ?? null);
  throw refused(`there are the remotes ${names.map((name) => `"${name}"`).join(", ")}; choose one with --remote`);
}

/** The branch that the remote is cloned at, or else the one that the run landed on. */
async function baseOf(git: Git, { remote, target }: { remote: string | null; target: string }): Promise<string> {
  const own = target.replace(/^refs\/heads\//, "");
  if (remote === null) return own;
  const asked = await git.ask(["symbolic-ref", "-q", "--short", `refs/remotes/${remote}/HEAD`], { ok: [0, 1, 128] });
  const short = new TextDecoder().decode(asked.bytes).trim();
  return asked.exit === 0 && short.startsWith(`${remote}/`) ? short.slice(remote.length + 1) : own;
}

const nameOf = (plan: string): string =>
  plan
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50) || "plan";

function titleOf({ account, tasks, landed }: RunReport): string {
  const only = tasks.length === 1 ? landed[tasks[0]?.commit ?? ""]?.message : undefined;
  return (only ?? account.plan).replace(/\s+/g, " ").trim().slice(0, 120);
}

/** A branch that has commits which this run has not is somebody's. */
async function makeBranch(git: Git, { branch, head }: PullRequest): Promise<void> {
  const ref = `refs/heads/${branch}`;
  const named = await git.ask(["check-ref-format", ref], { ok: [0, 1] });
  if (named.exit !== 0) throw refused(`"${branch}" is no name for a branch`);
  const asked = await git.ask(["rev-parse", "--verify", "-q", ref], { ok: [0, 1, 128] });
  const old = new TextDecoder().decode(asked.bytes).trim();
  if (old === head) return;
  if (old !== "" && (await git.ask(["merge-base", "--is-ancestor", old, head], { ok: [0, 1] })).exit !== 0)
    throw refused(`the branch "${branch}" has commits of its own; choose another with --branch`);
  await git.ask(["update-ref", ref, head, old === "" ? "0".repeat(head.length) : old]);
}

type Step = { what: "push" | "open"; argv: readonly string[] };

function commandsOf({ branch, base, remote, title, draft, body_file }: PullRequest): Step[] {
  if (remote === null) return [];
  const open = ["gh", "pr", "create", "--base", base, "--head", branch, "--title", title, "--body-file", body_file];
  return [
    { what: "push", argv: pushWords({ remote, branch }) },
    { what: "open", argv: draft ? [...open, "--draft"] : open },
  ];
}

async function perform(root: string, { env, signal }: From, argv: readonly string[]): Promise<void> {
  const own = Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const options = {
    cwd: root,
    env: { ...own, GIT_TERMINAL_PROMPT: "0" },
    timeout_ms: NETWORK_MAX_MS,
    bytes_max: 1 << 20,
    signal,
  };
  const { ended, code, stderr, why } = await run(argv, options);
  if (ended === "not_started") throw new DgovError("program_missing", `Cannot start "${argv[0]}": ${why}`);
  if (ended !== "exit" || code !== 0)
    throw refused(
      `"${argv.slice(0, 2).join(" ")}" did not succeed (${ended} ${code ?? ""}): ${stderr.trim().slice(-500)}`,
    );
}

const shortened = (body: string): string =>
  body.length <= BODY_MAX_CHARS
    ? body
    : `${body.slice(0, BODY_MAX_CHARS - CUT.length).replace(/\n[^\n]*$/, "\n")}${CUT}`;
const CUT = "\n\n_Cut at the length that a body may have. The whole: `dgov report --markdown FILE`._\n";

const refused = (why: string) => new DgovError("pull_request_refused", `Cannot make a pull request: ${why}`);
