import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Grant, IsolationSpec, Scope } from "../packages/sandbox/src/index.ts";
import { claimPattern, parseClaim, toolEnvironment } from "../packages/sandbox/src/index.ts";
import { LAB_CONFINEMENT } from "./lab.ts";

/** What must never be seen in an answer: each stands in one place that a task may not read. */
export const CANARIES = {
  outside: "CANARY-outside-5d1f",
  victim: "CANARY-victim-93c2",
  env: "CANARY-env-77ab",
  key: "CANARY-key-e04c",
};

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
  connections(): number;
  installed(): number;
  restore(): void;
  seen(): Map<string, string>;
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
  "evil.zip": "not really\n",
  "evil.c": '#include <stdio.h>\nint main(void) { return remove("src/other.py"); }\n',
  "evil.py": 'import os\nos.unlink("src/other.py")\n',
  "evil.tcl": "file delete src/other.py\nset f [open src/other.py w]\nputs $f pwn\nclose $f\n",
  "evil.go": 'package main\n\nimport "os"\n\nfunc main() { os.Remove("src/other.py") }\n',
  "list.txt": "src/other.py\n",
  "e.py": 'open("src/other.py", "w").write("pwn")\n',
  "e.js": 'require("fs").writeFileSync("src/other.py", "pwn")\n',
  "x.js": "console.log(1)\n",
  x: 'open("src/other.py", "w").write("pwn")\n',
};

/** They lead out of the worktree. */
const LINKS = { link_out: "../../secret.txt", dir_out: "../../victim", dangling: "../../victim/not_there" };

/** Programs that a machine may lack, or that must not do what they do: all that is asked is whether they were started. */
const RECORDERS = "pip pip3 pip3.11 npm npx uvx poetry pdm pixi gem brew apt-get conda hatch docker podman".split(" ");
const record = 'echo "STUB $0 $*"; echo "$0 $*" >> "$TMPDIR/installed"\n';
const PROGRAMS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(RECORDERS.map((name) => [name, record])),
  uv: `while [ "$1" != "" ] && [ "\${1#-}" != "$1" ]; do shift; done
[ "$1" = run ] || { ${record.trim()}; exit; }
shift
[ "$1" = -- ] && shift
[ "$1" = --script ] && { shift; exec python3 "$@"; }
[ "$1" = - ] && exec python3 -
exec "$@"
`,
  go: '[ "$1" = run ] && exec sh evil.sh\n'.concat(record),
  cargo: '[ "$1" = run ] && exec sh evil.sh\n'.concat(record),
  python: 'exec python3 "$@"\n',
  ...(Bun.which("python3") ? {} : { python3: "echo Python 3.0\n" }),
  "pip-audit": "echo pip-audit 2.0\n",
  rg: 'exec grep -rnE "$@"\n',
  pytest: `sh evil.sh; (: > /dev/tcp/127.0.0.1/9) 2>/dev/null; echo "1 passed: $*"\n`,
  lint: 'echo "linted $*"\n',
  fix: 'for file; do echo "# fixed" >> "$file"; done\n',
};

/** How the claims are granted: each file by itself, or the whole worktree, where what is not claimed is put back. */
export type Granting = "files" | "folder";

export function openSandboxLab(granting: Granting = "files"): SandboxLab {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dgov-sandbox-")));
  const [root, worktree, bin] = [join(folder, "proj"), join(folder, "trees/task"), join(folder, "bin")];
  write(folder, { "secret.txt": `${CANARIES.outside}\n`, "victim/keep.txt": `${CANARIES.victim}\n` });
  write(folder, { "victim/evil.py": "print(1)\n" });
  write(bin, Object.fromEntries(Object.entries(PROGRAMS).map(([name, text]) => [name, `#!/bin/bash\n${text}`])));
  for (const name of Object.keys(PROGRAMS)) chmodSync(join(bin, name), 0o755);
  const commit = makeRepository(root, worktree);
  furnish(worktree);
  const network = listen();
  let spaces = 0;
  const scope = (role: Scope["role"]) => scopeOf(role, commit);
  return {
    folder,
    root,
    worktree,
    port: network.port,
    scope,
    spec(role) {
      const tmp = join(folder, "private", String(++spaces));
      mkdirSync(tmp, { recursive: true });
      const inherited = { PATH: `${bin}:${process.env.PATH}`, OPENAI_API_KEY: CANARIES.key };
      return {
        root: worktree,
        write: role === "worker" ? grants(granting) : [],
        git_dir: join(root, ".git"),
        tmp,
        ...LAB_CONFINEMENT,
        env: toolEnvironment({ tmp, inherited, real_home: process.env.HOME ?? null }),
        scope: scope(role),
      };
    },
    connections: network.connections,
    installed: () => callsIn(join(folder, "private")),
    restore() {
      write(worktree, CLAIMED); // into the same files, for they are what is granted
    },
    seen: () => look(folder, new Set(["private", ...Object.keys(CLAIMED).map((path) => `trees/task/${path}`)])),
    remove() {
      network.stop();
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

function makeRepository(root: string, worktree: string): string {
  const git = (...args: string[]) => {
    const own = ["-c", "user.name=Lab", "-c", "user.email=lab@example.invalid", "-c", "commit.gpgsign=false"];
    const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: dirname(root), LC_ALL: "C" };
    const run = Bun.spawnSync(["git", "-C", root, ...own, ...args], { env });
    if (run.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${run.stderr}`);
    return run.stdout.toString().trim();
  };
  write(root, COMMITTED);
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

function listen() {
  let connections = 0;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        connections++;
        socket.end("HTTP/1.0 200 OK\r\n\r\nhello\n");
      },
      data() {},
    },
  });
  return { port: server.port, connections: () => connections, stop: () => server.stop(true) };
}

function callsIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name === "installed")
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8").split("\n").length - 1)
    .reduce((sum, calls) => sum + calls, 0);
}

/** Everything below a folder: kind, mode and content. */
function look(folder: string, except: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (at: string) => {
    for (const name of readdirSync(join(folder, at)).sort()) {
      const path = at === "" ? name : `${at}/${name}`;
      if (except.has(path)) continue;
      const stat = lstatSync(join(folder, path));
      const mode = stat.mode.toString(8);
      if (stat.isDirectory()) {
        found.set(path, mode);
        visit(path);
      } else if (stat.isSymbolicLink()) found.set(path, `-> ${readlinkSync(join(folder, path))}`);
      else if (stat.isFile()) found.set(path, `${mode} ${Bun.hash(readFileSync(join(folder, path)))}`);
      else found.set(path, mode);
    }
  };
  visit("");
  return found;
}
