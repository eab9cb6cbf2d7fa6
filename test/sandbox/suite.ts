import { join, resolve } from "node:path";
import type { Availability, Level } from "../../packages/sandbox/src/index.ts";
import { DGOV } from "../repo.ts";
import { findUser, ownName, prepareQuarters, UserMissing } from "./as_user.ts";
import { KEYS } from "./lab.ts";
import { makerOf, runRows } from "./rig.ts";
import type { Row } from "./row.ts";
import type { LevelRun } from "./tally.ts";

/** What a child is asked over its standard input, and answers with one JSON document. */
export type Order = { ask: "levels" } | { ask: "rows"; level: Level; rows: readonly Row[] };

/** The suite's program as somebody: `as` null is who we are. */
export type Runner = {
  name: string;
  self: readonly string[];
  as: { uid: number; gid: number; home: string; tmp: string } | null;
};
/** `missing`: why nobody but us runs the rows, although somebody should; null: all is as it should be. */
type Gathered = { runners: Runner[]; missing: string | null; remove: () => void };

const SCRIPT = resolve(import.meta.dir, "../../scripts/sandbox-suite.ts");
/** Bun would read `bunfig.toml` and `.env` of the folder it starts in. */
const SELF = Bun.isStandaloneExecutable
  ? [process.execPath]
  : [process.execPath, "--config=/dev/null", "--no-env-file", SCRIPT];

/** Who runs the rows: who we are; for root an ordinary user runs the rows as well, unless one of the two was asked for. */
export function gather({ user, as_root }: { user: string | null; as_root: boolean }): Gathered {
  const own: Runner = { name: ownName(), self: SELF, as: null };
  const alone = { runners: [own], missing: null, remove() {} };
  if (process.getuid?.() !== 0 || as_root || user === own.name) return alone;
  try {
    const quarters = prepareQuarters(findUser(user), SCRIPT);
    const { uid, gid, name } = quarters.user;
    const [home, tmp] = [join(quarters.folder, "home"), join(quarters.folder, "tmp")];
    const other: Runner = { name, self: quarters.self, as: { uid, gid, home, tmp } };
    return { runners: user === null ? [own, other] : [other], missing: null, remove: quarters.remove };
  } catch (error) {
    if (!(error instanceof UserMissing) || user !== null) throw error;
    return { ...alone, missing: error.message }; // our own rows are worth telling all the same
  }
}

/**
 * The levels to run: the one that was asked for, or every jail of the operating system. What this machine does not have
 * for this user is told and left out.
 */
export async function levelsOf(runner: Runner, asked: Level | null): Promise<Level[]> {
  const found = await child<Availability[]>(runner, { ask: "levels" });
  const wanted = found.filter(({ level }) => (asked === null ? level !== "wasm" : level === asked));
  const known = asked === null || wanted.length > 0;
  if (!known) console.error(`${asked}, as ${runner.name}: there is no such level in this program`);
  for (const one of wanted)
    if (!one.available) console.error(`${one.level}, as ${runner.name}: not on this machine: ${one.why}; ${one.cure}`);
  return wanted.filter(({ available }) => available).map(({ level }) => level);
}

/** All rows at one level, in a process of their own. */
export async function runLevel(runner: Runner, level: Level, rows: readonly Row[]): Promise<LevelRun> {
  const from_ms = performance.now();
  const outcomes = await child<LevelRun["outcomes"]>(runner, { ask: "rows", level, rows });
  return { user: runner.name, level, took_ms: Math.round(performance.now() - from_ms), outcomes };
}

/** A process of its own holds the key, as a governor does, and has no children but its jails. */
async function child<Answer>({ name, self, as }: Runner, order: Order): Promise<Answer> {
  const base = as === null ? process.env : { PATH: process.env.PATH, LANG: "C.UTF-8", HOME: as.home, TMPDIR: as.tmp };
  const running = Bun.spawn([...self, "__child"], {
    cwd: "/",
    env: { ...base, ...KEYS },
    stdin: new Blob([JSON.stringify(order)]),
    stdout: "pipe",
    stderr: "inherit",
    ...(as === null ? {} : { uid: as.uid, gid: as.gid }),
  });
  const text = await new Response(running.stdout).text();
  if ((await running.exited) !== 0)
    throw new Error(`Cannot run the suite as ${name}: its process ended with ${running.exitCode}`);
  return JSON.parse(text) as Answer; // our own child's one line
}

/** What such a process does. */
export async function obey(order: Order): Promise<never> {
  const maker = makerOf(Bun.isStandaloneExecutable ? [process.execPath] : DGOV);
  const answer =
    order.ask === "levels" ? await maker.probe() : await runRows(order.rows, { maker, level: order.level });
  await Bun.write(Bun.stdout, JSON.stringify(answer));
  process.exit(0);
}
