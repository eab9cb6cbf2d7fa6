import type { ComponentAnswer } from "../component/order.ts";
import { LIMITS } from "../limits.ts";
import { endDescendants, signal } from "../process_tree.ts";
import type { EvaluateResult } from "../script/order.ts";
import type { Answer } from "../tool.ts";
import type { Level } from "./confinement.ts";
import { Connection } from "./connection.ts";
import {
  type ExecResult,
  type Isolation,
  IsolationLost,
  type IsolationMaker,
  type IsolationSpec,
} from "./isolation.ts";
import { ordersFor } from "./orders.ts";
import { createOrphans, type Orphans } from "./orphans.ts";
import { probeLevels } from "./probe.ts";
import type { Resolve } from "./proxy.ts";
import { createFindReadable, type FindReadable } from "./readable.ts";
import { createWalls, type Wall, type Walls } from "./wall.ts";
import { createWatch, type Strike, type Watch } from "./watch.ts";
import { makeWayOut, throughWayOut, type WayOut } from "./way_out.ts";
import { encodeFrame } from "./wire.ts";

/** What all isolations of one maker share: who is alive, who takes the orphans (made with the first of them), their walls. */
type Nursery = { live: Set<number>; orphans: Orphans | null; walls: Walls };

/**
 * `self` is the argv prefix that starts this program again; the clock is for the probe, and for how often limits are
 * looked at. `resolve` finds the addresses of listed hosts; absent: as the system does.
 */
export type Outside = { self: readonly string[]; now_ms: () => number; resolve?: Resolve };

/** Starts isolated processes. */
export function createIsolationMaker(outside: Outside): IsolationMaker {
  const nursery: Nursery = { live: new Set(), orphans: null, walls: createWalls() };
  const self = withoutAutoload(outside.self);
  const findReadable = createFindReadable();
  const start: IsolationMaker["start"] = async (level, spec) => {
    const way = await makeWayOut(level, spec, outside.resolve);
    const { now_ms } = outside;
    return throughWayOut(way, async () => {
      const wall = await nursery.walls.make(level, spec);
      try {
        return await startIsolation({ level, spec, self, nursery, way, wall, findReadable, now_ms });
      } catch (error) {
        await wall.remove();
        throw error;
      }
    });
  };
  return {
    self: outside.self,
    start,
    probe: (isEnough) => probeLevels(start, { now_ms: outside.now_ms, isEnough: isEnough ?? (() => false) }),
  };
}

/** Run as a script, Bun would obey the `bunfig.toml` and `.env` of the folder it starts in. */
function withoutAutoload([program = "", ...rest]: readonly string[]): string[] {
  if (rest.length === 0 || rest.includes("--no-env-file")) return [program, ...rest];
  return [program, "--config=/dev/null", "--no-env-file", ...rest];
}

type Start = {
  level: Level;
  spec: IsolationSpec;
  self: readonly string[];
  nursery: Nursery;
  way: WayOut;
  wall: Wall;
  findReadable: FindReadable;
  now_ms: () => number;
};

async function startIsolation({ level, spec, self, nursery, way, wall, ...tools }: Start): Promise<Isolation> {
  nursery.orphans ??= createOrphans();
  nursery.orphans.adopt();
  const readable = tools.findReadable({ spec, self });
  const { outer, enter, serve } = ordersFor({ level, spec, self, way, readable, events: wall.events.length });
  const jailed = level === "bwrap" || level === "landlock"; // it restricts itself; else a jail stands before it, or none
  const child = Bun.spawn([...outer, ...self, "__isolated", jailed ? "enter" : "serve"], {
    cwd: "/",
    env: { PATH: serve.env.PATH ?? "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", TMPDIR: serve.tmp },
    stdio: ["pipe", "pipe", "pipe", ...way.inherited, ...wall.events, "ignore"], // the last: see `KernelFiles`
  });
  nursery.live.add(child.pid);
  const words = new Response(child.stderr).text();
  const send = async (bytes: Uint8Array) => {
    const written = child.stdin.write(bytes); // where the other side has died it fails by itself, beside the flush
    await Promise.all([written, child.stdin.flush()]);
  };
  const connection = new Connection({
    send,
    answers: child.stdout,
    ...(level === "wasm" && spec.git ? { git: spec.git } : {}),
  });
  const stop = stopper(child, wall, nursery);
  try {
    await wall.hold(child.pid); // while it starts, and before it hears of anything foreign
    await send(jailed ? Buffer.concat([encodeFrame(enter), encodeFrame(serve)]) : encodeFrame(serve));
    await connection.ready(LIMITS.start_ms);
  } catch (error) {
    await stop();
    const why = beginningOf(await words) || String(error);
    throw new Error(`Cannot start an isolated process with ${level}: ${why}`, { cause: error });
  }
  void child.exited.then(stop); // also when it dies by itself: what it leaves falls to us
  const { root, tmp } = serve;
  const watch = createWatch({ pid: child.pid, root, tmp, limits: spec.limits }, tools.now_ms);
  return isolation({ level, pid: child.pid, connection, stop, watch, wall });
}

/** A loader that misses one library says so again for each of its symbols: the first line is the cause. */
const beginningOf = (words: string): string => words.trim().split("\n", 1)[0]!.trimEnd().slice(0, WORDS_MAX);
const WORDS_MAX = 500;

type Running = {
  level: Level;
  pid: number;
  connection: Connection;
  stop: () => Promise<void>;
  watch: Watch;
  wall: Wall;
};

function isolation({ level, pid, connection, stop, watch, wall }: Running): Isolation {
  const ask = async (...asking: Parameters<Connection["ask"]>): Promise<unknown> => {
    const asked = connection.ask(...asking);
    try {
      return await watch.during(asked, (by) => halt(connection, asked, by));
    } catch (error) {
      if (!(error instanceof IsolationLost)) throw error;
      const by = wall.struck();
      await stop();
      if (by === null) throw error;
      throw new IsolationLost(`The isolated process is lost: it passed its ${by.replace("_", " ")}`, { cause: error });
    }
  };
  return {
    level,
    pid,
    limits_kept: wall.kept(),
    call: async (tool, input, policy) => (await ask({ tool, input, policy: policy ?? null }, LIMITS.tool_ms)) as Answer, // by serve.ts
    evaluate: async (evaluate) => (await ask({ evaluate }, LIMITS.tool_ms)) as EvaluateResult,
    component: async (component) => (await ask({ component }, LIMITS.tool_ms)) as ComponentAnswer, // likewise
    exec: async (exec, talk) =>
      (await ask({ exec, ...(talk ? { talk: true } : {}) }, exec.timeout_ms + LIMITS.grace_ms, talk)) as ExecResult,
    async stop() {
      connection.lose("it was stopped");
      await stop();
    },
  };
}

/** The other side ends what runs and answers; where it cannot, since the command has halted it, it is lost with all it has. */
function halt(connection: Connection, asked: Promise<unknown>, by: Strike): void {
  void connection.tell({ halt: by });
  const timer = setTimeout(() => connection.lose(`it passed its ${by.replace("_", " ")}`), LIMITS.halted_ms);
  const done = () => clearTimeout(timer);
  asked.then(done, done);
}

type Child = { pid: number; exited: Promise<number>; stdin: { end(): unknown } };

/** First the polite way, by which the process ends its own in one stroke; then from outside, whatever state it is in. */
function stopper(child: Child, wall: Wall, { live, orphans }: Nursery): () => Promise<void> {
  const state: { done: Promise<void> | null } = { done: null };
  const stop = async () => {
    await Promise.resolve(child.stdin.end()).catch(() => {}); // closed already: then it has heard
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, STOP_PATIENCE_MS);
    await Promise.race([child.exited, patience]);
    clearTimeout(timer);
    await wall.end();
    endDescendants(child.pid);
    signal(child.pid, "SIGKILL");
    await child.exited;
    live.delete(child.pid);
    orphans?.sweep(live);
    await wall.remove();
  };
  return () => {
    state.done ??= stop();
    return state.done;
  };
}
const STOP_PATIENCE_MS = 1_000;
