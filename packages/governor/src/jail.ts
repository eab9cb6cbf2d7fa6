import { mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  type Availability,
  createIsolationMaker,
  type IsolationMaker,
  type IsolationSpec,
  isInterpretable,
  type Level,
  reaches,
  toolEnvironment,
} from "@dgov/sandbox";
import { DgovError } from "./error.ts";
import { removeLeftFolders } from "./left_folders.ts";
import type { CompiledPlan } from "./plan/compiled.ts";
import { absolutePaths, projectCommands } from "./programs.ts";
import type { Project, SandboxRules } from "./project.ts";
import { removeTree } from "./remove_tree.ts";
import type { World } from "./session.ts";
import type { Jail } from "./site.ts";
import { fillCache, keepCache, type ToolCache } from "./tool_cache.ts";

/**
 * Picks the strongest level that works on this machine, tried for real, and starts isolated processes at it; or the very
 * level that the project names. It never falls below what the project demands, and never silently. The programs that
 * `commands` name by absolute paths are readable there, with their installations.
 *
 * @throws DgovError `sandbox_missing` with the one command that mends it
 */
export async function openJail(
  rules: Pick<SandboxRules, "min" | "level" | "read" | "limits"> & { commands?: readonly string[] },
  world: Pick<World, "self" | "now_ms" | "env">,
): Promise<Jail & { detail: string }> {
  const { read, limits, commands = [] } = rules;
  const programs = absolutePaths(commands);
  const started = { count: 0 };
  removeLeftFolders(PRIVATE);
  const maker = createIsolationMaker({ self: world.self, now_ms: world.now_ms });
  const found = await maker.probe((level) => isAccepted(level, rules)); // a weaker one would be tried for nothing
  const best = found.find((one) => one.available && isAccepted(one.level, rules));
  if (!best?.available) throw refusal(rules, found);
  return {
    level: best.level,
    detail: best.detail,
    maker,
    start: (spec) =>
      startIn(maker, best.level, {
        spec: { ...spec, read, limits, programs },
        env: world.env,
        port: portOf(started.count++),
      }),
  };
}

/** The probe tells the strongest first. */
export const isAccepted = (level: Level, { min, level: own }: Pick<SandboxRules, "min" | "level">): boolean =>
  own === "auto" ? reaches(level, min) : level === own && reaches(level, min);

/**
 * At a level without a jail no native gate could ever answer, so a run that has one is refused before it costs anything.
 *
 * @throws DgovError `sandbox_missing` with the command and the cure
 */
export function refuseNativeGates(level: Level, { commands, rules }: Project, plan: Pick<CompiledPlan, "tasks">): void {
  if (level !== "wasm") return;
  const asked = [
    ...projectCommands(commands),
    ...rules.review_hooks.filter((hook) => !hook.endsWith(".js")),
    ...plan.tasks.map(({ test_cmd }) => test_cmd),
  ];
  const native = asked.find((command) => command !== null && !isInterpretable(command));
  if (native === undefined) return;
  const message = `Cannot judge work at level "wasm": "${native}" starts a native program, and none is started without a jail`;
  throw new DgovError("sandbox_missing", message, {
    hint: 'Install bubblewrap, or give each such command as "" and judge by .dgov/policy rules and component gates',
  });
}

type Wanted = Pick<SandboxRules, "min" | "level">;

function refusal({ min, level }: Wanted, found: readonly Availability[]): DgovError {
  const least = level === "auto" ? min : level;
  if (!reaches(least, min))
    return new DgovError("config_invalid", `Cannot confine workers at level "${level}": [sandbox] min is "${min}"`, {
      hint: `Set min = "${level === "seatbelt" ? "landlock" : level}", or leave level = "auto"`,
    });
  if (level !== "auto" && !found.some((one) => one.level === level)) {
    const there = found.map((one) => one.level).join(", ");
    const message = `Cannot confine workers at level "${level}": a machine with ${process.platform} has no such jail, but ${there}`;
    return new DgovError("sandbox_missing", message, {
      hint: 'Leave level = "auto" in [sandbox], or name one of these',
    });
  }
  const why = found.flatMap((one) => (one.available ? [] : [`${one.level}: ${one.why}`])).join("; ");
  const wanted = found.find((one) => one.level === least);
  const cure = wanted && !wanted.available ? wanted.cure : found.flatMap((one) => (one.available ? [] : [one.cure]))[0];
  const message = `Cannot confine workers on this machine at level "${least}"${level === "auto" ? " or stronger" : ""}: ${why}`;
  return new DgovError("sandbox_missing", message, cure === undefined ? {} : { hint: cure });
}

/**
 * The first of ten ports that no other isolated process of this governor is given meanwhile. Where a jail has a network of its own
 * any port is free; beside an open one (setup) it keeps servers apart.
 */
const portOf = (nth: number): number => 20_000 + ((process.pid * 97 + nth) % 1_200) * 10;

const PRIVATE = "dgov-private-";

type Starting = { spec: Omit<IsolationSpec, "tmp" | "env"> & { cache?: ToolCache }; env: World["env"]; port: number };

/** The private folder is made here and goes when the process has stopped: nothing that ran there outlives it. */
async function startIn(maker: IsolationMaker, level: Level, { spec, env, port }: Starting): ReturnType<Jail["start"]> {
  const tmp = mkdtempSync(join(tmpdir(), `${PRIVATE}${process.pid}-`));
  const { cache, ...confined } = spec;
  try {
    if (cache) await fillCache(cache, join(tmp, "cache"), spec.limits.tmp_bytes);
    const isolation = await maker.start(level, {
      ...confined,
      tmp,
      env: { ...toolEnvironment({ tmp, inherited: env, real_home: env.HOME ?? homedir() }), DGOV_PORT: `${port}` },
    });
    const end = async () => {
      await isolation.stop();
      try {
        const { tmp_bytes } = spec.limits;
        if (cache?.keeps) await keepCache(cache, join(tmp, "cache"), { tmp_bytes, mark: basename(tmp) });
      } finally {
        removeTree(tmp);
      }
    };
    const over: { ending: Promise<void> | null } = { ending: null };
    const stop = () => {
      over.ending ??= end(); // whoever stops it and whoever is done with it may be two
      return over.ending;
    };
    return { ...isolation, stop };
  } catch (error) {
    removeTree(tmp);
    const why = error instanceof Error ? error.message : String(error);
    throw new DgovError("machine_refused", why, { cause: error });
  }
}
