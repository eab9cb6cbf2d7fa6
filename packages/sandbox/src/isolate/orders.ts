import { readFileSync, realpathSync } from "node:fs";
import { pidNamespace, type ServeOrder } from "../serve.ts";
import { bwrapWords, findBwrap } from "./bwrap.ts";
import type { Level } from "./confinement.ts";
import type { EnterOrder } from "./enter.ts";
import type { IsolationSpec } from "./isolation.ts";
import { kernelFiles } from "./kernel_limits.ts";
import type { Place } from "./landlock.ts";
import { keptReadOnly, placesOf } from "./places.ts";
import { type Readable, withoutHidden } from "./readable.ts";
import { SANDBOX_EXEC, seatbeltProfile } from "./seatbelt.ts";
import type { WayOut } from "./way_out.ts";

/** What one isolated process is told: the words before it, how it restricts itself, and what it serves then. */
export type Orders = { outer: string[]; enter: EnterOrder; serve: ServeOrder };

export type Ordering = {
  level: Level;
  spec: IsolationSpec;
  self: readonly string[];
  way: WayOut;
  readable: Readable | "all";
  events?: number; // descriptors of the control group that it is started with; absent: none
};

/** @throws Error when a grant is not what it says, or the level is not installed */
export function ordersFor({ level, spec, self, way, readable, events = 0 }: Ordering): Orders {
  const places = placesOf(spec);
  const { write, git_dir, env, scope, limits } = spec;
  const files = kernelFiles(way.inherited.length, events);
  const bare = level !== "landlock" || readable === "all"; // bubblewrap shows no more than may be read
  return {
    outer: wordsBefore(level, spec, { places, readable, port: way.port }),
    enter: {
      argv: [...self, "__isolated", "serve"],
      places: level === "bwrap" ? [...places, OWN_SHM] : places,
      readable: bare ? "all" : withoutHidden(readable),
      landlock: level === "landlock" ? "required" : "if_there",
      door: way.door,
      files,
      limits,
      filter: {
        network: spec.network !== "none",
        own_ipc: level === "bwrap",
        protect_pids: level === "landlock" || level === "bwrap" ? [process.pid, -ownGroup()] : [],
      },
    },
    serve: {
      root: realpathSync(spec.root),
      tmp: realpathSync(spec.tmp),
      write,
      git_dir,
      env: { ...scrubbed(env), ...way.env },
      scope,
      self,
      interpreter: level === "wasm" ? [...self, "__isolated", "interpret"] : null,
      outer_pids: pidNamespace(),
      own_ipc: level === "bwrap",
      files: level === "bwrap" || level === "landlock" ? files : null,
      limits,
      readable,
    },
  };
}

/** bubblewrap's own file system for shared memory, which the second wall must let through: locks between processes need it. */
const OWN_SHM: Place = { kind: "directory", path: "/dev/shm" };

type Walls = Pick<EnterOrder, "places"> & Pick<Ordering, "readable"> & Pick<WayOut, "port">;

/** What stands before this program's own words, where another one builds the jail around it. */
function wordsBefore(level: Level, spec: IsolationSpec, walls: Walls): string[] {
  if (level === "bwrap") return bwrapOf(spec, walls);
  if (level !== "seatbelt") return [];
  const network = spec.network === "open" ? "open" : "none";
  return [SANDBOX_EXEC, "-p", seatbeltProfile({ ...walls, read_only: keptReadOnly(spec), network })];
}

/** The governor's process group, which may be that of the shell that started it. */
const ownGroup = () =>
  Number(
    readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")[2],
  );

function bwrapOf(spec: IsolationSpec, { places, readable }: Omit<Walls, "port">) {
  const path = findBwrap();
  if (path === null) throw new Error("Cannot start an isolated process with bwrap: it is not installed");
  const shm_bytes = Math.min(spec.limits.tmp_bytes, Math.floor(spec.limits.memory_bytes / 2));
  const order = { places, read_only: keptReadOnly(spec), readable, network: spec.network === "open", shm_bytes };
  return [path, ...bwrapWords(order)];
}

/** The caller has built it from an allow-list; these would run code of somebody's choice in any program, so they go anyway. */
function scrubbed(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => HARMLESS_GIT.has(name) || !LOADERS.test(name)));
}
const LOADERS = /^(BUN_|LD_|NODE_|GIT_)/;
const HARMLESS_GIT = new Set(["GIT_OPTIONAL_LOCKS", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"]);
