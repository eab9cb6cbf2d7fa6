import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execAnswer } from "../packages/sandbox/src/exec_answer.ts";
import type { Isolation, IsolationSpec, ResourceLimits } from "../packages/sandbox/src/index.ts";
import { alive, available, makePlace, maker, missing, sh, specOf } from "./jail.ts";
import { LAB_LIMITS } from "./lab.ts";

setDefaultTimeout(60_000); // a machine under load looks later

for (const { title } of missing) test.skip(title, () => {});
const MIB = 1024 * 1024;
const hasPython = Bun.spawnSync(["python3", "--version"], { stderr: "ignore" }).exitCode === 0;
const python = test.skipIf(!hasPython);

/** Small programs that take memory in one way or another, and wait to be noticed. Each is bounded, should nobody notice. */
const HOGS: Readonly<Record<string, string>> = {
  "of one process": "b = bytearray(300 * 1024 * 1024); import time; time.sleep(30)",
  "of many processes together": `import os, time
for n in range(6):
    if os.fork() == 0:
        b = os.urandom(50 * 1024 * 1024); time.sleep(30); os._exit(0)
time.sleep(30)`,
  "in files without a name": `import os, time
fds = [os.memfd_create("x") for n in range(6)]
for fd in fds: os.write(fd, bytes(50 * 1024 * 1024))
time.sleep(30)`,
};

/** Threads that wait, for so many seconds. It goes on where the kernel gives no more of them. */
const THREADS = `import sys, threading, time
wait = float(sys.argv[2]) if len(sys.argv) > 2 else 30
threading.stack_size(65536)
started = 0
for n in range(int(sys.argv[1])):
    try: threading.Thread(target=time.sleep, args=(wait,), daemon=True).start(); started += 1
    except RuntimeError: time.sleep(0.01)
time.sleep(wait)
print(started)`;

describe.each(available)("%s", (level) => {
  const place = makePlace();
  const opened: Isolation[] = [];
  const open = async (limits: Partial<ResourceLimits>, write: IsolationSpec["write"] = "all") => {
    const isolation = await maker.start(level, { ...specOf(place, write), limits: { ...LAB_LIMITS, ...limits } });
    opened.push(isolation);
    return isolation;
  };
  afterAll(async () => {
    for (const isolation of opened) await isolation.stop();
    rmSync(place.base, { recursive: true, force: true });
  });

  python.each(Object.entries(HOGS))("memory %s ends the command, and what it says can be read", async (_, code) => {
    const isolation = await open({ memory_bytes: 200 * MIB });
    writeFileSync(join(place.root, "hog.py"), code);
    const result = await sh(isolation, "sleep 4031 & python3 hog.py", { timeout_ms: 25_000 });
    expect(result).toMatchObject({ exit: null, ended: "memory_limit" });
    expect(execAnswer(result, 25_000).text).toContain("[sandbox] memory_mb");
    expect(alive("4031")).toBe(0);
    expect(await sh(isolation, "echo still here")).toMatchObject({ head: "still here\n", ended: "exit" });
  });

  // Elsewhere there are none: see seccomp.test.ts.
  test.skipIf(!hasPython || level !== "bwrap")(
    "memory that belongs to no process counts, and does not outlive its command",
    async () => {
      const isolation = await open({ memory_bytes: 200 * MIB });
      const code = `import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
size = 10 * 1024 * 1024
for n in range(int(sys.argv[1])):
    at = libc.shmat(libc.shmget(0, size, 0o1600), None, 0)
    ctypes.memset(at, 1, size); libc.shmdt(ctypes.c_void_p(at))
time.sleep(float(sys.argv[2]))
print(len(open("/proc/sysvipc/shm").readlines()) - 1)`;
      writeFileSync(join(place.root, "segments.py"), code);
      expect(await sh(isolation, "python3 segments.py 30 15")).toMatchObject({ exit: null, ended: "memory_limit" });
      for (const _ of [1, 2, 3])
        expect(await sh(isolation, "python3 segments.py 10 0.5")).toMatchObject({ head: "10\n", ended: "exit" });
    },
  );

  python("memory that several processes share counts once", async () => {
    const isolation = await open({ memory_bytes: 200 * MIB });
    const code = `import os, time
b = os.urandom(100 * 1024 * 1024)
for n in range(4):
    if os.fork() == 0:
        time.sleep(1); os._exit(0)
time.sleep(1)`;
    writeFileSync(join(place.root, "shared.py"), code);
    expect(await sh(isolation, "python3 shared.py && echo fine")).toMatchObject({ ended: "exit", head: "fine\n" });
  });

  test("more processes than there may be end the command", async () => {
    const isolation = await open({ processes: 20 });
    const many = "for n in $(seq 60); do sleep 4032 & done; sleep 4032";
    expect(await sh(isolation, many)).toMatchObject({ exit: null, ended: "process_limit" });
    expect(alive("4032")).toBe(0);
    expect(await sh(isolation, "for n in 1 2 3; do sleep 0.3 & done; wait; echo fine")).toMatchObject({
      head: "fine\n",
    });
  });

  python("a great many threads count, too; those of an ordinary run time do not", async () => {
    const isolation = await open({ processes: 20 });
    writeFileSync(join(place.root, "threads.py"), THREADS);
    const result = await sh(isolation, "python3 threads.py 3000", { timeout_ms: 25_000 });
    expect(result).toMatchObject({ exit: null, ended: "process_limit" });
    expect(execAnswer(result, 25_000).text).toContain("[sandbox] processes");
    expect(await sh(isolation, "python3 threads.py 60 1")).toMatchObject({ head: "60\n", ended: "exit" });
  });

  test.each([
    ["the private folder", "$TMPDIR/big"],
    ["the worktree", "big"],
  ])("filling %s ends the command, and cleaning up is possible", async (_, folder) => {
    const isolation = await open({ tmp_bytes: 40 * MIB });
    const fill = `mkdir -p ${folder}; for n in $(seq 40); do head -c 8000000 /dev/urandom > ${folder}/$n || exit 3; sleep 0.1; done; sleep 20`;
    const result = await sh(isolation, fill, { timeout_ms: 40_000 });
    expect(result).toMatchObject({ exit: null, ended: "disk_limit" });
    expect(execAnswer(result, 1).text).toContain("[sandbox] tmp_mb");
    const cleaned = await sh(isolation, `sleep 1; rm -r ${folder} && sleep 0.5 && echo clean`);
    expect(cleaned).toMatchObject({ head: "clean\n", ended: "exit" });
  });

  python.each([
    ["that is closed to its owner", "os.mkdir('d'); os.chdir('d'); os.chmod('.', 0o300)"],
    ["too deep for a path", "for n in range(25): os.mkdir('d' * 200); os.chdir('d' * 200)"],
  ])("what lies in a folder %s is on the disk, too", async (_, enter) => {
    const isolation = await open({ tmp_bytes: 40 * MIB });
    const code = `import os, time
os.chdir(os.environ["TMPDIR"])
${enter}
for n in range(40):
    with open(str(n), "wb") as f: f.write(os.urandom(8000000))
    time.sleep(0.1)
time.sleep(15)`;
    writeFileSync(join(place.root, "hide.py"), code);
    const result = await sh(isolation, "python3 hide.py", { timeout_ms: 40_000 });
    expect(result).toMatchObject({ exit: null, ended: "disk_limit" });
    await sh(isolation, "cd $TMPDIR && chmod u+rwx d*; rm -r d*"); // no path is long enough for who cleans up outside
  });

  python.each([
    ["files that are open and have no name any more", "f.write(bytes(2 * 1024 * 1024)); f.flush(); os.unlink(f.name)"],
    ["a great many empty files", "[open(f'{f.name}.{m}', 'w').close() for m in range(400)]"],
  ])("%s are on the disk, too", async (_, each) => {
    const isolation = await open({ tmp_bytes: 8 * MIB });
    const code = `import os, time
held = []
for n in range(30):
    f = open(os.environ["TMPDIR"] + f"/{n}", "wb"); held.append(f)
    ${each}
time.sleep(50)`;
    writeFileSync(join(place.root, "fill.py"), code);
    expect(await sh(isolation, "python3 fill.py", { timeout_ms: 45_000 })).toMatchObject({ ended: "disk_limit" });
  });

  test("one file may not be larger than its limit, and the command hears it", async () => {
    const isolation = await open({ file_bytes: 4 * MIB });
    const result = await sh(isolation, "head -c 8000000 /dev/zero > $TMPDIR/one");
    expect(execAnswer(result, 1)).toMatchObject({ ok: false, text: expect.stringContaining("[sandbox] file_mb") });
    const output = await sh(isolation, "head -c 8000000 /dev/zero | tr '\\0' x", { output_max_bytes: 64_000_000 });
    expect(output).toMatchObject({ ended: "output_limit" }); // the log is a file too: we end it, and not it us
    expect(await sh(isolation, "head -c 3000000 /dev/zero > $TMPDIR/two && echo fine")).toMatchObject({
      head: "fine\n",
    });
  });

  test("a process opens so many files, and no more; no core is left", async () => {
    const isolation = await open({ open_files: 64 });
    expect((await sh(isolation, "ulimit -n; ulimit -Hn; ulimit -c")).head).toBe("64\n64\n0\n");
  });

  test("memory in /dev/shm is bounded, where there is one", async () => {
    const isolation = await open({ tmp_bytes: 20 * MIB });
    const result = await sh(isolation, "head -c 60000000 /dev/zero > /dev/shm/dgov-fill; ls -l /dev/shm | wc -l");
    expect(result.head).toMatch(/No space left on device|Permission denied/);
    expect(existsSync("/dev/shm/dgov-fill")).toBe(false);
  });

  test("who halts what serves it does not escape the limit", async () => {
    const isolation = await open({ processes: 20 });
    const lost = sh(isolation, "kill -STOP $PPID; for n in $(seq 60); do sleep 4033 & done; sleep 4033");
    const ended = await lost.then(
      ({ ended }) => ended,
      (error: Error) => error.name,
    );
    expect(["IsolationLost", "process_limit"]).toContain(ended);
    expect(alive("4033")).toBe(0);
  });
});
