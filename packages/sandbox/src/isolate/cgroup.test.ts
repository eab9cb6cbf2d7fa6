import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../process_tree.ts";
import {
  type ControlGroup,
  endGroup,
  enterGroup,
  limitWords,
  makeGroup,
  removeGroup,
  strikesIn,
  tellGroup,
} from "./cgroup.ts";
import { groupName, leftOvers, type Owner, ownerOf } from "./cgroup_name.ts";
import { findParents, type Parents } from "./cgroup_parents.ts";
import { limitIn } from "./kernel_limits.ts";
import { createWalls } from "./wall.ts";

setDefaultTimeout(60_000); // a machine under load

const MIB = 1024 * 1024;
const limits = { memory_bytes: 1024 * MIB, processes: 20, tmp_bytes: MIB, file_bytes: MIB, open_files: 64 };
const spec = { limits, tmp: tmpdir(), root: tmpdir() };
const kept = await createWalls().make("landlock", spec);
await kept.remove();
const given = kept.kept();
const why = given.by === "watch" ? ` (no control groups here: ${given.why})` : "";
const real = test.skipIf(given.by === "watch");

const parentsHere = (): Parents => {
  const [cgroup, mountinfo] = ["cgroup", "mountinfo"].map((name) => readFileSync(`/proc/self/${name}`, "utf8"));
  const found = findParents({
    cgroup: cgroup ?? "",
    mountinfo: mountinfo ?? "",
    ours: () => new Set(),
    home: groupName(OWN, 0),
  });
  if ("why" in found) throw new Error(found.why);
  return found;
};
const OWN: Owner = ownerOf(process.pid) ?? { space: "1", pid: 1, born: "1" };
/** An owner that never was: its process is this one, and began at another time. */
const GONE: Owner = { ...OWN, born: "1" };

describe(`a group of the kernel${why}`, () => {
  const counter = { last: 100_000 };
  const made: ControlGroup[] = [];
  const make = (memory_bytes: number, tasks: number): ControlGroup => {
    const group = makeGroup(parentsHere(), groupName(OWN, ++counter.last), { memory_bytes, tasks });
    made.push(group);
    return group;
  };
  afterEach(async () => {
    for (const group of made.splice(0)) {
      await endGroup(group);
      await removeGroup(group);
    }
  });
  /** A shell that waits for a line before it does anything, so that it is inside by then. */
  const inside = async (group: ControlGroup, command: string) => {
    const child = Bun.spawn(["/bin/sh", "-c", `read go; ${command}`], { stdio: ["pipe", "pipe", "ignore"] });
    await enterGroup(group, child.pid);
    child.stdin.write("\n");
    await child.stdin.flush();
    return child;
  };
  const strikes = (group: ControlGroup) =>
    strikesIn(readFileSync(group.memory_events, "utf8"), readFileSync(group.pids_events, "utf8"));

  real("memory ends who takes too much of it, and it is counted; what stays below is not", async () => {
    const group = make(64 * MIB, 50);
    const fine = await inside(group, "head -c 20000000 /dev/zero | tail -c 20000000 | wc -c");
    expect((await new Response(fine.stdout).text()).trim()).toBe("20000000");
    expect(strikes(group)).toEqual({ memory: 0, processes: 0 });
    const hog = await inside(group, "head -c 300000000 /dev/zero | tail -c 300000000 | wc -c");
    expect((await new Response(hog.stdout).text()).trim()).toBe("0");
    expect(strikes(group).memory).toBeGreaterThan(0);
    expect(limitIn(strikes(group))).toBe("memory_limit");
  });

  real("no more tasks are started than there may be, and it is counted", async () => {
    const group = make(1024 * MIB, 8);
    const bomb = await inside(group, "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 4051 & done; sleep 4051");
    await bomb.exited; // a shell that cannot start gives up
    expect(strikes(group).processes).toBeGreaterThan(0);
    expect(limitIn(strikes(group))).toBe("process_limit");
  });

  real("who was started before its parent came in comes in, too; and all of them end at once", async () => {
    const group = make(1024 * MIB, 50);
    const child = Bun.spawn(["/bin/sh", "-c", "sleep 4052 & setsid sleep 4052 & echo started; wait"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await child.stdout.getReader().read();
    await enterGroup(group, child.pid);
    const pids = readFileSync(join(group.folders[0] ?? "", "cgroup.procs"), "utf8")
      .trim()
      .split("\n")
      .map(Number);
    expect(pids).toContain(child.pid);
    expect(pids.length).toBe(3);
    await endGroup(group);
    await child.exited;
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
    await removeGroup(group);
    for (const folder of group.folders) expect(existsSync(folder)).toBe(false);
  });

  real("a process that has ended meanwhile is no fault", async () => {
    const child = Bun.spawn(["true"]);
    await child.exited;
    await enterGroup(make(64 * MIB, 8), child.pid);
  });

  real(
    "what a killed process left is ended and removed at the next start; what a living one holds is not",
    async () => {
      const parents = parentsHere();
      const orphaned = makeGroup(parents, groupName(GONE, 1), { memory_bytes: 64 * MIB, tasks: 8 });
      const left = Bun.spawn(["sleep", "4053"]);
      await enterGroup(orphaned, left.pid);
      const held = make(64 * MIB, 8);
      const foreign = { ...GONE, space: "2" };
      const unknown = makeGroup(parents, groupName(foreign, 1), { memory_bytes: 64 * MIB, tasks: 8 });
      made.push(unknown);
      await (await createWalls().make("landlock", spec)).remove();
      await left.exited;
      expect(left.signalCode).toBe("SIGKILL");
      for (const folder of orphaned.folders) expect(existsSync(folder)).toBe(false);
      for (const folder of [...held.folders, ...unknown.folders]) expect(existsSync(folder)).toBe(true);
    },
  );

  real("a name that another maker has taken is no reason to go without", async () => {
    const parents = parentsHere();
    made.push(makeGroup(parents, groupName(OWN, 1), { memory_bytes: 64 * MIB, tasks: 8 }));
    const wall = await createWalls().make("landlock", spec);
    expect(wall.kept().by).toBe("cgroup");
    await wall.remove();
  });
});

/** Version 2 is here, if without its controllers: then what needs none of them can be tried all the same. */
const unified = "/sys/fs/cgroup/unified";
test.skipIf(!existsSync(join(unified, "cgroup.procs")) || process.getuid?.() !== 0)(
  "version 2 ends a whole group by one word, and refuses limits without controllers",
  async () => {
    const folder = join(unified, groupName(OWN, 99));
    const parents: Parents = { version: 2, memory: unified, pids: unified };
    expect(() => makeGroup(parents, groupName(OWN, 98), { memory_bytes: MIB, tasks: 1 })).toThrow("ENOENT");
    expect(readdirSync(unified)).not.toContain(groupName(OWN, 98));
    mkdirSync(folder);
    const child = Bun.spawn(["/bin/sh", "-c", "setsid sleep 4054 & wait"]);
    await enterGroup({ folders: [folder], memory_events: "", pids_events: "" }, child.pid);
    await endGroup({ folders: [folder] });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    await removeGroup({ folders: [folder] });
    if (existsSync(folder)) rmdirSync(folder);
  },
);

test("each version has its own words for the same limits", () => {
  const asked = { memory_bytes: 1000.7, tasks: 12 };
  const words = (version: 1 | 2) => limitWords(version, asked).map(({ file, word }) => `${file} ${word}`);
  expect(words(1)).toEqual(["memory.limit_in_bytes 1000", "memory.memsw.limit_in_bytes 1000", "pids.max 12"]);
  expect(words(2)).toEqual(["memory.max 1000", "memory.swap.max 0", "pids.max 12"]);
});

test.each([
  ["version 1", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", "max 2\n", { memory: 3, processes: 2 }],
  ["version 2", "low 0\nhigh 0\nmax 41\noom 2\noom_kill 1\noom_group_kill 0\n", "max 0\n", { memory: 1, processes: 0 }],
  ["a kernel that does not count", "oom_kill_disable 0\nunder_oom 0\n", "", { memory: 0, processes: 0 }],
])("strikes are read as %s counts them: memory that was only reclaimed is none", (_, memory, pids, counted) => {
  expect(strikesIn(memory, pids)).toEqual(counted);
});

test("what struck before the command began is not its own", () => {
  const before = { memory: 2, processes: 5 };
  expect(limitIn(before, before)).toBeNull();
  expect(limitIn({ memory: 3, processes: 6 }, before)).toBe("memory_limit");
  expect(limitIn({ memory: 2, processes: 6 }, before)).toBe("process_limit");
});

test("a group is left over when its process is gone, or its number is somebody else's by now", () => {
  const folder = mkdtempSync(join(tmpdir(), "dgov-names-"));
  const me = { space: "5", pid: process.pid, born: "70" };
  const other = { space: "5", pid: 20, born: "80" };
  const names = {
    mine: groupName(me, 1),
    living: groupName(other, 4),
    earlier: groupName({ ...other, born: "79" }, 1),
    dead: groupName({ ...other, pid: 21 }, 1),
    elsewhere: groupName({ space: "6", pid: 21, born: "1" }, 1),
    no_group: "system.slice",
  };
  for (const name of Object.values(names)) mkdirSync(join(folder, name));
  const find = (pid: number) => [me, other].find((one) => one.pid === pid) ?? null;
  expect(leftOvers(folder, find).sort()).toEqual([names.earlier, names.dead].sort());
});

test("a word for a file that the kernel has not is refused, and makes none", () => {
  const folder = mkdtempSync(join(tmpdir(), "dgov-word-"));
  expect(() => tellGroup(join(folder, "pids.max"), "1")).toThrow("ENOENT");
  expect(readdirSync(folder)).toEqual([]);
});
