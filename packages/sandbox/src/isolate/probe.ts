import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBwrap } from "./bwrap.ts";
import type { Level, LimitsKept, ResourceLimits } from "./confinement.ts";
import type { Availability, IsolationMaker } from "./isolation.ts";
import { landlockAbi } from "./landlock.ts";
import { openLibc } from "./libc.ts";
import { SANDBOX_EXEC } from "./seatbelt.ts";

/**
 * Tries each level for real: it must start, let a permitted write through and stop a forbidden one. Strongest first, and
 * none after one that is there and is enough: each costs what a start does.
 */
export async function probeLevels(
  start: IsolationMaker["start"],
  { now_ms, isEnough }: { now_ms: () => number; isEnough: (level: Level) => boolean },
): Promise<Availability[]> {
  const found: Availability[] = [];
  for (const level of LADDER) {
    const one = await probeLevel(level, start, now_ms);
    found.push(one);
    if (one.available && isEnough(level)) break;
  }
  return found;
}

const LADDER: readonly Level[] = process.platform === "darwin" ? ["seatbelt", "wasm"] : ["bwrap", "landlock", "wasm"];

async function probeLevel(level: Level, start: IsolationMaker["start"], now_ms: () => number): Promise<Availability> {
  const missing = MISSING[level]();
  if (missing !== null) return { level, available: false, ...missing };
  const place = mkdtempSync(join(tmpdir(), "dgov-probe-"));
  try {
    const { took_ms, kept } = await tryLevel(level, start, { place, now_ms });
    const limits = level === "wasm" ? "" : `; ${limitsWords(kept)}`;
    return { level, available: true, detail: `${nameOf(level)}, starts in ${Math.round(took_ms)} ms${limits}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { level, available: false, why, cure: CURES[level] };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const MIB = 1024 * 1024;
const PROBE_LIMITS: ResourceLimits = {
  memory_bytes: 512 * MIB,
  processes: 256,
  tmp_bytes: 16 * MIB,
  file_bytes: 16 * MIB,
  open_files: 1024,
};

type Trial = { place: string; now_ms: () => number };
type Tried = { took_ms: number; kept: LimitsKept };

async function tryLevel(level: Level, start: IsolationMaker["start"], { place, now_ms }: Trial): Promise<Tried> {
  for (const name of ["root", "tmp", "outside"]) mkdirSync(join(place, name));
  const start_ms = now_ms();
  const isolation = await start(level, {
    root: join(place, "root"),
    write: "all",
    git_dir: null,
    tmp: join(place, "tmp"),
    network: "none",
    read: [],
    limits: PROBE_LIMITS,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    scope: null,
  });
  const took_ms = now_ms() - start_ms;
  try {
    writeFileSync(join(place, "outside/secret"), SECRET);
    const command = "echo x > inside; echo x > ../outside/x; cat ../outside/secret > seen; exit 0";
    await isolation.exec({ command, timeout_ms: 10_000, output_max_bytes: 10_000, clip_bytes: 1_000 });
  } finally {
    await isolation.stop();
  }
  if (existsSync(join(place, "outside/x"))) throw new Error(`Cannot trust ${level}: it let a forbidden write through`);
  if (!existsSync(join(place, "root/inside"))) throw new Error(`Cannot use ${level}: it stops writes that are granted`);
  if (readFileSync(join(place, "root/seen"), "utf8").includes(SECRET))
    throw new Error(`Cannot trust ${level}: it let a forbidden read through`);
  return { took_ms, kept: isolation.limits_kept };
}

/** Who keeps the limits of memory and of processes, in words. */
export function limitsWords(kept: LimitsKept): string {
  if (kept.by === "cgroup") return `limits: enforced by control groups (version ${kept.version}), and watched`;
  return `limits: watched, not enforced: ${kept.why}${kept.cure === "" ? "" : ` (${kept.cure})`}`;
}

const SECRET = "nobody's business";

const MISSING: Readonly<Record<Level, () => Missing | null>> = {
  seatbelt: () => missingSeatbelt(),
  bwrap: () => missingBwrap(),
  landlock: () => missingLandlock(),
  wasm: () => null,
};

type Missing = { why: string; cure: string };

const CURES: Readonly<Record<Level, string>> = {
  seatbelt: "Run dgov on macOS outside of any other sandbox, or on Linux",
  bwrap:
    "Allow unprivileged user namespaces: sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0",
  wasm: "Report this: the interpreted shell needs nothing of the machine",
  landlock:
    "Turn Landlock on with the kernel parameter lsm=landlock,yama,apparmor,bpf (Linux 5.13 or newer), or install bubblewrap",
};

function missingBwrap(): Missing | null {
  if (process.platform !== "linux") return { why: "bubblewrap is for Linux", cure: "Run dgov on Linux" };
  if (findBwrap() !== null) return null;
  return { why: "bubblewrap is not installed", cure: "apt-get install bubblewrap" };
}

function missingSeatbelt(): Missing | null {
  if (existsSync(SANDBOX_EXEC)) return null;
  return { why: `there is no ${SANDBOX_EXEC}`, cure: CURES.seatbelt };
}

const EOPNOTSUPP = 95;

function missingLandlock(): Missing | null {
  if (process.platform !== "linux") return { why: "Landlock is for Linux", cure: "Run dgov on Linux" };
  const libc = openLibc();
  if (landlockAbi(libc) > 0) return null;
  landlockAbi(libc);
  const off = libc.errno() === EOPNOTSUPP;
  return {
    why: off ? "the kernel has Landlock, but it is not turned on" : "the kernel has no Landlock",
    cure: CURES.landlock,
  };
}

function nameOf(level: Level): string {
  if (level === "seatbelt") return "Seatbelt by sandbox-exec";
  if (level === "bwrap") return `bubblewrap at ${findBwrap()} with a system call filter`;
  if (level === "landlock") return landlockWords(landlockAbi(openLibc()));
  return "no jail: commands are interpreted, and no native program is started";
}

/** What the version covers, and what no version does. */
function landlockWords(abi: number): string {
  const signals = abi >= 6 ? [] : ["signals to other processes of this user"];
  const open = [...signals, "modes and times of foreign files", "names and command lines of other processes"];
  return `Landlock version ${abi} with a system call filter; not covered: ${open.join(", ")} (bubblewrap covers them)`;
}
