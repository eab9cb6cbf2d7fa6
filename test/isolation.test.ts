import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  type ExecResult,
  type Grant,
  type Isolation,
  IsolationLost,
  type IsolationSpec,
} from "../packages/sandbox/src/index.ts";
import { alive, available, FIXTURES, makePlace, maker, missing, NOT_PASSED, SERVE, sh, specOf, until } from "./jail.ts";

const MAKER = join(import.meta.dir, "../packages/sandbox/src/isolate/maker.ts");

for (const { title } of missing) test.skip(title, () => {});

test("at least one level is to be had, or this machine runs nothing", () => {
  expect(available.length).toBeGreaterThan(0);
});

const ONLY = ["^src/claimed\\.py$", "^src/new\\.py$"];
const NARROW: readonly Grant[] = [{ kind: "directory", path: "src", only: ONLY }];
const WHOLE: readonly Grant[] = [{ kind: "directory", path: ".", only: ONLY }];
const ONE_FILE: readonly Grant[] = [{ kind: "file", path: "src/claimed.py" }];

/** What a level may differ in: bubblewrap gives private folders and process numbers where Landlock refuses. */
const PRIVATE_IN_BWRAP = ["write /dev/shm"];
const NOT_THERE_IN_BWRAP = /governor/; // its number is nobody, or somebody else

describe.each(available)("%s", (level) => {
  const place = makePlace();
  const opened: Isolation[] = [];
  const open = async (write: IsolationSpec["write"], changed: Partial<IsolationSpec> = {}) => {
    const isolation = await maker.start(level, { ...specOf(place, write), ...changed });
    opened.push(isolation);
    return isolation;
  };
  const cat = (path: string) => readFileSync(join(place.root, path), "utf8");
  const git = (...args: string[]) => Bun.spawnSync(["git", "-C", place.root, ...args]).stdout.toString();
  let narrow: Isolation;
  let results: Record<string, string>;
  let attack: ExecResult;

  beforeAll(async () => {
    narrow = await open(NARROW);
    const script = `exec ${process.execPath} --config=/dev/null --no-env-file ${FIXTURES}/attack.ts ${place.root} ${place.outside} ${process.pid} ${process.arch}`;
    attack = await sh(narrow, script);
    results = JSON.parse(attack.head);
  });
  afterAll(async () => {
    for (const isolation of opened) await isolation.stop();
    rmSync(place.base, { recursive: true, force: true });
  });

  test("every forbidden thing is refused, every permitted one is done", () => {
    const wrong = Object.entries(results).filter(([name, result]) => {
      if (name.startsWith("ok: ")) return result !== "done";
      if (level === "bwrap" && (PRIVATE_IN_BWRAP.includes(name) || NOT_THERE_IN_BWRAP.test(name))) return false;
      return result === "done";
    });
    expect(wrong).toEqual([]);
    expect(Object.keys(results).length).toBeGreaterThan(50);
  });

  test("where all may be read, what is outside is, and is still not written", async () => {
    const isolation = await open(NARROW, { read: "all" });
    const victim = join(place.outside, "victim.txt");
    const result = await sh(isolation, `cat ${victim} && echo x >> ${victim}`);
    expect(result.head).toStartWith("victim\n");
    expect(result.exit).not.toBe(0);
    await isolation.stop();
  });

  test("what was outside is as it was", () => {
    expect(readdirSync(place.outside)).toEqual(["victim.txt"]);
    expect(readFileSync(join(place.outside, "victim.txt"), "utf8")).toBe("victim\n");
    expect(existsSync("/dev/shm/dgov-attack")).toBe(false);
    expect(cat("README.md")).toBe("read me\n");
  });

  test("the claimed work stays, a planted link is put back", () => {
    expect(cat("src/claimed.py")).toBe("claimed = 2\n");
    expect(cat("src/new.py")).toBe("new = 1\n");
    expect(attack.put_back).toEqual(["src/soft.py"]);
    expect(existsSync(join(place.root, "src/soft.py"))).toBe(false);
  });

  test.each([
    ["git status --short", "src/claimed.py"],
    ["git diff", "claimed = 2"],
    ["cat README.md", "read me"],
    ["command -v python3 >/dev/null || { echo 42; exit; }; python3 -c 'print(6 * 7)'", "42"],
    ["(sleep 0.05; echo late) & wait", "late"],
    ["echo $HOME; mkdir -p $HOME/x && echo made", "made"],
    ["echo out; echo err >&2", "out\nerr"],
    ["pwd", "/work"],
  ])("runs %s", async (command, expected) => {
    const result = await sh(narrow, command);
    expect(result).toMatchObject({ exit: 0, ended: "exit", put_back: [] });
    expect(result.head).toContain(expected);
    expect(readFileSync(result.log ?? "", "utf8")).toBe(result.head);
  });

  test("C5 no key, no door to a daemon and no loader's variable reaches a command", async () => {
    const { head } = await sh(narrow, "env");
    const names = head.split("\n").map((line) => line.split("=")[0] ?? "");
    expect(names.filter((name) => NOT_PASSED.includes(name))).toEqual([]);
    expect(head).not.toContain("secret");
    expect(names.filter((name) => /^(BUN_|LD_|NODE_)/.test(name))).toEqual([]);
    expect(head).toContain("NO_COLOR=1");
  });

  test("C5 who reads from the terminal finds its end at once", async () => {
    const { head, exit } = await sh(narrow, "cat; read -r line; echo ended with $?");
    expect({ head, exit }).toEqual({ head: "ended with 1\n", exit: 0 });
  });

  test.each([
    "git commit -qam x",
    "git config core.fsmonitor x",
    "git update-ref refs/heads/main HEAD",
    "git update-index --skip-worktree README.md",
  ])("git's data are read-only: %s", async (command) => {
    const config = readFileSync(join(place.main, ".git/config"), "utf8");
    const result = await sh(narrow, `git -c user.name=a -c user.email=b@c ${command.slice(4)}`);
    expect(result.exit).not.toBe(0);
    expect(readFileSync(join(place.main, ".git/config"), "utf8")).toBe(config);
  });

  test.each([
    ["a changed file", "echo x >> src/other.py", "src/other.py"],
    ["a deleted file", "rm src/other.py", "src/other.py"],
    ["a replaced file", "echo y > $TMPDIR/y; cp $TMPDIR/y src/y; mv src/y src/other.py", "src/other.py"],
    ["a mode", "chmod 700 src/other.py", "src/other.py"],
    ["a new file", "echo x > stray.txt", "stray.txt"],
    ["an ignored file", "echo x > stray.log", "stray.log"],
    ["a new folder", "mkdir -p a/b && echo x > a/b/c", "a/b/c"],
    ["a symbolic link", "ln -s /etc/passwd src/link", "src/link"],
    ["a hard link", "ln src/other.py src/hard.py && echo x >> src/hard.py", "src/hard.py"],
    ["the ignore rules", "echo 'src/' > .gitignore", ".gitignore"],
    ["git's pointer", "echo 'gitdir: /nowhere' > .git", ".git"],
    ["git's pointer as a folder", "rm .git; mkdir -p .git/hooks; echo x > .git/config", ".git"],
    ["a folder that became a link", "mv docs moved && ln -s /etc docs", "docs/guide.md"],
    ["a pipe", "mkfifo src/pipe", "src/pipe"],
  ])("puts back %s", async (_, command, path) => {
    const pointer = cat(".git");
    const isolation = await open(WHOLE);
    const result = await sh(isolation, command);
    if (level === "bwrap" && path === ".git")
      expect(result.exit).not.toBe(0); // there it is mounted read-only
    else expect(result.put_back).toContain(path);
    expect(result.lost).toBeUndefined();
    expect(cat(".git")).toBe(pointer);
    expect(cat("src/other.py")).toBe("other = 1\n");
    expect(git("status", "--short", "--ignored")).toBe(" M src/claimed.py\n?? src/new.py\n");
    await isolation.stop();
  });

  test("a throw-away checkout may be written all over, but for git's pointer", async () => {
    const checkout = join(place.base, "checkout");
    mkdirSync(checkout, { recursive: true });
    writeFileSync(join(checkout, ".git"), "gitdir: /nowhere\n");
    const isolation = await open("all", { root: checkout, scope: null });
    const result = await sh(isolation, "mkdir build && echo x > build/x && echo bad > .git; git init -q nested");
    expect(result.put_back).toEqual(level === "bwrap" ? [] : [".git"]); // there it is mounted read-only
    expect(readFileSync(join(checkout, ".git"), "utf8")).toBe("gitdir: /nowhere\n");
    expect(existsSync(join(checkout, "build/x"))).toBe(true);
    await isolation.stop();
  });

  test("a real git folder is never granted, not even with everything", async () => {
    const result = await sh(
      await open("all", { root: place.main, scope: null }),
      "echo bad > README.md; echo bad >> .git/config",
    );
    expect(result.exit).not.toBe(0);
    expect(readFileSync(join(place.main, "README.md"), "utf8")).toBe("bad\n");
    expect(readFileSync(join(place.main, ".git/config"), "utf8")).not.toContain("bad");
    await Bun.write(join(place.main, "README.md"), "read me\n");
  });

  test("C7 tools write what is claimed and nothing else", async () => {
    const write = (path: string) => narrow.call("write_file", { path, content: "text = 1\n" });
    rmSync(join(place.root, "src/new.py"), { force: true });
    expect(await write("src/new.py")).toMatchObject({ ok: true });
    expect(cat("src/new.py")).toBe("text = 1\n");
    expect(await write("src/stray.py")).toMatchObject({ ok: false, refused_by: "claim" });
    expect(existsSync(join(place.root, "src/stray.py"))).toBe(false);
    expect(await narrow.call("read_file", { path: "README.md" })).toMatchObject({ ok: true });
    writeFileSync(join(place.root, "src/new.py"), "new = 1\n");
  });

  test("a file granted by itself is edited in place, and keeps its mode", async () => {
    const isolation = await open(ONE_FILE);
    const before = statSync(join(place.root, "src/claimed.py"));
    const answer = await isolation.call("edit_file", {
      path: "src/claimed.py",
      old_text: "claimed = 2",
      new_text: "claimed = 3",
    });
    expect(answer).toMatchObject({ ok: true });
    expect(cat("src/claimed.py")).toBe("claimed = 3\n");
    expect(statSync(join(place.root, "src/claimed.py"))).toMatchObject({ ino: before.ino, mode: before.mode });
    expect((await sh(isolation, "echo x > src/stray.py")).exit).not.toBe(0);
    await isolation.stop();
    writeFileSync(join(place.root, "src/claimed.py"), "claimed = 2\n");
  });

  test("C6 a time limit ends the whole tree", async () => {
    const result = await sh(narrow, "sh -c 'sleep 4001 & sleep 4001'; echo never", { timeout_ms: 300 });
    expect(result).toMatchObject({ exit: null, ended: "timeout", head: "" });
    expect(alive("4001")).toBe(0);
  });

  test("C6 what a command leaves behind dies with it, also daemons", async () => {
    const result = await sh(
      narrow,
      "setsid sh -c 'sleep 4002 & setsid sleep 4002 & exit' & sleep 4002 & sleep 0.2; echo end",
    );
    expect(result).toMatchObject({ exit: 0, head: "end\n" });
    expect(alive("4002")).toBe(0);
  });

  test("endless output is cut, and ends the command", async () => {
    const result = await sh(narrow, "yes 0123456789", { output_max_bytes: 200_000 });
    expect(result).toMatchObject({ exit: null, ended: "output_limit", omitted_bytes: 184_000 });
    expect(statSync(result.log ?? "").size).toBe(200_000);
  });

  test("a fork bomb is bounded and swept", async () => {
    const result = await sh(narrow, "bomb() { bomb | bomb & sleep 4003; }; bomb; sleep 4003", { timeout_ms: 3_000 });
    expect(["timeout", "process_limit"]).toContain(result.ended);
    expect(alive("4003")).toBe(0);
    expect(await sh(narrow, "echo still here")).toMatchObject({ head: "still here\n" });
  }, 60_000);

  test("an answer cannot be forged", async () => {
    const forge =
      'for fd in /proc/$PPID/fd/*; do { printf "\\002\\000\\000\\000{}" > $fd; } 2>/dev/null && echo wrote $fd; done; true';
    expect(await sh(narrow, forge)).toMatchObject({ exit: 0, head: "" });
    expect(await sh(narrow, "echo well")).toMatchObject({ head: "well\n" });
  });

  test("who kills the server loses its isolation, and leaves nothing", async () => {
    const isolation = await open(NARROW);
    const lost = sh(isolation, "setsid sleep 4004 & sleep 4004 & kill -9 $PPID; sleep 4004");
    expect(lost).rejects.toBeInstanceOf(IsolationLost);
    await lost.catch(() => {});
    await isolation.stop();
    expect(alive("4004")).toBe(0);
    expect(isolation.call("read_file", { path: "README.md" })).rejects.toBeInstanceOf(IsolationLost);
  });

  test("a stopped server is given up, and its tree with it", async () => {
    const isolation = await open(NARROW);
    const lost = sh(isolation, "sleep 4005 & kill -STOP $PPID; sleep 4005", { timeout_ms: 100 });
    expect(lost).rejects.toBeInstanceOf(IsolationLost);
    await lost.catch(() => {});
    expect(alive("4005")).toBe(0);
  }, 90_000); // 11 s on an idle machine, for the limits that it waits for

  test("stop ends a command in flight, and may be called again", async () => {
    const isolation = await open(NARROW);
    const lost = sh(isolation, "setsid sleep 4006 & sleep 4006");
    lost.catch(() => {});
    expect(await until(() => alive("4006") === 2)).toBe(true);
    await Promise.all([isolation.stop(), isolation.stop()]);
    expect(alive("4006")).toBe(0);
    expect(lost).rejects.toBeInstanceOf(IsolationLost);
  });

  test("nothing outlives a governor that is killed, also where the command halted its server", async () => {
    const own = mkdtempSync(join(place.base, "governor-"));
    mkdirSync(join(own, "tmp"));
    const mark = level === "bwrap" ? "4007" : "4008";
    const governor = Bun.spawn([process.execPath, join(FIXTURES, "governor.ts"), level, own, SERVE, MAKER, mark], {
      stdout: "ignore",
    });
    expect(await until(() => alive(mark) === 2)).toBe(true);
    governor.kill("SIGKILL");
    expect(await until(() => alive(mark) === 0)).toBe(true);
  }, 90_000);

  test("questions asked at once are answered in turn", async () => {
    const answers = await Promise.all([1, 2, 3].map((n) => sh(narrow, `echo ${n}`)));
    expect(answers.map(({ head }) => head)).toEqual(["1\n", "2\n", "3\n"]);
  });

  test.each([
    ["a file that is not there", { kind: "file", path: "src/none.py" }],
    ["a folder that is a file", { kind: "directory", path: "README.md", only: null }],
  ] as [string, Grant][])("does not start with %s", (_, grant) => {
    expect(maker.start(level, specOf(place, [grant]))).rejects.toThrow("Cannot grant");
  });

  test("with the network, internet sockets open and local ones do not", async () => {
    const isolation = await open(NARROW, { network: "open" });
    const script = `exec ${process.execPath} --config=/dev/null --no-env-file ${FIXTURES}/attack.ts ${place.root} ${place.outside} ${process.pid} ${process.arch}`;
    const seen = JSON.parse((await sh(isolation, script)).head);
    expect(seen["inet socket"]).toBe("done");
    expect(seen["unix socket"]).not.toBe("done");
    expect(seen["write outside"]).not.toBe("done");
    await isolation.stop();
  });
});
