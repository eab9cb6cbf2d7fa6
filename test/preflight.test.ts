import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, DGOV, dgov, git, makeRepository, type Place, readIn, writeIn } from "./repo.ts";

setDefaultTimeout(180_000);

const open: Place[] = [];
afterEach(() => open.splice(0).forEach((place) => void place.stop()));

const PROJECT = (keys: Readonly<Record<string, string>> = {}) => {
  const none = { test_cmd: "", lint_cmd: "", lint_fix_cmd: "", format_cmd: "", format_check_cmd: "" };
  const lines = Object.entries({ ...none, ...keys }).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  return `[project]\n${lines.join("")}`;
};
/** `*` in a command's glob would be everybody's: only what is staged has the word. */
const NO_TODO = { lint_cmd: "! grep -n TODO {file}" };

function lay(keys: Readonly<Record<string, string>> = {}, files: Readonly<Record<string, string>> = {}): Place {
  const place = makeRepository({ ".dgov/project.toml": PROJECT(keys), "a.py": "A = 1\n", "b.py": "B = 1\n", ...files });
  open.push(place);
  return place;
}

function stage(place: Place, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) writeIn(place.root, path, text);
  git(place, "add", "--", ...Object.keys(files));
}

type Shown = { took_ms: number; verdict: string; known: boolean; tree: string; base: string | null; files: number } & {
  gates: { gate: string; verdict: string; findings: { code: string; path?: string; line?: number }[]; said: string }[];
  notes: { code: string; path?: string; message: string }[];
  symbols: { path: string; symbol: string; did: string }[] | null;
};
function ask(place: Pick<Place, "root" | "env">, ...args: string[]): Shown & { status: number | null } {
  const { status, stdout, stderr } = dgov(place, "preflight", "--json", ...args);
  const said = JSON.parse(stdout || `{"stderr": ${JSON.stringify(stderr)}}`);
  if (said.error) throw new Error(`${said.error.code} (${status}): ${said.error.message}`);
  return { ...said, status };
}
const codes = ({ gates }: Shown) => gates.flatMap(({ findings }) => findings.map(({ code }) => code));

/** All that a person has: files with their contents and times, the index byte by byte, the stash, and git's view. */
function belongings(place: Place): object {
  const files = git(place, "ls-files", "--cached", "--others").split("\n").filter(Boolean);
  const seen = files
    .filter((path) => existsSync(join(place.root, path)))
    .map((path) => {
      return [path, readIn(place, path), statSync(join(place.root, path), { bigint: true }).mtimeNs.toString()];
    });
  const index = readFileSync(join(place.root, ".git/index"), "base64");
  return { seen, index, stash: git(place, "stash", "list"), refs: git(place, "for-each-ref") };
}

test("what is staged is judged, and not what lies beside it; nothing of the checkout changes", () => {
  const place = lay(NO_TODO);
  stage(place, { "a.py": "A = 2\n" });
  writeIn(place.root, "b.py", "B = 2  # TODO\n");
  writeIn(place.root, "new.py", "# TODO\n");
  const before = belongings(place);
  const first = ask(place);
  expect([first.verdict, first.status, first.files, first.known]).toEqual(["pass", 0, 1, false]);
  expect(first.gates.map(({ gate }) => gate)).toEqual(["content", "lint"]);
  const all = ask(place, "--all");
  expect([all.verdict, all.status, all.files]).toEqual(["reject", 1, 3]);
  expect(belongings(place)).toEqual(before);
});

test("a finding has its gate, its command and what that said, and is known the second time", () => {
  const place = lay(NO_TODO);
  stage(place, { "a.py": "A = 2\n# TODO\n" });
  const first = ask(place);
  expect([first.verdict, first.status, first.known]).toEqual(["reject", 1, false]);
  expect(first.gates.at(-1)).toMatchObject({ gate: "lint", verdict: "reject", command: "! grep -n TODO a.py" });
  expect(first.gates.at(-1)?.said).toContain("2:# TODO");
  const again = ask(place);
  expect({ ...again, known: false, took_ms: 0 }).toEqual({ ...first, took_ms: 0 });
  expect(again.known).toBe(true);
  expect(ask(place, "--fresh").known).toBe(false);
  const { status, stdout } = dgov(place, "preflight");
  expect([status, stdout]).toEqual([
    1,
    expect.stringMatching(/^✘ reject: what is staged \(1 file, known\)\nlint: ! grep/),
  ]);
});

test("what is known is of this tree on this base: a word more, and a new commit, are judged again", () => {
  const place = lay(NO_TODO);
  stage(place, { "a.py": "A = 2\n" });
  expect(ask(place).known).toBe(false);
  stage(place, { "a.py": "A = 3\n" });
  expect(ask(place).known).toBe(false);
  writeIn(place.root, ".dgov/project.toml", PROJECT({ lint_cmd: "false" }));
  git(place, "commit", "-qm", "one", "--", ".dgov/project.toml");
  expect(ask(place)).toMatchObject({ known: false, verdict: "reject" });
});

test("the configuration is that of HEAD: what is staged never brings its own judges, and that is told", () => {
  const place = lay(NO_TODO);
  stage(place, { "a.py": "# TODO\n", ".dgov/project.toml": PROJECT() });
  const shown = ask(place);
  expect([shown.verdict, shown.status]).toEqual(["reject", 1]);
  expect(shown.notes.map(({ code }) => code)).toEqual(["reserved_path", "judges_differ"]);
});

test.each([
  ["a secret", { "k.py": `KEY = "AKIA${"A1".repeat(8)}"\n` }, ["secret"]],
  ["words about secrets", { "k.py": "# AKIA is how they begin\n" }, []],
  ["a large file", { "k.bin": "x".repeat(6 * 1024 * 1024) }, ["large_file"]],
])("contents, at once and with all that is loaded: %s", (_name, files, expected) => {
  const place = lay();
  stage(place, files);
  const shown = ask(place);
  expect(codes(shown)).toEqual(expected);
  const kept = join(place.root, ".git/dgov-preflight/kept");
  const known = dgov(place, "preflight");
  expect([known.status, known.stdout]).toEqual([expected.length === 0 ? 0 : 1, expect.stringContaining("known")]);
  rmSync(kept, { recursive: true });
  ask(place, "--all"); // the configuration is read, and asks nobody else
  const at_once = dgov(place, "preflight");
  expect(at_once.stdout).not.toContain("known");
  expect(at_once.status).toBe(shown.status);
  for (const code of expected) expect(at_once.stdout).toContain(code);
});

test("where nobody but the contents is asked, no git is started, and what is not there is not passed over", () => {
  const place = lay();
  stage(place, { "a.py": "A = 2\n" });
  ask(place, "--all"); // the configuration is read
  const alone = { root: place.root, env: { ...place.env, PATH: "/nonexistent" } };
  expect(dgov(alone, "preflight")).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^✔ pass: what is staged \(1 file, \d+ ms\): content\n$/),
    stderr: "",
  });
  stage(place, { "a.py": "A = 2\n\n\ndef f(): pass\n", "notes.md": "more\n" });
  expect(dgov(alone, "preflight").status).toBe(0);
  const touched = dgov(alone, "preflight", "--symbols"); // what is known has none
  expect([touched.status, touched.stdout.split("\n").slice(1)]).toEqual([
    0,
    [
      "  a.py:1 edited A",
      "  a.py:4 added f",
      '  note notes.md symbols_unknown Nothing is known of the symbols of "notes.md": there is no grammar for its language',
      "",
    ],
  ]);
  rmSync(join(place.root, ".git/dgov-preflight/kept"), { recursive: true });
  const shown = ask(place, "--symbols");
  expect(shown.symbols?.map(({ path, did, symbol }) => `${path} ${did} ${symbol}`)).toEqual([
    "a.py edited A",
    "a.py added f",
  ]);
  stage(place, { "a.py": "A = 3\n" });
  const oid = git(place, "rev-parse", ":a.py").trim();
  rmSync(join(place.root, ".git/objects", oid.slice(0, 2), oid.slice(2)));
  const { status, stderr } = dgov(place, "preflight");
  expect([status, stderr]).toEqual([4, expect.stringContaining("invalid object")]);
});

test("a gate that is broken is no verdict to keep: it is asked again, and a missing tool has its own status", () => {
  const place = lay({ lint_cmd: "no-such-linter {file}" });
  stage(place, { "a.py": "A = 2\n" });
  expect(ask(place)).toMatchObject({ verdict: "broken", status: 5, known: false });
  expect(ask(place)).toMatchObject({ verdict: "broken", status: 5, known: false });
});

test("a range is what its end would be on its beginning, judged by the beginning's configuration", () => {
  const place = lay(NO_TODO);
  git(place, "switch", "-qc", "topic");
  writeIn(place.root, "a.py", "A = 2  # TODO\n");
  commitAll(place, "topic");
  git(place, "switch", "-q", "main");
  writeIn(place.root, "b.py", "B = 2\n");
  commitAll(place, "main");
  const red = ask(place, "--range", "main..topic");
  expect([red.verdict, red.status, red.files]).toEqual(["reject", 1, 1]);
  expect(red.gates.map(({ gate, verdict }) => `${gate} ${verdict}`)).toEqual([
    "content pass",
    "semantic pass",
    "lint reject",
  ]);
  writeIn(place.root, "a.py", "A = 3\n");
  commitAll(place, "clash");
  const clash = ask(place, "--range", "main..topic");
  expect([clash.verdict, codes(clash)]).toEqual(["reject", ["text_conflict"]]);
  expect(ask(place, "--range", "main~1..main").verdict).toBe("pass");
  expect(() => ask(place, "--range", "main..nobody")).toThrow("usage (2)");
  expect(() => ask(place, "--range", "main..topic", "--all")).toThrow("usage (2)");
});

test("without a commit, without a project and without a repository", () => {
  const place = lay();
  git(place, "update-ref", "-d", "HEAD");
  expect(ask(place)).toMatchObject({ verdict: "pass", base: null, files: 3 });
  const bare = makeRepository({ "a.py": "A = 1\n" });
  open.push(bare);
  stage(bare, { "a.py": "A = 2\n" });
  expect(ask(bare)).toMatchObject({ verdict: "pass", notes: [{ code: "no_project" }] });
  expect(() => ask({ root: bare.folder, env: bare.env })).toThrow("repo_missing (4)");
});

test("SARIF and annotations name the file and the line", () => {
  const place = lay();
  stage(place, { "src/k,1.py": `\n\nKEY = "AKIA${"A1".repeat(8)}"\n` });
  const sarif = dgov(place, "preflight", "--sarif");
  const [run] = JSON.parse(sarif.stdout).runs;
  expect(sarif.status).toBe(1);
  expect(run.results[0]).toMatchObject({
    ruleId: "secret",
    level: "error",
    locations: [{ physicalLocation: { artifactLocation: { uri: "src/k%2C1.py" }, region: { startLine: 3 } } }],
  });
  const { stdout } = dgov(place, "preflight", "--github");
  expect(stdout).toStartWith("::error file=src/k%2C1.py,line=3,title=content%3A secret::Line 3 of");
});

test("which symbols it touches, where somebody asks", () => {
  const place = lay();
  stage(place, { "a.py": "A = 1\n\n\ndef f():\n    return 1\n" });
  expect(ask(place).symbols).toBeNull();
  const { symbols } = ask(place, "--symbols");
  expect(symbols?.map(({ path, symbol, did }) => `${path} ${symbol} ${did}`)).toEqual(["a.py f added"]);
});

const PERSON = ["-c", "user.name=Person", "-c", "user.email=person@example.org"];
const commit = (place: Pick<Place, "root" | "env">, ...args: string[]) => {
  const ended = Bun.spawnSync(["git", ...PERSON, "commit", "-qm", "x", ...args], { cwd: place.root, env: place.env });
  return { status: ended.exitCode, said: ended.stdout.toString() + ended.stderr.toString() };
};

test("the hook lets pass what passes and stops what does not; what it judges is what that commit would hold", () => {
  const place = lay({
    lint_cmd: "env | grep -E '^GIT_(DIR|INDEX|PREFIX|EDITOR|AUTHOR|WORK)' && exit 1; ! grep -n TODO {file}",
  });
  expect(dgov(place, "preflight", "--install").status).toBe(0);
  stage(place, { "a.py": "A = 2\n", "b.py": "# TODO\n" });
  const red = commit(place);
  expect([red.status, red.said]).toEqual([1, expect.stringContaining("! grep -n TODO a.py b.py")]);
  expect(commit(place, "a.py")).toMatchObject({ status: 0 }); // of a part, git makes an index of its own
  expect(git(place, "diff", "--cached", "--name-only").trim()).toBe("b.py");
  writeIn(place.root, "b.py", "B = 3\n");
  const all = commit(place, "-a");
  expect([all.status, all.said]).toEqual([0, expect.stringContaining("✔ pass: what is staged (1 file")]);
  expect(git(place, "status", "--porcelain")).toBe("");
});

test("linked worktrees commit at one time, each with its own work", async () => {
  const place = lay({ lint_cmd: "sleep 0.2; ! grep -n TODO {file}" });
  expect(dgov(place, "preflight", "--install").status).toBe(0);
  const trees = ["one", "two", "three"].map((name) => {
    const root = join(place.folder, name);
    git(place, "worktree", "add", "-q", "-b", name, root);
    return { name, root, env: place.env };
  });
  for (const tree of trees) {
    writeIn(tree.root, "a.py", `A = "${tree.name}"\n${tree.name === "two" ? "# TODO\n" : ""}`);
    writeIn(tree.root, "b.py", `# not staged in ${tree.name}\n`);
    git(tree, "add", "a.py");
  }
  const ended = await Promise.all(
    trees.map(
      ({ root, env }) =>
        Bun.spawn(["git", ...PERSON, "commit", "-qm", "x"], { cwd: root, env, stdout: "ignore", stderr: "ignore" })
          .exited,
    ),
  );
  expect(ended).toEqual([0, 1, 0]);
  for (const tree of trees) {
    expect(readIn(tree, "b.py")).toBe(`# not staged in ${tree.name}\n`);
    const committed = tree.name === "two" ? "A = 1" : `A = "${tree.name}"`;
    expect(git(tree, "show", "HEAD:a.py").split("\n")[0]).toBe(committed);
  }
  expect(git(place, "fsck", "--no-dangling")).toBe("");
});

test("a merge that git finds clean and that is broken is stopped before it is committed", () => {
  const place = lay({}, { "lib.py": "def area(w, h):\n    return w * h\n", "use.py": "" });
  expect(dgov(place, "preflight", "--install").status).toBe(0);
  git(place, "switch", "-qc", "topic");
  writeIn(place.root, "use.py", "from lib import area\n\nprint(area(1, 2))\n");
  commitAll(place, "uses it");
  git(place, "switch", "-q", "main");
  writeIn(place.root, "lib.py", "def size(w, h):\n    return w * h\n");
  commitAll(place, "renames it");
  const merge = () =>
    Bun.spawnSync(["git", ...PERSON, "merge", "-q", "--no-edit", "topic"], { cwd: place.root, env: place.env });
  const stopped = merge();
  expect([stopped.exitCode === 0, stopped.stdout.toString() + stopped.stderr.toString()]).toEqual([
    false,
    expect.stringContaining("use.py"),
  ]);
  expect(ask(place)).toMatchObject({
    verdict: "reject",
    gates: [{ gate: "content" }, { gate: "semantic", verdict: "reject" }],
  });
  stage(place, { "use.py": "from lib import size\n\nprint(size(1, 2))\n" });
  expect(commit(place).status).toBe(0);
});

test("a merge that is not resolved is nothing to judge yet", () => {
  const place = lay();
  git(place, "switch", "-qc", "topic");
  writeIn(place.root, "a.py", "A = 2\n");
  commitAll(place, "topic");
  git(place, "switch", "-q", "main");
  writeIn(place.root, "a.py", "A = 3\n");
  commitAll(place, "main");
  Bun.spawnSync(["git", ...PERSON, "merge", "topic"], { cwd: place.root, env: place.env });
  expect(() => ask(place)).toThrow("repo_unfinished (4)");
});

test("who may not write beside the objects is judged all the same", () => {
  const place = lay();
  stage(place, { "a.py": "A = 2\n" });
  writeFileSync(join(place.root, ".git/dgov-preflight"), "a file in its place");
  expect(dgov(place, "preflight").stdout).toContain("pass");
});

test("the hook names this very program, and both hooks say so when they are asked twice", () => {
  const place = lay();
  const install = () => dgov(place, "preflight", "--install", "--json");
  expect(JSON.parse(install().stdout)).toMatchObject({ home: "hooks", changed: true });
  expect(JSON.parse(install().stdout)).toMatchObject({ home: "hooks", changed: false });
  expect(readIn(place, ".git/hooks/pre-commit")).toContain(DGOV[0] ?? "");
  expect(JSON.parse(dgov(place, "preflight", "--uninstall", "--json").stdout)).toMatchObject({ changed: true });
  expect(existsSync(join(place.root, ".git/hooks/pre-commit"))).toBe(false);
});

test("a hook that is to say symbols does, and what has no effect on a hook is refused", () => {
  const place = lay();
  expect(dgov(place, "preflight", "--install").status).toBe(0);
  expect(JSON.parse(dgov(place, "preflight", "--install", "--symbols", "--json").stdout)).toMatchObject({
    changed: true,
    looked_ahead: { looked: 3, left: 0 },
  });
  expect(dgov(place, "preflight", "--install", "--symbols").stdout).not.toContain("Looked at");
  stage(place, { "a.py": "A = 2\n" });
  expect(commit(place)).toMatchObject({ status: 0, said: expect.stringContaining("a.py:1 edited A") });
  expect(JSON.parse(dgov(place, "preflight", "--install", "--json").stdout)).toMatchObject({ changed: true });
  expect(readIn(place, ".git/hooks/pre-commit")).not.toContain("--symbols");
  const refused = (...args: string[]) =>
    [dgov(place, "preflight", ...args)].map(({ status, stderr }) => [status, stderr]);
  expect(refused("--install", "--range", "A..B")).toEqual([
    [2, expect.stringContaining("Cannot use --range for the hook")],
  ]);
  expect(refused("--uninstall", "--all")).toEqual([[2, expect.stringContaining("Cannot use --all for the hook")]]);
  expect(refused("--uninstall", "--symbols")).toEqual([[2, expect.stringContaining("the whole hook is taken out")]]);
  expect(refused("--into", "husky")).toEqual([[2, expect.stringContaining("Cannot use --into without --install")]]);
});

test("the hook goes to whoever runs the hooks, and is taken out wherever it is", () => {
  const place = lay();
  const said = (...args: string[]) => JSON.parse(dgov(place, "preflight", "--json", ...args).stdout);
  expect(said("--install").files).toEqual([".git/hooks/pre-commit", ".git/hooks/pre-merge-commit"]);
  const config = "repos:\n- repo: local\n  hooks: []\n";
  writeIn(place.root, ".pre-commit-config.yaml", config);
  expect(said("--install")).toMatchObject({ home: "pre-commit", changed: true, files: [".pre-commit-config.yaml"] });
  writeIn(place.root, ".husky/pre-commit", "npm test\n");
  expect(said("--install")).toMatchObject({ home: "husky", files: [".husky/pre-commit", ".husky/pre-merge-commit"] });
  expect(said("--uninstall").files).toHaveLength(5);
  expect(readIn(place, ".pre-commit-config.yaml")).toBe(config);
  expect(readIn(place, ".husky/pre-commit")).toBe("npm test\n");
  expect(existsSync(join(place.root, ".husky/pre-merge-commit"))).toBe(false);
  expect(said("--uninstall")).toMatchObject({ changed: false, files: [] });
});

test("hooks that cannot be added to are left as they are, and what to do instead is said", () => {
  const place = lay();
  writeIn(place.root, ".git/hooks/pre-commit", "#!/usr/bin/env python3\n");
  const foreign = dgov(place, "preflight", "--install");
  expect([foreign.status, foreign.stderr]).toEqual([2, expect.stringContaining("it is no script of a shell")]);
  expect(readIn(place, ".git/hooks/pre-commit")).toBe("#!/usr/bin/env python3\n");
  expect(existsSync(join(place.root, ".git/hooks/pre-merge-commit"))).toBe(false);
  git(place, "config", "core.hooksPath", join(place.folder, "all"));
  const shared = dgov(place, "preflight", "--install");
  expect([shared.status, shared.stderr]).toEqual([2, expect.stringContaining("other repositories use it, too")]);
  git(place, "config", "core.hooksPath", ".hooks");
  expect(dgov(place, "preflight", "--install").status).toBe(0);
  expect(readIn(place, ".hooks/pre-commit")).toContain("\ndgov preflight || exit $?\n"); // it may be committed
});
