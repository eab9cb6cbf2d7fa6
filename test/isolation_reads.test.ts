import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { execAnswer } from "../packages/sandbox/src/exec_answer.ts";
import { type Isolation, type IsolationSpec, toolEnvironment } from "../packages/sandbox/src/index.ts";
import { available, makePlace, maker, missing, sh, specOf } from "./jail.ts";

setDefaultTimeout(60_000);

for (const { title } of missing) test.skip(title, () => {});
const isThere = (program: string) => Bun.which(program) !== null;
/** A manager's shim may stand for a program that this person has none of: it is asked, in the words of the table. */
const answers = (asked: string) => Bun.spawnSync(["sh", "-c", `${asked} >/dev/null 2>&1`]).exitCode === 0;

const TOOLS: readonly [asked: string, command: string][] = [
  ["python3 --version", "python3 -c 'import json, ssl, sqlite3, multiprocessing; print(42)'"],
  ["node --version", "node -e 'console.log(42)'"],
  ["bun --version", "bun -e 'console.log(42)'"],
  ["npm --version", "npm --version >/dev/null && echo 42"],
  [
    "gcc --version",
    "cd $TMPDIR && echo 'int puts(const char*); int main() { puts(\"42\"); }' > a.c && gcc a.c -o a && ./a",
  ],
  [
    "go version",
    "cd $TMPDIR && printf 'package main\\nfunc main() { println(42) }\\n' > m.go && GOTOOLCHAIN=local go run m.go",
  ],
  [
    "cargo --version",
    "cd $TMPDIR && cargo new -q --vcs none hi && cd hi && cargo run -q --offline >/dev/null && echo 42",
  ],
  ["perl --version", "perl -MPOSIX -e 'print 42'"],
  ["java -version", "java -version && echo 42"],
];

describe.each(available)("%s", (level) => {
  const place = makePlace();
  const opened: Isolation[] = [];
  const open = async (changed: Partial<IsolationSpec> = {}) => {
    const isolation = await maker.start(level, { ...specOf(place, "all"), read: [], ...changed });
    opened.push(isolation);
    return isolation;
  };
  afterAll(async () => {
    for (const isolation of opened) await isolation.stop();
    rmSync(place.base, { recursive: true, force: true });
  });
  const secret = join(place.outside, "victim.txt");

  test("what is nobody's business is not there, however it is spelled", async () => {
    const isolation = await open();
    symlinkSync(secret, join(place.root, "soft"));
    const other = join(place.base, "other");
    mkdirSync(other);
    writeFileSync(join(other, "work.py"), "secret\n");
    const paths = [
      ...[secret, join(other, "work.py"), join(place.main, "README.md"), "soft", "/etc/shadow", "/etc/sudoers"],
      ...[`/proc/self/root${secret}`, `/proc/self/cwd/../outside/victim.txt`, `/dev/fd/../root${secret}`],
      ...[
        join(homedir(), ".bashrc"),
        join(homedir(), ".gitconfig"),
        join(homedir(), ".npmrc"),
        "/etc/fstab",
        "/etc/npmrc",
      ],
    ];
    for (const path of paths) {
      const { exit, head } = await sh(isolation, `cat '${path}'`);
      expect({ path, exit: exit === 0, head: /^(victim|secret|read me)$|^root:|^export/m.test(head) }).toEqual({
        path,
        exit: false,
        head: false,
      });
    }
    const folders = [place.base, place.outside, other, place.main, homedir(), "/var", "/srv", "/mnt", "/home"];
    for (const folder of folders) {
      const { head } = await sh(isolation, `ls -A '${folder}' 2>/dev/null`);
      expect({ folder, seen: head.match(/victim|work\.py|README|\.bashrc|\.ssh|lib\b/) }).toEqual({
        folder,
        seen: null,
      });
    }
    rmSync(join(place.root, "soft"));
  });

  test("a loader, a shell, a program and a library cannot be made to read it", async () => {
    const isolation = await open();
    const ways = [
      `/lib64/ld-linux-x86-64.so.2 /bin/cat ${secret}`,
      `LD_PRELOAD=${secret} /bin/true && . ${secret}`,
      `exec 3< ${secret} && cat <&3`,
      `tar cf - -C / ${secret.slice(1)} | grep -a victim`,
      `git diff --no-index /dev/null ${secret}`,
      `git -C ${place.main} show HEAD:README.md --no-such; git -C ${place.main} status --short`,
      `git hash-object ${secret} && git grep --no-index victim ${place.outside}`,
      `env GIT_WORK_TREE=${place.outside} git ls-files -o`,
      `ln ${secret} hard && cat hard`,
      `mv ${secret} here && cat here`,
    ];
    for (const way of ways) {
      const { head } = await sh(isolation, way);
      expect({ way, seen: /^victim$|^\+victim|:victim/m.test(head) }).toEqual({ way, seen: false });
    }
    expect(readFileSync(secret, "utf8")).toBe("victim\n");
  });

  test("what a task needs is there", async () => {
    const isolation = await open();
    const { exit, head } = await sh(
      isolation,
      "cat README.md && cat /etc/passwd | wc -l && ls /usr/bin | wc -l && test -r /dev/null && head -c 4 /dev/urandom | wc -c && cat /proc/self/status | head -1 && nproc && echo $HOME && ls -d $HOME $TMPDIR",
    );
    expect({ exit, head: head.slice(0, 8) }).toEqual({ exit: 0, head: "read me\n" });
  });

  test("a shim finds what its manager's variable names, and a variable opens nothing that others share", async () => {
    const manager = join(place.base, "asdf");
    const shim = join(manager, "shims/tool");
    for (const folder of ["shims", "installs/tool/1"]) mkdirSync(join(manager, folder), { recursive: true });
    writeFileSync(shim, '#!/bin/sh\nexec "$ASDF_DATA_DIR/installs/tool/1/tool"\n', { mode: 0o755 });
    writeFileSync(join(manager, "installs/tool/1/tool"), "#!/bin/sh\necho 42\n", { mode: 0o755 });
    const spec = specOf(place, "all");
    const env = (inherited: Record<string, string>) =>
      toolEnvironment({ tmp: spec.tmp, inherited: { PATH: process.env.PATH, ...inherited }, real_home: place.outside });
    const isolation = await open({ ...spec, read: [], env: env({ ASDF_DATA_DIR: manager }) });
    expect(await sh(isolation, shim)).toMatchObject({ exit: 0, head: "42\n" });
    const without = await open({ ...spec, read: [], env: env({ ASDF_DATA_DIR: place.base }) }); // it holds the home
    expect((await sh(without, `${shim}; cat ${secret}; echo "[$ASDF_DATA_DIR]"`)).head).toMatch(/\[\]\n$/);
    expect((await sh(without, `cat ${secret}`)).exit).not.toBe(0);
  });

  test("the worktree's git says what is so, and nothing of the main checkout", async () => {
    const isolation = await open();
    writeFileSync(join(place.main, "untracked-in-main.txt"), "x\n");
    writeFileSync(join(place.main, "README.md"), "changed in main\n");
    writeFileSync(join(place.root, "src/claimed.py"), "claimed = 9\n");
    const { exit, head } = await sh(
      isolation,
      "git status --short && git diff --stat && git log --oneline && git blame -s README.md && git show --stat HEAD && git branch -a && git stash list && git rev-parse --show-toplevel",
    );
    expect(exit).toBe(0);
    expect(head).toContain(" M src/claimed.py");
    expect(head).not.toMatch(/untracked-in-main|changed in main/);
    expect(head.trimEnd().split("\n").at(-1)).toBe(place.root);
    writeFileSync(join(place.root, "src/claimed.py"), "claimed = 1\n");
    writeFileSync(join(place.main, "README.md"), "read me\n");
  });

  test.each([
    "git commit -qam x",
    "git commit -q --allow-empty -m x",
    "git config core.hooksPath /x",
    "git config --worktree core.fsmonitor x",
    "git update-ref refs/heads/main HEAD",
    "git tag t",
    "git branch b",
    "git stash",
    "git gc -q --prune=now && git pack-refs --all",
    "git worktree add ../w2",
    "git worktree remove --force .",
    "git notes add -m x",
    'printf "x" > "$(git rev-parse --git-path hooks)/post-checkout"',
    'mkdir -p "$(git rev-parse --git-common-dir)/info" && echo "* filter=x" > "$(git rev-parse --git-common-dir)/info/attributes"',
    'echo x >> "$(git rev-parse --git-dir)/HEAD"',
    'rm -rf "$(git rev-parse --git-common-dir)/objects"',
    'ln -s /x "$(git rev-parse --git-dir)/index.lock"',
    "git update-index --assume-unchanged README.md",
  ])("git's data stay as they are: %s", async (command) => {
    const isolation = await open();
    const state = () =>
      Bun.spawnSync(["sh", "-c", "find .git -type f -o -type l | sort | xargs md5sum"], {
        cwd: place.main,
      }).stdout.toString();
    const before = state();
    const { exit } = await sh(isolation, `git () { command git -c user.name=a -c user.email=b@c "$@"; }; ${command}`);
    expect({ exit: exit === 0, same: state() === before }).toEqual({ exit: false, same: true });
    await isolation.stop();
  });

  test("a store that git borrows from is there with the repository", async () => {
    const shared = join(place.base, "shared");
    const git = (...args: string[]) => expect(Bun.spawnSync(["git", ...args], { stderr: "ignore" }).exitCode).toBe(0);
    git("clone", "-q", "--shared", "--no-checkout", place.main, shared);
    git("-C", shared, "worktree", "add", "-q", "--detach", join(place.base, "borrowed"));
    const isolation = await open({ root: join(place.base, "borrowed"), git_dir: join(shared, ".git") });
    expect(await sh(isolation, "git status --short && git log --oneline | wc -l")).toMatchObject({
      exit: 0,
      head: "1\n",
    });
    expect((await sh(isolation, `cat ${place.main}/.git/config`)).exit).not.toBe(0);
  });

  test("what is added is read, and not what lies beside it; nor is it written", async () => {
    const data = join(place.base, "data");
    mkdirSync(join(data, "in"), { recursive: true });
    writeFileSync(join(data, "in/a.txt"), "a\n");
    writeFileSync(join(data, "b.txt"), "b\n");
    symlinkSync(data, join(place.base, "link"));
    const isolation = await open({ read: [join(data, "in"), join(place.base, "link", "b.txt"), "/nowhere/at/all"] });
    const { head } = await sh(
      isolation,
      `cat ${data}/in/a.txt ${place.base}/link/b.txt; echo x > ${data}/in/a.txt; ls ${data}`,
    );
    expect(head).toStartWith("a\nb\n");
    expect(readFileSync(join(data, "in/a.txt"), "utf8")).toBe("a\n");
    expect((await sh(isolation, `cat ${secret}`)).exit).not.toBe(0);
  });

  test("a refusal is told in words that a person can act on", async () => {
    const isolation = await open();
    const server = "cat ~/.npmrc; bun -e 'Bun.serve({ port: 0, fetch: () => new Response() })'";
    const told = execAnswer(await sh(isolation, server), 1).text;
    expect(told).toMatch(/HOME is a folder of this task's own[\s\S]*hosts = \["localhost"\]/);
    const { text } = execAnswer(await sh(isolation, `cat ${secret}`), 1);
    expect(text).toContain(`CONFINED: ${secret} is outside what this task may read`);
    expect(execAnswer(await sh(isolation, "cat none.txt"), 1).text).not.toContain("outside what this task may read");
  });

  test.skipIf(!isThere("python3"))("locks between processes work where shared memory is the jail's own", async () => {
    const isolation = await open();
    const code =
      "from multiprocessing import Lock, shared_memory as m; Lock(); m.SharedMemory(create=True, size=9).unlink()";
    const { exit, head } = await sh(isolation, `python3 -c "${code}" && echo shared >/dev/shm/x && cat /dev/shm/x`);
    expect({ exit: exit === 0, ends: head.endsWith("shared\n") }).toEqual(
      level === "bwrap" ? { exit: true, ends: true } : { exit: false, ends: false },
    );
    expect(existsSync("/dev/shm/x")).toBe(false);
  });

  test("the toolchain of the environment is there without its credentials", async () => {
    const cargo = join(place.base, "cargo");
    mkdirSync(join(cargo, "bin"), { recursive: true });
    mkdirSync(join(cargo, "registry"));
    writeFileSync(join(cargo, "credentials.toml"), "token\n");
    writeFileSync(join(cargo, "config.toml"), "config\n");
    writeFileSync(join(cargo, "bin/tool"), "#!/bin/sh\necho tool runs; cat $(dirname $0)/../config.toml\n", {
      mode: 0o755,
    });
    const { env } = specOf(place, "all");
    const isolation = await open({ env: { ...env, PATH: `${cargo}/bin:${env.PATH}`, CARGO_HOME: cargo } });
    expect((await sh(isolation, "tool")).head).toBe("tool runs\nconfig\n");
    expect((await sh(isolation, `cat ${cargo}/credentials.toml`)).head).not.toContain("token");
  });

  const venv = test.skipIf(!isThere("python3"));
  venv("a project's own environment runs, wherever its Python lies", async () => {
    const isolation = await open();
    const made = Bun.spawnSync(["python3", "-m", "venv", "--without-pip", join(place.root, ".venv")]);
    expect(made.exitCode).toBe(0);
    await isolation.stop();
    const { head } = await sh(await open(), ".venv/bin/python -c 'import sys, json, ssl; print(sys.prefix)'");
    expect(head).toBe(`${join(place.root, ".venv")}\n`);
    rmSync(join(place.root, ".venv"), { recursive: true });
  });

  for (const [asked, command] of TOOLS)
    test.skipIf(!answers(asked))(`${asked.split(" ")[0]} works`, async () => {
      const isolation = await open();
      const { head, exit } = await sh(isolation, command, { timeout_ms: 50_000 });
      expect({ exit, head }).toEqual({ exit: 0, head: expect.stringContaining("42") });
    });

  test("other processes' secrets cannot be read", async () => {
    const isolation = await open();
    const other = Bun.spawn(["sleep", "4041"], { env: { ...process.env, DGOV_TEST_SECRET: "hush" } });
    const look = ["environ", "mem", "maps", "auxv", "fd/0", "root/etc/passwd", "cwd/x", "stack", "syscall"];
    const pids = [other.pid, process.pid, process.ppid];
    const { head } = await sh(
      isolation,
      `for pid in ${pids.join(" ")}; do for f in ${look.join(" ")}; do head -c 1 /proc/$pid/$f >/dev/null 2>&1 && echo "read $pid $f"; done; readlink /proc/$pid/cwd /proc/$pid/exe; done; grep -al hush /proc/[0-9]*/environ 2>/dev/null; true`,
    );
    other.kill();
    expect(head).toBe("");
    if (level === "bwrap")
      expect((await sh(isolation, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).head).not.toContain("4041");
  });
});
