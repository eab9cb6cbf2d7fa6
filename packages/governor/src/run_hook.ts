import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PinnedHooks } from "./lifecycle/pinned.ts";
import type { HookName } from "./lifecycle_file.ts";
import { type Exit, run } from "./process.ts";

/**
 * The approved hooks of a run. `env`: of whoever started it, of which hooks see little; `keys`: names of variables that hold
 * keys of providers; `out`: absolute, takes what hooks say; `warn`: hears of hooks that only inform.
 */
export type Lifecycle = {
  hooks: PinnedHooks;
  env: Readonly<Record<string, string | undefined>>;
  keys: readonly string[];
  run: string;
  plan: string;
  out: string;
  warn: (line: string) => void;
};

/** What a hook is told, each as the variable DGOV_NAME; absent: it is of no such thing. */
export type About = Partial<
  Record<"task" | "attempt" | "worktree" | "commit" | "tree" | "result", string | number | undefined>
>;

/** What became of a hook. `why` it failed, in words without its own; null: it did not. `log`: relative to `out`. */
export type HookRan = { hook: HookName; command: string; exit: Exit; why: string | null; log: string };

const OUTPUT_MAX_BYTES = 1024 * 1024;
/** Statuses of a shell that could not start what it was to run. */
const NOT_STARTED: readonly (number | null)[] = [126, 127];

/**
 * Runs a command, and ends its process group when the other end of the standard input is gone: nobody else would, once this program
 * was killed. The command itself reads nothing. How it was ended by a signal is how this is.
 */
const TETHERED = `exec 3<&0 </dev/null
(read -r gone <&3; kill -KILL 0) >/dev/null 2>&1 &
watch=$!
exec 3<&-
/bin/sh -c "$1"
code=$?
kill "$watch"
[ "$code" -le 128 ] || kill "-$((code - 128))" "$$" 2>/dev/null
exit "$code"`;

/**
 * Runs a hook outside of the jail, in a folder that holds the files that were approved with it and nothing else: what a
 * relative path finds there, nobody can have changed since. At its limit, or when the signal comes, its whole tree is ended; with this
 * program, however that ends, its process group.
 *
 * @returns null when there is no such hook
 */
export async function runHook(
  lifecycle: Lifecycle | undefined,
  hook: HookName,
  about: About,
  signal: AbortSignal,
): Promise<HookRan | null> {
  const command = lifecycle?.hooks.commands.find((one) => one.hook === hook)?.command;
  if (lifecycle === undefined || command === undefined) return null;
  const { timeout_ms } = lifecycle.hooks;
  const cwd = layOut(lifecycle.hooks);
  try {
    const env = environmentOf(lifecycle, hook, about);
    const asked = { cwd, env, timeout_ms, bytes_max: OUTPUT_MAX_BYTES, signal, tethered_ms: 0 };
    const exit = await run(["/bin/sh", "-c", TETHERED, "sh", command], asked);
    const log = keepSaid(lifecycle.out, [hook, about.task, about.attempt], exit);
    return { hook, command, exit, why: whyFailed(exit, timeout_ms), log };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** A hook that something waits for. @returns why that may not begin, or null */
export async function stoppedBy(...asked: Parameters<typeof runHook>): Promise<string | null> {
  const ran = await runHook(...asked);
  return ran === null || ran.why === null ? null : saysOf(ran);
}

/** A hook that nothing waits for: what is wrong with it is a warning. */
export async function inform(...asked: Parameters<typeof runHook>): Promise<void> {
  const ran = await runHook(...asked);
  if (ran !== null && ran.why !== null) asked[0]?.warn(saysOf(ran));
}

/** Where it stands what the hook said, and not what: a person's machine is nothing that a worker is told of. */
export const saysOf = ({ hook, why, log }: HookRan): string =>
  `The hook ${hook} failed: ${why}; what it said is in "${log}"`;

/** Whether a hook has answered: an exit status of its own is an answer, and nothing else is. */
export const hasAnswered = ({ exit: { ended, code } }: HookRan): boolean =>
  ended === "exit" && !NOT_STARTED.includes(code) && code !== null && code <= 128;

function whyFailed({ ended, code, signal, why }: Exit, timeout_ms: number): string | null {
  switch (ended) {
    case "exit":
      if (code === 0) return null;
      return NOT_STARTED.includes(code)
        ? `its command could not be started (exit status ${code})`
        : `exit status ${code}`;
    case "timeout":
      return `it did not end within ${timeout_ms / 1000} s, and was ended with all it had started`;
    case "signal":
      return `it was ended by ${signal}`;
    case "output_limit":
      return "it wrote more than 1 MiB, and was ended";
    case "aborted":
      return "it was ended with the run";
    case "not_started":
      return `it could not be started: ${why}`;
  }
}

/** The approved files at their paths, in a private folder. */
function layOut({ files }: PinnedHooks): string {
  const folder = mkdtempSync(join(tmpdir(), "dgov-hook-"));
  for (const { path, bytes, executable } of files) {
    const at = join(folder, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, bytes);
    chmodSync(at, executable ? 0o700 : 0o600);
  }
  return folder;
}

/** What a program needs to find others and to speak: an allow-list, so that no key of anybody is in it. */
const SEEN = /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;

function environmentOf({ env, keys, ...of }: Lifecycle, hook: HookName, about: About): Record<string, string> {
  const seen = Object.entries(env).filter(([name]) => SEEN.test(name) && !keys.includes(name));
  const told = { hook, root: of.hooks.root, run: of.run, plan: of.plan, ...about };
  const named = Object.entries(told).map(([name, value]) => [`DGOV_${name.toUpperCase()}`, value] as const);
  const given = [...seen, ...named].flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return Object.fromEntries(given);
}

/** @returns where it is, relative to `out` */
function keepSaid(out: string, of: readonly (string | number | undefined)[], { stdout, stderr }: Exit): string {
  const name = of.filter((part) => part !== undefined).join("-");
  const log = `hooks/${name.replaceAll("/", ".")}.log`;
  mkdirSync(dirname(join(out, log)), { recursive: true, mode: 0o700 });
  writeFileSync(join(out, log), Buffer.concat([stdout, Buffer.from(stderr)]), { mode: 0o600 });
  return log;
}
