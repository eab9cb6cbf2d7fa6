import { closeSync, openSync, readFileSync, statfsSync } from "node:fs";
import { descendantsOf, unlessGone } from "../process_tree.ts";
import { wallFor } from "./ceiling.ts";
import { type ControlGroup, endGroup, enterGroup, makeGroup, removeGroup, type Strikes, strikesIn } from "./cgroup.ts";
import { groupName, leftOvers, type Owner, ownerOf } from "./cgroup_name.ts";
import { findParents, type NoParents, type Parents } from "./cgroup_parents.ts";
import type { Level, LimitsKept } from "./confinement.ts";
import type { IsolationSpec } from "./isolation.ts";
import { limitIn } from "./kernel_limits.ts";

/**
 * The kernel's own limits around one isolated process and all that it starts, as the maker needs them at each step.
 *
 * `events`  descriptors of the two files that count strikes, for the process itself; none: there is no group
 * `hold`    takes the started process in, and must be over before anything foreign runs. Never fails: without a group
 *           the watch is alone, and `kept` says why
 * `struck`  which limit has struck by now, also when all is over
 * `end`     ends all that are inside; `remove` when nobody is left
 */
export type Wall = {
  events: readonly number[];
  hold(pid: number): Promise<void>;
  kept(): LimitsKept;
  struck(): Struck;
  end(): Promise<void>;
  remove(): Promise<void>;
};

type Struck = ReturnType<typeof limitIn>;

export type Walls = { make(level: Level, spec: Pick<IsolationSpec, "limits" | "tmp" | "root">): Promise<Wall> };

/** Walls of this process. Where groups can be made is found with the first; what a killed process left goes then. */
export function createWalls(): Walls {
  const state: { found: Promise<Found> | null; last: number } = { found: null, last: 0 };
  return {
    async make(level, spec) {
      if (level !== "bwrap" && level !== "landlock") return without(NO_GROUPS);
      state.found ??= findAll();
      const found = await state.found;
      if ("why" in found) return without(found);
      const limits = wallFor(spec.limits, [spec.tmp, spec.root].some(isInMemory));
      for (;;) {
        try {
          return around(found.parents, makeGroup(found.parents, groupName(found.owner, ++state.last), limits));
        } catch (error) {
          if (codeOf(error) !== "EEXIST") return without(refused(error)); // else it is that of another maker
        }
      }
    },
  };
}

type Found = NoParents | { parents: Parents; owner: Owner };

async function findAll(): Promise<Found> {
  const owner = process.platform === "linux" ? ownerOf(process.pid) : null;
  if (owner === null) return NO_GROUPS;
  try {
    const parents = findParents({
      cgroup: readFileSync("/proc/self/cgroup", "utf8"),
      mountinfo: readFileSync("/proc/self/mountinfo", "utf8"),
      ours: () => new Set([process.pid, ...descendantsOf(process.pid)]),
      home: groupName(owner, 0),
    });
    if ("why" in parents) return parents;
    await sweep(parents);
    return { parents, owner };
  } catch (error) {
    return refused(error);
  }
}

/** What a killed process left: its commands may have outlived it. */
async function sweep({ memory, pids }: Parents): Promise<void> {
  for (const folder of new Set([memory, pids]))
    for (const name of leftOvers(folder)) {
      const group = { folders: [`${folder}/${name}`] };
      await endGroup(group);
      await removeGroup(group);
    }
}

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : null);
const NO_GROUPS: NoParents = { why: "only Linux has control groups, and only its jails use them", cure: "" };
const refused = (error: unknown): NoParents => ({
  why: error instanceof Error ? error.message : String(error),
  cure: "See that this user may make control groups and move its processes into them",
});

function without({ why, cure }: NoParents): Wall {
  return {
    events: [],
    hold: async () => {},
    kept: () => ({ by: "watch", why, cure }),
    struck: () => null,
    end: async () => {},
    remove: async () => {},
  };
}

function around({ version }: Parents, group: ControlGroup): Wall {
  const state: { kept: LimitsKept; struck: Struck } = { kept: { by: "cgroup", version }, struck: null };
  const events = [group.memory_events, group.pids_events].map((path) => openSync(path, "r"));
  const forget = () => {
    for (const fd of events.splice(0)) closeSync(fd);
  };
  return {
    events,
    async hold(pid) {
      forget(); // it has its own by now
      await enterGroup(group, pid).catch((error: unknown) => {
        state.kept = { by: "watch", ...refused(error) };
      });
    },
    kept: () => state.kept,
    struck: () => limitIn(countedBy(group)) ?? state.struck,
    end: () => endGroup(group),
    async remove() {
      forget();
      state.struck ??= limitIn(countedBy(group));
      await removeGroup(group);
    },
  };
}

const countedBy = ({ memory_events, pids_events }: ControlGroup): Strikes =>
  strikesIn(
    unlessGone(() => readFileSync(memory_events, "utf8")) ?? "",
    unlessGone(() => readFileSync(pids_events, "utf8")) ?? "",
  );

const TMPFS_MAGIC = 0x01021994;
const isInMemory = (folder: string) => statfsSync(folder).type === TMPFS_MAGIC;
