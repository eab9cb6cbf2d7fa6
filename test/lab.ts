import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseClaim } from "../packages/sandbox/src/claim.ts";
import { createHost } from "../packages/sandbox/src/host.ts";
import type { ResourceLimits } from "../packages/sandbox/src/isolate/confinement.ts";
import type { ExecRequest, ExecResult } from "../packages/sandbox/src/isolate/isolation.ts";
import type { Host, Scope } from "../packages/sandbox/src/tool.ts";

/** A repository in a temporary folder with the real host on it, whose commands are not confined: for tests of tools. */
export type Lab = { root: string; host: Host; scope: Scope; git: (...args: string[]) => string; remove: () => void };

export type LabOptions = { files: Readonly<Record<string, string | Uint8Array>>; scope?: Partial<Scope> };

/** Roomy: a test of limits sets its own. */
export const LAB_LIMITS: ResourceLimits = {
  memory_bytes: 8 * 1024 ** 3,
  processes: 1024,
  tmp_bytes: 4 * 1024 ** 3,
  file_bytes: 4 * 1024 ** 3,
  open_files: 16_384,
};

/** No network, reads as they come. */
export const LAB_CONFINEMENT = { network: "none", read: "all", limits: LAB_LIMITS } as const;

export const claims = (...texts: string[]) => texts.map(parseClaim);

export async function openLab({ files, scope }: LabOptions): Promise<Lab> {
  const place = mkdtempSync(join(tmpdir(), "dgov-lab-"));
  const root = join(place, "worktree");
  const tmp = join(place, "tmp");
  mkdirSync(root);
  mkdirSync(tmp);
  const git = (...args: string[]) => {
    const own = ["-c", "user.name=Lab", "-c", "user.email=lab@example.invalid", "-c", "init.defaultBranch=main"];
    const run = Bun.spawnSync(["git", ...own, ...args], { cwd: root, env: env(root) });
    if (run.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${run.stderr}`);
    return run.stdout.toString().trim();
  };
  git("init", "-q");
  for (const [path, content] of Object.entries(files)) await put(join(root, path), content);
  git("add", "-A");
  git("commit", "-q", "--allow-empty", "-m", "the first");
  const whole: Scope = { ...SCOPE, base: git("rev-parse", "HEAD"), ...scope };
  return {
    root,
    host: createHost({ root, tmp, scope: whole, exec: (request) => exec(root, request) }),
    scope: whole,
    git,
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
}

export const SCOPE: Scope = {
  task: "core/app.one",
  role: "worker",
  write: claims("src/app.py", "src/new.py"),
  read: claims("tests/test_app.py"),
  deny: [],
  allow: [],
  recipes: { test: null, lint: null, lint_fix: null, format: null, type_check: null },
  test_targets: ["tests/test_app.py"],
  src_dir: "src/",
  base: "HEAD",
};

const env = (home: string) => ({ PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home, LC_ALL: "C" });

async function put(path: string, content: string | Uint8Array): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await Bun.write(path, content);
}

async function exec(root: string, request: ExecRequest): Promise<ExecResult> {
  const child = Bun.spawn(["/bin/sh", "-c", `exec 2>&1; ${request.command}`], {
    cwd: root,
    env: env(root),
    stdin: "ignore",
    stderr: "ignore",
    timeout: request.timeout_ms,
    killSignal: "SIGKILL",
  });
  const text = await new Response(child.stdout).text();
  const exit = await child.exited;
  const clip = request.clip_bytes;
  const ended = child.signalCode === "SIGKILL" ? "timeout" : child.signalCode ? "signal" : "exit";
  return {
    exit: ended === "exit" ? exit : null,
    ended,
    signal: child.signalCode === null ? null : String(child.signalCode),
    took_ms: 0,
    head: text.slice(0, clip),
    tail: text.length > clip ? text.slice(Math.max(clip, text.length - clip)) : "",
    omitted_bytes: Math.max(0, text.length - 2 * clip),
    log: null,
    put_back: [],
  };
}
