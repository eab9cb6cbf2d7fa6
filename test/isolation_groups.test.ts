import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execAnswer } from "../packages/sandbox/src/exec_answer.ts";
import { type Isolation, IsolationLost, type ResourceLimits } from "../packages/sandbox/src/index.ts";
import { wallFor } from "../packages/sandbox/src/isolate/ceiling.ts";
import { alive, available, makePlace, maker, missing, SERVE, sh, specOf } from "./jail.ts";
import { LAB_LIMITS } from "./lab.ts";

/** What control groups add to the watch. Where there are none, one test says so, and `isolation_limits.test.ts` holds. */
setDefaultTimeout(90_000); // a machine under load looks later

for (const { title } of missing) test.skip(title, () => {});
const MIB = 1024 * 1024;
const hasPython = Bun.spawnSync(["python3", "--version"], { stderr: "ignore" }).exitCode === 0;

/** The folders of the group that a process is in, as this machine has them mounted. */
function groupsOf(pid: number): { memory: string; pids: string } {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const folder = (controller: string) => {
    const own = lines.find((line) => line.split(":")[1]?.split(",").includes(controller));
    const type = own ? "- cgroup " : "- cgroup2 ";
    const mount = mounts.find((line) => line.includes(type) && (!own || line.split(",").includes(controller)));
    const path = (own ?? lines.find((line) => line.startsWith("0::")) ?? "").split(":")[2] ?? "";
    return join(mount?.split(" ")[4] ?? "", path);
  };
  return { memory: folder("memory"), pids: folder("pids") };
}

const numberIn = (...paths: string[]): number =>
  Number(readFileSync(paths.find((path) => existsSync(path)) ?? "", "utf8"));

/** Memory of the kernel, in sockets: so many pairs, for so many seconds. */
const BUFFERS = `import socket, sys, time
held = []
for n in range(int(sys.argv[1])):
    held.append(socket.socketpair())
    for end in held[-1]:
        end.setblocking(False)
        try:
            while True: end.send(bytes(16384))
        except BlockingIOError: pass
time.sleep(float(sys.argv[2]))
print(n + 1)`;

describe.each(available)("%s", async (level) => {
  const place = makePlace();
  const opened: Isolation[] = [];
  const open = async (limits: Partial<ResourceLimits> = {}) => {
    const isolation = await maker.start(level, { ...specOf(place, "all"), limits: { ...LAB_LIMITS, ...limits } });
    opened.push(isolation);
    return isolation;
  };
  afterAll(async () => {
    for (const isolation of opened) await isolation.stop();
    rmSync(place.base, { recursive: true, force: true });
  });
  const kept = (await open()).limits_kept;
  const real = test.skipIf(kept.by === "watch");
  const python = test.skipIf(kept.by === "watch" || !hasPython);

  test("who keeps the limits is said, and what would give more", () => {
    if (kept.by === "watch")
      expect(kept).toMatchObject({ why: expect.stringMatching(/\S/), cure: expect.stringMatching(/\S/) });
    else expect([1, 2]).toContain(kept.version);
  });

  python("memory that no process's own count shows ends the command, and what it says can be read", async () => {
    const isolation = await open({ memory_bytes: 200 * MIB });
    writeFileSync(join(place.root, "buffers.py"), BUFFERS);
    const result = await sh(isolation, "sleep 4061 & python3 buffers.py 1900 20", { timeout_ms: 60_000 });
    expect(result).toMatchObject({ exit: null, ended: "memory_limit" });
    expect(execAnswer(result, 1).text).toContain("[sandbox] memory_mb");
    expect(alive("4061")).toBe(0);
    expect(await sh(isolation, "python3 buffers.py 100 0.3")).toMatchObject({ head: "100\n", ended: "exit", exit: 0 });
  });

  python("who takes memory faster than anybody looks gets no more than there is", async () => {
    const limits = { ...LAB_LIMITS, memory_bytes: 200 * MIB };
    const isolation = await open(limits);
    const code = `import os
for n in range(4): os.fork()
held = [bytearray(b"x") * (64 * 1024 * 1024) for n in range(16)]
print("all of it")`;
    writeFileSync(join(place.root, "fast.py"), code);
    const result = await sh(isolation, "python3 fast.py || true; echo went on");
    expect(result).toMatchObject({ exit: null, ended: "memory_limit" });
    expect(result.head).not.toContain("all of it");
    const { memory } = groupsOf(isolation.pid);
    const peak = ["memory.max_usage_in_bytes", "memory.peak"].map((name) => join(memory, name));
    if (peak.some((path) => existsSync(path)))
      expect(numberIn(...peak)).toBeLessThanOrEqual(wallFor(limits, false).memory_bytes + limits.tmp_bytes);
    expect(await sh(isolation, "echo still here")).toMatchObject({ head: "still here\n", ended: "exit" });
  });

  python("a command that swallows the end of one of its processes is told all the same", async () => {
    const isolation = await open({ memory_bytes: 100 * MIB });
    const hog = `python3 -c "held = [bytearray(b'x') * (64 * 1024 * 1024) for n in range(32)]"`;
    const result = await sh(isolation, `${hog} 2>/dev/null || true`);
    expect(result).toMatchObject({ exit: null, ended: "memory_limit" });
  });

  python("who forks faster than anybody counts starts no more than there may be", async () => {
    const limits = { ...LAB_LIMITS, processes: 20 };
    const code = `import os
while True:
    try: os.fork()
    except OSError: pass`;
    writeFileSync(join(place.root, "bomb.py"), code);
    for (const _ of [1, 2, 3]) {
      const isolation = await open(limits);
      const { pids } = groupsOf(isolation.pid);
      expect(numberIn(join(pids, "pids.max"))).toBe(wallFor(limits, false).tasks);
      // A server that can start no thread of its own before anybody has counted goes too: either way the limit is named.
      const result = await sh(isolation, "python3 bomb.py").catch((lost: unknown) => lost);
      if (result instanceof IsolationLost) {
        expect(result.message).toContain("it passed its process limit");
        continue;
      }
      expect(result).toMatchObject({ exit: null, ended: "process_limit" });
      expect(await sh(isolation, "echo still here")).toMatchObject({ head: "still here\n", ended: "exit" });
      const peak = join(pids, "pids.peak");
      if (existsSync(peak)) expect(numberIn(peak)).toBeLessThanOrEqual(wallFor(limits, false).tasks);
    }
    expect(alive("bomb.py")).toBe(0);
  });

  real("all that is started is in the group, and goes before what serves it when memory runs out", async () => {
    const isolation = await open();
    const own = readFileSync("/proc/self/oom_score_adj", "utf8").trim();
    const settled = `for n in $(seq 200); do [ $(cat /proc/$PPID/oom_score_adj) = ${own} ] && break; sleep 0.05; done`;
    const look = `${settled}; cat /proc/self/oom_score_adj /proc/$PPID/oom_score_adj; (setsid cat /proc/self/oom_score_adj)`;
    expect((await sh(isolation, look)).head).toBe(`1000\n${own}\n1000\n`);
    const waiting = sh(isolation, "sleep 4062 & setsid sleep 4062; true");
    const { pids, memory } = groupsOf(isolation.pid);
    const members = () => readFileSync(join(pids, "cgroup.procs"), "utf8").trim().split("\n").map(Number);
    const sleeping = () => members().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("4062"));
    for (let look = 0; look < 100 && sleeping().length < 2; look++) await Bun.sleep(50);
    for (const pid of sleeping()) expect(groupsOf(pid)).toEqual({ pids, memory });
    expect(sleeping().length).toBeGreaterThanOrEqual(2);
    await isolation.stop();
    await waiting.catch(() => {});
    for (const folder of [pids, memory]) expect(existsSync(folder)).toBe(false);
    expect(alive("4062")).toBe(0);
  });

  real("nobody inside leaves the group, or moves its limits", async () => {
    const isolation = await open({ memory_bytes: 300 * MIB, processes: 30 });
    const { memory, pids } = groupsOf(isolation.pid);
    const files = (folder: string) =>
      readdirSync(folder)
        .filter((name) => /limit_in_bytes$|\.max$|^cgroup\.subtree_control$/.test(name))
        .map((name) => [name, readFileSync(join(folder, name), "utf8")]);
    const before = [memory, pids].map(files);
    const tries = [memory, pids].flatMap((folder) => [
      `echo $$ > ${folder}/../cgroup.procs`,
      `echo 0 > ${folder}/../cgroup.procs`,
      `echo max > ${folder}/pids.max`,
      `echo max > ${folder}/memory.max`,
      `echo -1 > ${folder}/memory.limit_in_bytes`,
      `mkdir ${folder}/own`,
      `mkdir ${folder}/../own-${process.pid}`,
      `rmdir ${folder}`,
      `mount -t cgroup2 none $TMPDIR`,
      `mount -t cgroup -o pids none $TMPDIR`,
      "unshare -C true",
    ]);
    const score = ["echo 0 > /proc/self/oom_score_adj", "echo -1000 > /proc/$PPID/oom_score_adj"];
    const command = [...tries, ...score].map((one) => `( ${one} ) 2>/dev/null && echo done: '${one}'`);
    const result = await sh(isolation, `${command.join("\n")}\ncat /proc/self/oom_score_adj; ls -l /proc/self/fd`);
    expect(result.head).not.toContain("done:");
    expect(result.head).not.toMatch(/cgroup|oom_score_adj|memory\.|pids\./); // no descriptor of them is left open
    expect([memory, pids].map(files)).toEqual(before);
    expect(groupsOf(isolation.pid)).toEqual({ memory, pids });
    for (const folder of [memory, pids]) expect(existsSync(join(folder, "own"))).toBe(false);
  });

  python("a server that goes with what passed the limit says so", async () => {
    const isolation = await open({ memory_bytes: 100 * MIB });
    writeFileSync(join(place.root, "buffers.py"), BUFFERS);
    const lost = sh(isolation, "kill -STOP $PPID; python3 buffers.py 1900 20; kill -9 $PPID; sleep 5", {
      timeout_ms: 60_000,
    });
    await expect(lost).rejects.toThrow("it passed its memory limit");
  });
});

/** The same program where no groups are to be seen, as an ordinary user finds them closed. */
const canHide =
  process.getuid?.() === 0 &&
  Bun.spawnSync(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /sys/fs/cgroup"], { stderr: "ignore" }).exitCode ===
    0;
test.skipIf(!canHide || available.length === 0)("where groups cannot be had the watch is alone, and holds", () => {
  const program = `
import { available, makePlace, maker, sh, specOf } from ${JSON.stringify(join(import.meta.dir, "jail.ts"))};
import { LAB_LIMITS } from ${JSON.stringify(join(import.meta.dir, "lab.ts"))};
const place = makePlace();
const isolation = await maker.start(available[0], { ...specOf(place, "all"), limits: { ...LAB_LIMITS, processes: 20 } });
const many = await sh(isolation, "for n in $(seq 60); do sleep 4063 & done; sleep 4063");
const one = await sh(isolation, "echo fine");
console.log(JSON.stringify({ kept: isolation.limits_kept, many: many.ended, one: one.head, probe: await maker.probe() }));
await isolation.stop();
process.exit(0);`;
  const words = ["sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup && exec "$0" "$@"', process.execPath, "-e", program];
  const { stdout, stderr } = Bun.spawnSync(["unshare", "-m", ...words], { cwd: join(SERVE, "..") });
  const said =
    stdout
      .toString()
      .split("\n")
      .find((line) => line.startsWith("{")) ?? stderr.toString();
  expect(JSON.parse(said)).toMatchObject({
    kept: { by: "watch", why: expect.stringMatching(/control group/) },
    many: "process_limit",
    one: "fine\n",
    probe: expect.arrayContaining([
      expect.objectContaining({ detail: expect.stringContaining("limits: watched, not enforced: ") }),
    ]),
  });
});
