import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCommandNames } from "just-bash/browser";
import { parseClaim } from "../claim.ts";
import type { Scope } from "../tool.ts";
import { interpret } from "./interpret.ts";
import { BUILTINS, INTERPRETED, isInterpretable } from "./names.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "dgov-interpret-")));
const [root, tmp] = [join(base, "tree"), join(base, "private")];
const scope: Scope = {
  task: "t",
  role: "worker",
  write: ["src/app.py", "src/new/", "src/gone.py"].map(parseClaim),
  read: [],
  deny: [],
  allow: [],
  recipes: { test: null, lint: null, lint_fix: null, format: null, type_check: null },
  test_targets: [],
  src_dir: "src",
  base: "HEAD",
};

beforeAll(() => {
  for (const folder of ["tree/src", "tree/.git", "private/tmp"]) mkdirSync(join(base, folder), { recursive: true });
  writeFileSync(join(base, "secret.txt"), "CANARY\n");
  writeFileSync(join(root, ".git/config"), "[core]\n");
  writeFileSync(join(root, ".env"), "KEY=CANARY\n");
  writeFileSync(join(root, "src/other.py"), "other = 1\n");
  symlinkSync("../secret.txt", join(root, "link"));
  symlinkSync("..", join(root, "up"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const run = (command: string, own: Scope | null = scope) => {
  writeFileSync(join(root, "src/app.py"), "def f():\n    return 1\n");
  return interpret({ root, tmp, scope: own, command, cwd: root, env: { LANG: "C" } });
};

test.each<[string, string, RegExp, number]>([
  ["reading", "cat src/app.py | grep -n return", /^2: {4}return 1$/, 0],
  ["absolute names below the root", `cat ${root}/src/other.py`, /^other = 1$/, 0],
  ["globs and loops", 'for f in src/*.py; do echo "$f"; done', /^src\/app.py\nsrc\/other.py$/, 0],
  ["a claimed file", "sed -i s/1/2/ src/app.py && cat src/app.py", /return 2/, 0],
  ["appending", "echo x >> src/app.py; tail -1 src/app.py", /^x$/, 0],
  [
    "a claimed folder that is not there yet",
    "mkdir -p src/new/deep && echo y > src/new/deep/a && ls src/new",
    /^deep$/,
    0,
  ],
  [
    "moving within the claims",
    "echo z > src/gone.py; mv src/gone.py src/new/b; cat src/new/b; ls src/gone.py",
    /^z\n/,
    2,
  ],
  ["temporary files, from one call to the next", 'echo t > "$TMPDIR/t"; cat "$HOME/t"', /^t$/, 0],
  ["exit statuses", "false || exit 7", /^$/, 7],
  ["both streams", "echo out; echo err >&2", /^out\nerr$/, 0],
  ["what is not there", "cat src/nothing.py", /^cat: src\/nothing.py: No such file or directory$/, 1],
])("an interpreted command: %s", async (_name, command, says, status) => {
  const { output, exit } = await run(command);
  expect({ output, exit }).toEqual({ output: expect.stringMatching(says), exit: status });
});

test.each<[string, string, RegExp]>([
  ["an unclaimed file", "echo pwn > src/other.py", /CONFINED: .*not claimed by this task/],
  ["removing an unclaimed file", "rm -f src/other.py", /CONFINED: .*not claimed/],
  ["moving over an unclaimed file", "mv src/app.py src/other.py", /CONFINED: .*not claimed/],
  ["touching an unclaimed file", "touch src/other.py", /CONFINED: .*not claimed/],
  ["a mode", "chmod +x src/other.py", /CONFINED: .*modes cannot be changed/],
  ["git's data", "cat .git/config; echo x > .git/hooks/post-commit", /CONFINED: /],
  ["a link out, read", "cat link", /CONFINED: .*symbolic link/],
  ["a folder link out", "cat up/secret.txt", /CONFINED: .*symbolic link/],
  ["a link, made", "ln -s ../secret.txt src/new/l; cat src/new/l", /CONFINED: .*links cannot be made/],
  ["a hard link, made", `ln ../secret.txt src/new/l`, /No such file/],
  ["dots", "cat ../secret.txt", /No such file/],
  ["an absolute place", `cat ${base}/secret.txt /etc/passwd /proc/self/environ`, /No such file/],
  ["secrets", "cat .env", /CONFINED: .*may hold secrets/],
  ["a native program", "python3 -c 'print(1)'; git status; /bin/ls", /CONFINED: .*no native program can be started/],
  ["a shell of the machine", "bash -c 'cat ../secret.txt'; exec /bin/sh", /No such file|not found/],
  ["the network", "curl http://127.0.0.1/; echo x > /dev/tcp/127.0.0.1/9", /CONFINED|No such file/],
])("an interpreted command is refused: %s", async (_name, command, says) => {
  const { output } = await run(command);
  expect(output).toMatch(says);
  expect(output).not.toContain("CANARY");
  expect(output).not.toContain("root:");
  expect(readFileSync(join(root, "src/other.py"), "utf8")).toBe("other = 1\n");
  expect(existsSync(join(root, ".git/hooks"))).toBe(false);
  expect(statSync(join(root, "src/other.py")).mode & 0o111).toBe(0);
  expect(existsSync(join(root, "src/new/l"))).toBe(false);
});

test("a command of the project writes in its throw-away checkout, but not to git's data", async () => {
  expect(await run("echo a > report.txt; cat report.txt", null)).toEqual({ output: "a", exit: 0 });
  expect((await run("echo b > .git/config; echo on", null)).exit).toBe(1);
  expect(readFileSync(join(root, ".git/config"), "utf8")).toBe("[core]\n");
});

test("the list of programs is the interpreter's own", () => {
  expect([...INTERPRETED].sort()).toEqual([...getCommandNames()].sort());
});

test.each([...BUILTINS, ...INTERPRETED])("the interpreter knows %s", async (name) => {
  const words = name === "[[" ? "[[ a ]]" : name === "time" ? "time true" : `${name} --help`;
  expect((await run(`${words} </dev/null`)).output).not.toMatch(/command not (found|available)/);
});

test.each(["trap", "jobs", "kill", "ulimit", "git", "nohup"])("and does not know %s", async (name) => {
  expect([...BUILTINS, ...INTERPRETED]).not.toContain(name);
  expect((await run(`${name} --help`)).output).toMatch(/command not (found|available)/);
});

test.each([
  ["grep -rn TODO src", true],
  ["LANG=C grep x y", true],
  ["[ -f a ] && cat a", true],
  ["(cat a)", true],
  ["python -m pytest tests", false],
  ["LANG=C python -m pytest", false],
  ["./run.sh", false],
  ["/bin/cat a", false],
  ["", false],
])("%j could run without a jail: %p", (command, could) => {
  expect(isInterpretable(command)).toBe(could);
});
