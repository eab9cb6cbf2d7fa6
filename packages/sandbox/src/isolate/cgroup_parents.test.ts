import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { groupName } from "./cgroup_name.ts";
import { findParents, type Standing } from "./cgroup_parents.ts";

/** Folders laid out like the kernel's: there is a machine for one layout only. Whoever writes, writes over a file here. */
const base = mkdtempSync(join(tmpdir(), "dgov-cgroup-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const HOME = groupName({ space: "1", pid: 10, born: "7" }, 0);
const counter = { last: 0 };
function layOut(files: Readonly<Record<string, string>>): string {
  const root = join(base, String(++counter.last));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const mount2 = (root: string, from = "/") => `24 23 0:21 ${from} ${root} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`;
const standing = (cgroup: string, mountinfo: string, ours = [10, 11]): Standing => ({
  cgroup,
  mountinfo,
  ours: () => new Set(ours),
  home: HOME,
});

/** A group of version 2 as systemd makes them: controllers to hand out, and who is in it. */
const group = (path: string, more: { procs?: string; subtree?: string; controllers?: string; max?: string } = {}) => ({
  [`${path}/cgroup.type`]: "domain\n",
  [`${path}/cgroup.controllers`]: more.controllers ?? "cpu memory pids\n",
  [`${path}/cgroup.subtree_control`]: more.subtree ?? "\n",
  [`${path}/cgroup.procs`]: more.procs ?? "",
  [`${path}/memory.max`]: more.max ?? "max\n",
  [`${path}/cpu.max`]: "max 100000\n",
});
const read = (root: string, path: string) => readFileSync(join(root, path), "utf8");

describe("version 2", () => {
  test("a group in which only we are is divided, and we go one down", () => {
    const root = layOut({ ...group("run.scope", { procs: "10\n11\n" }), [`run.scope/${HOME}/cgroup.procs`]: "" });
    const own = join(root, "run.scope");
    expect(findParents(standing("0::/run.scope\n", mount2(root)))).toEqual({ version: 2, memory: own, pids: own });
    expect(read(root, `run.scope/${HOME}/cgroup.procs`)).toBe("11"); // the last of those that were moved
    expect(read(root, "run.scope/cgroup.subtree_control")).toBe("+memory +pids");
  });

  test("one that we have divided already is used by who is started in it", () => {
    const root = layOut({
      ...group("run.scope", { subtree: "memory pids\n" }),
      ...group(`run.scope/${HOME}`, { procs: "10\n99\n" }),
    });
    const own = join(root, "run.scope");
    expect(findParents(standing(`0::/run.scope/${HOME}\n`, mount2(root)))).toMatchObject({ memory: own });
  });

  test("the root of all groups may hold processes, and nobody moves", () => {
    const root = layOut({
      "cgroup.controllers": "memory pids",
      "cgroup.subtree_control": "",
      "cgroup.procs": "1\n10\n",
    });
    expect(findParents(standing("0::/\n", mount2(root)))).toEqual({ version: 2, memory: root, pids: root });
    expect(read(root, "cgroup.subtree_control")).toBe("+memory +pids");
  });

  test("beside ours, where others are in it and the one above hands out both", () => {
    const root = layOut({
      ...group("app.slice", { subtree: "memory pids\n" }),
      ...group("app.slice/shell.scope", { procs: "9\n10\n" }),
    });
    const above = join(root, "app.slice");
    expect(findParents(standing("0::/app.slice/shell.scope\n", mount2(root)))).toMatchObject({ memory: above });
    expect(read(root, "app.slice/shell.scope/cgroup.subtree_control")).toBe("\n");
  });

  test.each([
    ["somebody has limited ours", { max: "4294967296\n" }, "memory pids\n"],
    ["the one above hands out one of them", {}, "pids\n"],
  ])("not beside ours when %s", (_, more, subtree) => {
    const root = layOut({
      ...group("app.slice", { subtree }),
      ...group("app.slice/shell.scope", { procs: "9\n10\n", ...more }),
    });
    expect(findParents(standing("0::/app.slice/shell.scope\n", mount2(root)))).toEqual({
      why: `other processes share the control group ${join(root, "app.slice/shell.scope")}`,
      cure: expect.stringContaining("systemd-run --user --scope -p Delegate=yes"),
    });
  });

  test("a process of a namespace that we do not see is somebody else", () => {
    const root = layOut(group("run.scope", { procs: "0\n10\n" }));
    expect(findParents(standing("0::/run.scope\n", mount2(root)))).toMatchObject({
      why: expect.stringMatching(/other processes share/),
    });
  });

  test("without the controllers there are none", () => {
    const root = layOut(group("run.scope", { procs: "10\n", controllers: "cpu pids\n" }));
    expect(findParents(standing("0::/run.scope\n", mount2(root)))).toEqual({
      why: `the control group ${join(root, "run.scope")} has no memory`,
      cure: expect.stringContaining("Delegate=yes"),
    });
  });

  test("what the kernel refuses is why", () => {
    const root = layOut({ ...group("run.scope", { procs: "10\n" }) }); // the group we would go to takes nobody
    const found = findParents(standing("0::/run.scope\n", mount2(root)));
    expect(found).toMatchObject({ why: expect.stringContaining("cannot be divided: ENOENT") });
  });

  test("a container sees its own part as it is mounted", () => {
    const root = layOut(group("", { procs: "10\n" }));
    mkdirSync(join(root, HOME));
    writeFileSync(join(root, HOME, "cgroup.procs"), "");
    const cgroup = "0::/docker/abc\n";
    expect(findParents(standing(cgroup, mount2(root, "/docker/abc")))).toMatchObject({ version: 2, memory: `${root}` });
    expect(findParents(standing(cgroup, mount2(root, "/docker/other")))).toMatchObject({
      why: expect.stringMatching(/are mounted here/),
    });
  });
});

describe("version 1", () => {
  const own = "5:memory:/a b\n3:cpu,cpuacct:/x\n8:pids:/\n0::/\n";
  const mounts = (root: string) =>
    `1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / ${root}/memory rw - cgroup cgroup rw,memory\n3 1 0:3 / ${root}/p\\040ids rw - cgroup cgroup rw,pids\n`;

  test("each has a hierarchy of its own", () => {
    const root = layOut({ "memory/a b/cgroup.procs": "", "p ids/cgroup.procs": "" });
    const [memory, pids] = [join(root, "memory/a b"), join(root, "p ids")];
    expect(findParents(standing(own, mounts(root)))).toEqual({ version: 1, memory, pids });
  });

  test("one of them alone is not enough", () => {
    const root = layOut({ "memory/a b/cgroup.procs": "" });
    expect(findParents(standing(own, mounts(root)))).toMatchObject({ why: expect.stringMatching(/are mounted here/) });
  });
});

test("a machine without control groups is told how it gets them", () => {
  const none = { why: "no control groups with the controllers memory and pids are mounted here" };
  expect(findParents(standing("", ""))).toEqual({ ...none, cure: "Mount them: mount -t cgroup2 none /sys/fs/cgroup" });
});
