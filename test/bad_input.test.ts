import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, git, makeRepository, type Place, writeIn } from "./repo.ts";

setDefaultTimeout(60_000); // each test starts the program several times

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const PROJECT =
  '[project]\nprovider = "scripted"\ntest_cmd = ""\nlint_cmd = ""\nformat_cmd = ""\nlint_fix_cmd = ""\nformat_check_cmd = ""\n';
const TASK = 'summary = "Do it"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.edit = ["src/a.txt"]\n';
const SCRIPT = JSON.stringify({
  version: 1,
  tasks: {
    "tasks/main.a": {
      turns: [
        { calls: [{ tool: "edit_file", args: { path: "src/a.txt", old_text: "alpha", new_text: "alpha!" } }] },
        { calls: [{ tool: "done", args: { summary: "done" } }] },
      ],
    },
  },
});

/** A repository in which one run of the plan `p` would succeed, with some files other than they should be. */
function repository(files: Readonly<Record<string, string>> = {}): Place {
  const place = makeRepository({
    "src/a.txt": "alpha\n",
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/project.toml": PROJECT,
    ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsections = ["tasks"]\n',
    ".dgov/plans/p/tasks/main.toml": `[tasks.a]\n${TASK}`,
    ".dgov/plans/p/script.json": SCRIPT,
    ...files,
  });
  open.push(place);
  return place;
}

type Refusal = { exit: number; says: readonly (string | RegExp)[] };

/** One message with the place and the cure, the right status, the same as data, and no ref moved. */
function expectRefusal(place: Place, args: readonly string[], { exit, says }: Refusal): void {
  const before = git(place, "for-each-ref");
  const ran = dgov(place, ...args);
  for (const words of says) expect(ran.stderr).toMatch(words);
  expect(ran.stderr).toMatch(/Hint: \S/);
  expect(ran.stderr).not.toContain("dgov has a bug");
  expect(ran.status).toBe(exit);
  const data = dgov(place, "--json", ...args);
  expect(data.status).toBe(exit);
  expect(JSON.parse(data.stdout)).toMatchObject({ error: { code: expect.any(String), hint: expect.any(String) } });
  expect(git(place, "for-each-ref")).toBe(before);
}

const RUN = ["run", ".dgov/plans/p"];

test.each<[string, Readonly<Record<string, string>>, readonly string[], Refusal]>([
  [
    "a task file that is no TOML",
    { ".dgov/plans/p/tasks/main.toml": "[tasks.a]\nsummary = \n" },
    RUN,
    { exit: 3, says: ["tasks/main.toml:2"] },
  ],
  ["a root file that is no TOML", { ".dgov/plans/p/_root.toml": "[plan\n" }, RUN, { exit: 3, says: ["_root.toml:1"] }],
  [
    "a project file that is no TOML",
    { ".dgov/project.toml": `${PROJECT}oops\n` },
    RUN,
    { exit: 3, says: [/project.toml:8/] },
  ],
  [
    "a key nobody knows",
    { ".dgov/project.toml": `${PROJECT}lint_comand = "x"\n` },
    RUN,
    { exit: 3, says: ["lint_comand", "lint_cmd"] },
  ],
  [
    "a cycle",
    { ".dgov/plans/p/tasks/main.toml": `[tasks.a]\n${TASK}depends_on = ["b"]\n[tasks.b]\n${TASK}depends_on = ["a"]\n` },
    RUN,
    { exit: 3, says: [/cycle/i, "tasks/main.a"] },
  ],
  [
    "a claim outside the repository",
    { ".dgov/plans/p/tasks/main.toml": `[tasks.a]\n${TASK.replace("src/a.txt", "../a.txt")}` },
    RUN,
    { exit: 3, says: ["../a.txt", "main.toml:4"] },
  ],
  [
    "two tasks with one claim",
    { ".dgov/plans/p/tasks/main.toml": `[tasks.a]\n${TASK}\n[tasks.b]\n${TASK}` },
    RUN,
    { exit: 3, says: ["tasks/main.a", "tasks/main.b", "src/a.txt"] },
  ],
  ["a plan that is a file", {}, ["run", ".dgov/plans/p/_root.toml"], { exit: 3, says: ["_root.toml"] }],
  ["a plan that is not there", {}, ["run", ".dgov/plans/q"], { exit: 3, says: ["plans/q"] }],
  ["a plan outside the repository", {}, ["run", "/"], { exit: 3, says: ['"/"'] }],
  ["a task that is not in the plan", {}, [...RUN, "--only", "tasks/main.z"], { exit: 3, says: ["tasks/main.z"] }],
  [
    "no provider at all",
    { ".dgov/project.toml": PROJECT.replace('provider = "scripted"\n', "") },
    RUN,
    { exit: 3, says: ["provider"] },
  ],
  [
    "a provider nobody defined",
    { ".dgov/project.toml": PROJECT.replace("scripted", "acme") },
    RUN,
    { exit: 3, says: ["acme"] },
  ],
  [
    "a key that is not in the environment",
    {
      ".dgov/project.toml": `${PROJECT.replace("scripted", "acme")}[providers.acme]\nbase_url = "http://127.0.0.1:9"\napi_key_env = "ACME_KEY"\ndefault_agent = "m"\n`,
    },
    RUN,
    { exit: 5, says: ["ACME_KEY"] },
  ],
  ["a script that is no JSON", { ".dgov/plans/p/script.json": "{" }, RUN, { exit: 3, says: ["script.json"] }],
  ["a flag nobody knows", {}, [...RUN, "--contine"], { exit: 2, says: ["--contine", "--continue"] }],
])("%s is refused before anything is spent", (_name, files, args, refusal) => {
  const place = repository(files);
  expectRefusal(place, args, refusal);
  expect(git(place, "for-each-ref", "refs/dgov")).toBe("");
});

test("the repository all of these are made from does run", () => {
  expect(dgov(repository(), ...RUN)).toMatchObject({ status: 0 });
});

test("C16 a dirty checkout is refused with the paths", () => {
  const place = repository();
  writeIn(place.root, "src/a.txt", "changed\n");
  writeIn(place.root, "loose.txt", "new\n");
  expectRefusal(place, RUN, { exit: 4, says: ["src/a.txt", "loose.txt"] });
});

test("what dgov itself leaves behind is no dirt", () => {
  const place = repository();
  expect(dgov(place, ...RUN).status).toBe(0);
  expect(dgov(place, ...RUN)).toMatchObject({ status: 0 });
});

test("a folder that is no repository", () => {
  const place = repository();
  const bare: Place = { ...place, root: join(place.folder, "elsewhere") };
  mkdirSync(bare.root);
  const ran = dgov(bare, "run", ".dgov/plans/p");
  expect(ran.stderr).toContain("Hint: ");
  expect([3, 4]).toContain(ran.status ?? 0);
});

test("C16 a repository without commits gets its first one from dgov only when that is asked for", () => {
  const place = repository();
  git(place, "update-ref", "-d", "refs/heads/main");
  const ran = dgov(place, ...RUN);
  expect({ status: ran.status, said: ran.stderr }).toMatchObject({ status: 4 });
  expect(dgov(place, ...RUN, "--yes")).toMatchObject({ status: 0 });
  expect(git(place, "log", "--format=%s", "--reverse", "main").split("\n")[0]).toBe("chore: bootstrap repo for dgov");
});

test("no first commit is made for a plan that cannot run", () => {
  const place = repository();
  git(place, "update-ref", "-d", "refs/heads/main");
  writeIn(place.root, ".dgov/plans/p/_root.toml", "[plan\n");
  expect(dgov(place, ...RUN, "--yes")).toMatchObject({ status: 3 });
  expect(git(place, "for-each-ref")).toBe("");
});

test("no git on PATH", () => {
  const place = repository();
  const empty = join(place.folder, "bin");
  mkdirSync(empty);
  symlinkSync("/bin/sh", join(empty, "sh"));
  const ran = dgov({ ...place, env: { ...place.env, PATH: empty } }, ...RUN);
  expect(ran.stderr).toContain("git");
  expect(ran.stderr).toContain("Hint: ");
  expect(ran.status).toBe(5);
});

test("a .dgov that cannot be written", () => {
  const place = repository();
  if (process.getuid?.() === 0) {
    // Root writes through modes, so the log's own place is taken by what cannot be a database.
    mkdirSync(join(place.root, ".dgov/state.db"));
  } else chmodSync(join(place.root, ".dgov"), 0o555);
  try {
    expectRefusal(place, RUN, { exit: 4, says: [".dgov"] });
  } finally {
    chmodSync(join(place.root, ".dgov"), 0o755);
  }
});

test("a .dgov below the root of the repository, which a run and doctor refuse alike", () => {
  const place = repository();
  git(place, "mv", ".dgov", "src/.dgov");
  commitAll(place, "elsewhere");
  const below = { ...place, root: join(place.root, "src") };
  const says = [/Cannot run in ".*src": the repository's root is/, "Move .dgov to the root of the repository"];
  expectRefusal(below, ["run", "p"], { exit: 3, says });
  expectRefusal(below, ["run", "p", "--dry-run"], { exit: 3, says });
  const told = dgov(below, "doctor");
  expect(told.status).toBe(5);
  expect(told.stdout).toMatch(/✘ repository: config_invalid: .* root is/);
  expect(told.stdout).not.toContain("EDITOR");
});

test("a detached HEAD", () => {
  const place = repository();
  git(place, "checkout", "-q", "--detach");
  expectRefusal(place, RUN, { exit: 4, says: [/detached|branch/i] });
});

test("a repository in the middle of a merge", () => {
  const place = repository();
  git(place, "checkout", "-q", "-b", "other");
  writeIn(place.root, "src/a.txt", "other\n");
  commitAll(place, "other");
  git(place, "checkout", "-q", "main");
  writeIn(place.root, "src/a.txt", "main\n");
  commitAll(place, "main");
  const merge = ["git", "-c", "user.name=Person", "-c", "user.email=person@example.org", "merge", "other"];
  expect(Bun.spawnSync(merge, { cwd: place.root, env: place.env }).exitCode).toBe(1);
  expectRefusal(place, RUN, { exit: 4, says: [/merge|src\/a.txt/] });
});
