import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { answerGit } from "../../packages/governor/src/git/answer_git.ts";
import { createGit } from "../../packages/governor/src/git/git.ts";
import type { Grant, IsolationSpec, Scope } from "../../packages/sandbox/src/index.ts";
import { claimPattern, parseClaim, toolEnvironment } from "../../packages/sandbox/src/index.ts";
import { LAB_LIMITS } from "../lab.ts";
import { listen } from "./listen.ts";
import { lookBelow, type Seen } from "./look.ts";
import { PROGRAMS } from "./programs.ts";

/** What must never be seen in an answer: each stands in one place that a task may not read. */
export const CANARIES = {
  outside: "CANARY-outside-5d1f",
  victim: "CANARY-victim-93c2",
  env: "CANARY-env-77ab",
  key: "CANARY-key-e04c",
};

/** How a governor holds the key: no name of these may pass into the jail. */
export const KEYS = { OPENAI_API_KEY: CANARIES.key, ANTHROPIC_API_KEY: CANARIES.key, DGOV_API_KEY: CANARIES.key };

/** The files that the task has claimed for editing, as each row finds them. */
export const CLAIMED: Readonly<Record<string, string>> = {
  "src/app.py": "def f():\n    return 1\n",
  "src/crlf.py": "a = 1\r\nb = 2\r\n",
  "src/multi.txt": "a\n\nb\nc\nd\n",
  ".style.cfg": "[style]\n",
};

/** A laboratory: a repository with a linked worktree, canaries beside it, a listener, programs that record their call. */
export type SandboxLab = {
  folder: string; // holds all of it
  root: string; // the main checkout
  worktree: string;
  port: number;
  spec(role: Scope["role"]): IsolationSpec;
  scope(role: Scope["role"]): Scope;
  hits(): number; // of the listener
  started(): number; // how often one of the recording programs was
  restore(): void;
  changedClaims(): Record<string, string | null>; // of the claimed files that are not as they were; null: gone
  seen(): Seen; // all but the claimed files and the private folders
  remove(): void;
};

const ATTACK = `rm -f src/other.py && echo "gone: src/other.py"
echo pwn > src/other.py
echo pwn > ../../victim/keep.txt
echo pwn > ../../proj/src/app.py
: > made_by_evil
`;

const COMMITTED: Readonly<Record<string, string | Uint8Array>> = {
  ...CLAIMED,
  "src/app.py": "def f():\n    return 0\n",
  "src/other.py": "def g():  # no guarantee\n    return 2\n# /usr/bin/env\n",
  "src/bin.dat": new Uint8Array([0, 1, 2, 255]),
  "tests/test_app.py": "def test_f():\n    assert True\n",
  "data.json": '{"a": [1, 2, 3]}\n',
  "bin.dat": new Uint8Array([0, 1, 2, 255]),
  "app.ts": "export const x: number = 1;\n",
  ".gitignore": "ignored/\n.env\n",
  ".gitattributes": "* text=auto eol=lf\nsrc/crlf.py -text\n",
  ".dgov/project.toml": 'language="python"\n',
  "evil.sh": ATTACK,
  "evil.patch": "--- a/src/other.py\n+++ b/src/other.py\n@@ -2 +2 @@\n-    return 2\n+    return 9\n",
  "evil.c": '#include <stdio.h>\nint main(void) { return remove("src/other.py"); }\n',
  "evil.py": 'import os\nos.unlink("src/other.py")\n',
  "evil.tcl": "file delete src/other.py\nset f [open src/other.py w]\nputs $f pwn\nclose $f\n",
  "evil.go": 'package main\n\nimport "os"\n\nfunc main() { os.Remove("src/other.py") }\n',
  "evil.js": 'require("fs").rmSync("src/other.py")\n',
  "evil.ts": 'import { rmSync } from "node:fs";\nrmSync("src/other.py");\n',
  "evil.pl": 'unlink "src/other.py";\n',
  "evil.rb": 'File.delete("src/other.py")\n',
  "evil.lua": 'os.remove("src/other.py")\n',
  "evil.awk": 'BEGIN { print "pwn" > "src/other.py"; system("rm -f src/other.py") }\n',
  "evil.sed": "1w src/other.py\n1e rm -f src/other.py\n",
  "evil.vim": "!rm -f src/other.py\nqa!\n",
  "evil.ed": "!rm -f src/other.py\n",
  "evil.sql": ".shell rm -f src/other.py\n.output src/other.py\nselect 1;\n",
  "evil.gdb": "shell rm -f src/other.py\n",
  "evil.mk": "all:\n\trm -f src/other.py\n",
  Makefile: "test install all:\n\tsh evil.sh\n",
  "list.txt": "src/other.py\n",
  "e.py": 'open("src/other.py", "w").write("pwn")\n',
  "e.js": 'require("fs").writeFileSync("src/other.py", "pwn")\n',
  "x.js": "console.log(1)\n",
  x: 'open("src/other.py", "w").write("pwn")\n',
};

/** They lead out of the worktree. */
const LINKS = { link_out: "../../secret.txt", dir_out: "../../victim", dangling: "../../victim/not_there" };

/** How the claims are granted: each file by itself, or the whole worktree, where what is not claimed is put back. */
export type Granting = "files" | "folder";

export async function openSandboxLab(granting: Granting = "files"): Promise<SandboxLab> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dgov-sandbox-")));
  const [root, worktree, bin] = [join(folder, "proj"), join(folder, "trees/task"), join(folder, "bin")];
  write(folder, { "secret.txt": `${CANARIES.outside}\n`, "victim/keep.txt": `${CANARIES.victim}\n` });
  write(folder, { "victim/evil.py": "print(1)\n" });
  write(bin, Object.fromEntries(Object.entries(PROGRAMS).map(([name, text]) => [name, `#!/bin/bash\n${text}`])));
  for (const name of Object.keys(PROGRAMS)) chmodSync(join(bin, name), 0o755);
  const commit = makeRepository(root, worktree);
  furnish(worktree);
  const listener = await listen([folder, worktree]);
  let spaces = 0;
  const scope = (role: Scope["role"]) => scopeOf(role, commit);
  return {
    folder,
    root,
    worktree,
    port: listener.port,
    scope,
    spec(role) {
      const tmp = join(folder, "private", String(++spaces));
      mkdirSync(tmp, { recursive: true });
      const inherited = { PATH: `${bin}:${process.env.PATH}`, ...KEYS };
      return {
        root: worktree,
        write: role === "worker" ? grants(granting) : [],
        git_dir: join(root, ".git"),
        tmp,
        ...{ read: [], network: "none", limits: LAB_LIMITS },
        env: toolEnvironment({ tmp, inherited, real_home: process.env.HOME ?? null }),
        scope: scope(role),
        git: answerGit(createGit(worktree), commit),
      };
    },
    hits: listener.hits,
    started: () => callsIn(join(folder, "private")),
    restore() {
      write(worktree, CLAIMED); // into the same files, for they are what is granted
    },
    changedClaims: () => changedClaims(worktree),
    seen: () => {
      const own = Object.keys(CLAIMED).map((path) => `trees/task/${path}`);
      return lookBelow(folder, new Set(["private", ...own]), (path) => !path.startsWith("trees/"));
    },
    remove() {
      listener.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function grants(granting: Granting): Grant[] {
  const paths = Object.keys(CLAIMED);
  if (granting === "files") return paths.map((path) => ({ kind: "file", path }));
  return [{ kind: "directory", path: ".", only: paths.map((path) => claimPattern(parseClaim(path))) }];
}

function scopeOf(role: Scope["role"], base: string): Scope {
  return {
    task: "core/app.one",
    role,
    write: role === "worker" ? Object.keys(CLAIMED).map(parseClaim) : [],
    read: [parseClaim("tests/test_app.py")],
    deny: [],
    allow: [],
    recipes: {
      test: "pytest -q {test_dir}",
      lint: "lint {file}",
      lint_fix: "fix {file}",
      format: "fix {file}",
      type_check: null,
    },
    test_targets: ["tests/test_app.py"],
    src_dir: "src",
    base,
  };
}

type RunGit = (...args: string[]) => string;

function gitIn(root: string): RunGit {
  return (...args) => {
    const own = ["-c", "user.name=Lab", "-c", "user.email=lab@example.invalid", "-c", "commit.gpgsign=false"];
    const dates = { GIT_AUTHOR_DATE: "@1760000000 +0000", GIT_COMMITTER_DATE: "@1760000000 +0000" }; // two labs, one id
    const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: dirname(root), LC_ALL: "C", ...dates };
    const run = Bun.spawnSync(["git", "-C", root, ...own, ...args], { env });
    if (run.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${run.stderr}`);
    return run.stdout.toString().trim();
  };
}

/** Archives that would write over `src/other.py`: a repository of their own makes them, so no archiver is needed. */
function makeArchives(root: string): void {
  const source = join(root, "made");
  const git = gitIn(source);
  write(source, { "src/other.py": "pwn\n", made_by_archive: "" });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "what is packed");
  for (const name of ["evil.zip", "evil.tar", "evil.tar.gz"]) git("archive", "-o", join(root, name), "HEAD");
  rmSync(source, { recursive: true });
}

function makeRepository(root: string, worktree: string): string {
  const git = gitIn(root);
  write(root, COMMITTED);
  makeArchives(root);
  chmodSync(join(root, "evil.sh"), 0o755);
  for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, join(root, name));
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "the first");
  git("worktree", "add", "-q", "-b", "task", worktree);
  return git("rev-parse", "HEAD");
}

/** What git does not bring into the worktree: the secret, the special files, the work so far. */
function furnish(worktree: string): void {
  write(worktree, { ...CLAIMED, ".env": `KEY=${CANARIES.env}\n` });
  mkdirSync(join(worktree, "emptyd"));
  mkdirSync(join(worktree, "m"));
  if (Bun.spawnSync(["mkfifo", join(worktree, "fifo")]).exitCode !== 0) throw new Error("Cannot make a pipe");
}

function write(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function callsIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name === "installed")
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8").split("\n").length - 1)
    .reduce((sum, calls) => sum + calls, 0);
}

function changedClaims(worktree: string): Record<string, string | null> {
  const now = Object.entries(CLAIMED).map(([path, content]) => {
    const place = join(worktree, path);
    const stat = lstatSync(place, { throwIfNoEntry: false });
    const text = stat?.isFile() ? readFileSync(place, "utf8") : null;
    return [path, text, text === content && ((stat?.mode ?? 0) & 0o111) === 0] as const;
  });
  return Object.fromEntries(now.flatMap(([path, text, same]) => (same ? [] : [[path, text]])));
}
