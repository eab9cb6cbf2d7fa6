import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dgov, git, makeRepository, writeIn } from "./repo.ts";

setDefaultTimeout(120_000);

const STRICT = '[sandbox]\npreset = "strict"\nmin = "landlock"\n[tool_policy]\nrestrict_run_bash = true\n';
const place = makeRepository({
  "src/app.py": "x = 1\n",
  "src/other.py": "y = 2\n",
  ".dgov/project.toml": STRICT,
});
afterAll(place.stop);
// A place of its own for temporary files: what is left there was left by us.
const tmp = join(place.folder, "tmp");
mkdirSync(tmp);
const here = { root: place.root, env: { ...place.env, TMPDIR: tmp, SOME_API_KEY: "sk-canary-of-the-key" } };
const run = (...args: string[]) => dgov(here, "sandbox", ...args);
const edit = (path: string) => JSON.stringify({ path, old_text: "1", new_text: "7" });

test.each<[string, string[], number, RegExp]>([
  ["a harmless command", ["explain", "--", "git", "log", "-1"], 0, /^✔ allowed: run_bash by a worker/],
  ["one that is refused", ["explain", "--", "git", "push", "-f"], 1, /^✘ refused: .*shell\.git/],
  ["words are not split again", ["explain", "--", "echo", "a; rm -rf b"], 0, /^✔ allowed/],
  ["one word is shell text", ["explain", "echo a; rm -rf b"], 1, /✘ rm -rf b/],
  ["a claimed write", ["explain", "--tool", "edit_file", "--args", edit("src/app.py"), "--edit", "src/app.py"], 0, /✔/],
  ["an unclaimed one", ["explain", "--tool", "edit_file", "--args", edit("src/other.py")], 1, /decided by claim/],
  [
    "one that its level cannot run",
    ["explain", "--level", "wasm", "--", "git", "log"],
    1,
    /^✘ allowed, but it fails: run_bash by a worker at level wasm[\s\S]*there is no git\n/,
  ],
  [
    "one that it can",
    ["explain", "--level", "wasm", "--", "grep", "x", "src/app.py"],
    0,
    /^✔ allowed[\s\S]*Without a jail \(wasm\)/,
  ],
  [
    "a level that this machine may not have",
    ["explain", "--level", "seatbelt", "--", "git", "log"],
    0,
    /at level seatbelt[\s\S]*Left to the jail \(seatbelt\)/,
  ],
  ["another role", ["explain", "--role", "reviewer", "--", "ls"], 1, /decided by role/],
])("explain: %s", (_, args, status, out) => {
  const ran = run(...args);
  expect(ran).toMatchObject({ status, stderr: "" });
  expect(ran.stdout).toMatch(out);
});

test("a refusal leaves nothing to the jail, and the level is the one that a run here would get", () => {
  expect(run("explain", "--", "git", "push").stdout).not.toContain("Left to");
  const { in_force } = JSON.parse(run("levels", "--json").stdout);
  expect(JSON.parse(run("explain", "--json", "--", "git", "log").stdout)).toMatchObject({
    level: in_force,
    missing: [],
  });
});

test("explain gives the same as data, and does nothing", () => {
  const { stdout, status } = run("explain", "--json", "--", "touch", "made");
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ tool: "run_bash", allowed: false, decided: { layer: "policy" } });
  expect(existsSync(join(place.root, "made"))).toBe(false);
});

test.each<[string, string[], RegExp]>([
  ["neither a command nor a tool", ["explain"], /neither a command nor a tool[\s\S]*sandbox explain -- COMMAND/],
  ["both", ["explain", "--tool", "grep", "--", "ls"], /two calls/],
  ["arguments alone", ["explain", "--args", "{}", "--", "ls"], /says nothing without "--tool"/],
  ["no such tool", ["explain", "--tool", "read_fil"], /no such tool[\s\S]*"read_file"/],
  ["arguments that are no JSON", ["call", "--tool", "grep", "--args", "{"], /Cannot read the arguments[\s\S]*--args '/],
  ["arguments that are no object", ["call", "--tool", "grep", "--args", "[]"], /no JSON object/],
  ["a path outside", ["call", "--tool", "grep", "--edit", "../x"], /Cannot claim "\.\.\/x"[\s\S]*as a plan would/],
  ["no tool at all", ["call"], /--tool/],
  ["no such level", ["call", "--tool", "grep", "--level", "vm"], /--level/],
  ["none to explain", ["explain", "--level", "vm", "--", "ls"], /--level/],
])("bad input is one message with the cure: %s", (_, args, words) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(words);
  expect(stderr).toMatch(/^Error: Cannot .+\nHint: .+\n$/);
});

/** Nothing of a call may be left: no worktree that git knows, no file, nothing in the checkout. */
function traces() {
  return {
    worktrees: git(place, "worktree", "list").trim().split("\n").length,
    status: git(place, "status", "--short"),
    refs: git(place, "for-each-ref"),
    log: existsSync(join(place.root, ".dgov/state.db")),
    tmp: readdirSync(tmp),
  };
}

test("call edits for real, shows the patch, and throws it away, also from a dirty checkout", () => {
  writeIn(place.root, "src/app.py", "x = 1  # not committed\n");
  const before = traces();
  const { status, stdout } = run(
    "call",
    "--json",
    "--tool",
    "edit_file",
    "--args",
    edit("src/app.py"),
    "--edit",
    "src/app.py",
  );
  const view = JSON.parse(stdout);
  expect(status).toBe(0);
  expect(view).toMatchObject({ ok: true, refused_by: null, changes: [{ path: "src/app.py", kind: "modified" }] });
  expect(view.diff).toContain("-x = 1\n+x = 7");
  expect(readFileSync(join(place.root, "src/app.py"), "utf8")).toBe("x = 1  # not committed\n");
  expect(traces()).toEqual(before);
});

test("call shows what the jail undid, and a command sees no key and steers no terminal", () => {
  const before = traces();
  const cmd =
    'env; printf "\\033]0;title\\007\\rover"; python3 evil.py || sh -c "echo x | cat - > src/other.py"; cat src/new.py';
  const { status, stdout } = run(
    "call",
    "--tool",
    "run_bash",
    "--args",
    JSON.stringify({ cmd }),
    "--edit",
    "src/new.py",
  );
  expect(status).toBe(1);
  expect(stdout).toMatch(/^✘ refused by /);
  expect(stdout).not.toContain("canary");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(stdout).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  const open = run("call", "--json", "--tool", "run_bash", "--args", '{"cmd":"env; git status --short"}');
  expect(JSON.parse(open.stdout)).toMatchObject({ ok: true, changes: [], diff: "" });
  expect(open.stdout).not.toContain("canary");
  expect(traces()).toEqual(before);
});

test("call tells what was not allowed, as data and in words", () => {
  const cmd = "cat /etc/shadow; touch src/new.txt; : > src/other.txt";
  const args = ["--tool", "run_bash", "--args", JSON.stringify({ cmd }), "--edit", "src/new.txt"];
  const open = makeRepository({ "src/app.py": "x = 1\n" });
  try {
    const asked = (...more: string[]) => dgov({ root: open.root, env: open.env }, "sandbox", "call", ...args, ...more);
    const { violations } = JSON.parse(asked("--json").stdout);
    expect(violations).toContainEqual({
      by: "claim",
      what: '"src/other.txt" was written without a claim, and put back',
    });
    expect(violations).toContainEqual({ by: "jail", what: expect.stringContaining("/etc/shadow is outside") });
    expect(asked().stdout).toMatch(/^Violations\n(.*\n)* {2}✘ claim: "src\/other\.txt" was written/m);
  } finally {
    open.stop();
  }
});

test("call runs at the level that is asked for, and says so", () => {
  const { rungs } = JSON.parse(run("levels", "--json").stdout) as { rungs: { level: string; available: boolean }[] };
  const there = rungs.filter(({ available }) => available).map(({ level }) => level);
  const levels = there.map(
    (level) => JSON.parse(run("call", "--json", "--tool", "list_dir", "--level", level).stdout).level,
  );
  expect(levels).toEqual(there);
  expect(there.length).toBeGreaterThan(0);
});

test("levels tells each rung with the cure, and which one is in force", () => {
  const { status, stdout } = run("levels");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^In force: (bwrap|landlock|seatbelt) \(\[sandbox\] level = "auto", min = "landlock"\)$/m);
  expect(stdout).toMatch(/wasm: .*\(the project does not accept it\)\n\nIn force/); // nothing to mend
});

test("levels fails where nothing holds that the project accepts", () => {
  const other = makeRepository({ ".dgov/project.toml": '[sandbox]\nlevel = "seatbelt"\n' });
  try {
    const ran = dgov(other, "sandbox", "levels");
    if (process.platform === "darwin") return expect(ran.status).toBe(0);
    expect(ran.status).toBe(5);
    expect(ran.stdout).toContain("No run can start here");
    expect(ran.stdout).toMatch(/wasm: .*\n +cure: Set \[sandbox\] min = "wasm"/);
  } finally {
    other.stop();
  }
});
