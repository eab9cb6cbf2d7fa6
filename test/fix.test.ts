import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, git, makeRepository, type Place, writeIn } from "./repo.ts";
import { type Call, done, edit, layTasks, write } from "./scripted.ts";

setDefaultTimeout(180_000); // a run each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const FIXES = ".dgov/runtime/fix-plans";
const KEYS = ["test_cmd", "format_cmd", "lint_fix_cmd", "format_check_cmd"].map((key) => `${key} = ""`).join("\n");

/** A repository where the worker of a fix makes these calls. */
function lay(calls: readonly Call[], lint_cmd = ""): Place {
  const tasks = { "fix/main.apply": { turns: calls.map((call) => ({ calls: [call] })) } };
  const place = makeRepository({
    "src/a.txt": "alpha\n",
    "src/sub/b.txt": "beta\n",
    ".dgov/project.toml": `[project]\nlanguage = "text"\nsrc_dir = "src/"\nprovider = "scripted"\n${KEYS}\nlint_cmd = ${JSON.stringify(lint_cmd)}\n[limits]\nsettlement_retries = 0\n`,
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/script.json": JSON.stringify({ version: 1, tasks }),
  });
  open.push(place);
  return place;
}

function fix(place: Pick<Place, "root" | "env">, ...args: string[]) {
  const { status, stdout } = dgov(place, "fix", ...args, "--json");
  return { status, view: JSON.parse(stdout) };
}
const kept = ({ root }: Place): string[] =>
  existsSync(join(root, FIXES)) ? readdirSync(join(root, FIXES)).filter((name) => name !== "archive") : [];

test("fix lands what it was asked for, seen from where the user stands, and archives its plan", () => {
  const place = lay([edit("src/sub/b.txt", "beta", "better"), write("src/new.txt", "new\n"), done]);
  const from = { ...place, root: join(place.root, "src/sub") };
  const fixed = fix(
    from,
    "Make it better!\nAll of it.",
    "-f",
    "b.txt",
    "-f",
    "../new.txt",
    "--commit-message",
    "b: better",
  );
  expect(fixed).toMatchObject({
    status: 0,
    view: { name: "fix-make-it-better-all-of-it", archived: true, run: { status: "complete" } },
  });
  expect(git(place, "log", "-1", "--format=%s", "main")).toBe("b: better\n");
  expect(git(place, "show", "main:src/sub/b.txt", "main:src/new.txt")).toBe("better\nnew\n");
  expect([kept(place), fixed.view.plan]).toEqual([[], `${FIXES}/archive/fix-make-it-better-all-of-it`]);
  const toml = readFileSync(join(place.root, fixed.view.plan, "fix/main.toml"), "utf8");
  for (const words of [
    "Orient:",
    "Edit:",
    "Verify:",
    'edit = [ "src/sub/b.txt" ]',
    'create = [ "src/new.txt" ]',
    'summary = "Make it better!"',
  ])
    expect(toml).toContain(words);
  expect(git(place, "status", "--porcelain")).toBe("");
});

test("a fix that fails keeps its plan, is not made twice, and can be gone on with; the next of its name is counted up", () => {
  const place = lay([edit("src/a.txt", "alpha", "bad"), done], "! grep -q bad src/a.txt");
  expect(fix(place, "Mend it", "-f", "src/a.txt")).toMatchObject({ status: 1, view: { archived: false } });
  expect(kept(place)).toEqual(["fix-mend-it"]);
  expect(fix(place, "Mend it", "-f", "src/a.txt")).toMatchObject({
    status: 3,
    view: { error: { code: "plan_exists" } },
  });
  expect(fix(place, "Other", "-f", "src/a.txt", "--name", "fix-mend-it")).toMatchObject({ status: 3 });
  mkdirSync(join(place.root, FIXES, "archive"));
  renameSync(join(place.root, FIXES, "fix-mend-it"), join(place.root, FIXES, "archive/fix-mend-it"));
  expect(fix(place, "Mend it", "-f", "src/a.txt")).toMatchObject({ status: 1, view: { name: "fix-mend-it-2" } });
});

test("what is refused before it runs leaves no plan", () => {
  const place = lay([done]);
  const refused = (code: string, ...args: string[]) => {
    expect({ args, ...fix(place, ...args) }).toMatchObject({ args, view: { error: { code } } });
    expect(kept(place)).toEqual([]);
  };
  refused("usage", "Mend it");
  refused("usage", " ", "-f", "src/a.txt");
  refused("usage", "Mend it", "-f", "../out.txt");
  refused("usage", "Mend it", "-f", ".git/config");
  refused("usage", "Mend it", "-f", "src/a.txt", "--name", "../../x");
  refused("plan_invalid", "Mend it", "-f", ".dgov/project.toml");
  writeIn(place.root, "src/a.txt", "mine\n");
  refused("repo_dirty", "Mend it", "-f", "src/a.txt");
});

test("what is refused names what the user gave, and no file that nobody has written", () => {
  const place = lay([done]);
  for (const outside of ["/etc/passwd", "../out.txt"])
    expect(fix(place, "Mend it", "-f", outside).view.error.message).toContain("it is not below");
  const { places } = fix(place, "Mend it", "-f", ".dgov/project.toml").view.error;
  expect(places).toMatchObject([{ severity: "error", file: null, line: null, unit: "fix/main.apply" }]);
});

test("archive-plan moves a plan whole, its standing stays known, and it stays in its folder", () => {
  const place = layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "good"), done]] } });
  open.push(place);
  const archive = (name: string) => {
    const { status, stdout } = dgov(place, "archive-plan", name, "--json");
    return { status, view: JSON.parse(stdout) };
  };
  for (const [name, code] of [
    ["../../src", "plan_not_found"],
    ["src", "not_a_plan"],
    ["no", "plan_not_found"],
  ] as const)
    expect({ name, ...archive(name) }).toMatchObject({ name, status: 3, view: { error: { code } } });
  writeIn(place.root, "src/_root.toml", '[plan]\nname = "x"\nsummary = ""\nsections = []\n');
  expect(archive("src")).toMatchObject({ status: 3, view: { error: { code: "not_a_plan" } } });
  git(place, "clean", "-fdq", "src");
  expect(dgov(place, "run", "p").status).toBe(0);
  expect(archive("p")).toMatchObject({ status: 0, view: { to: ".dgov/plans/archive/p", uncommitted: true } });
  expect(existsSync(join(place.root, "src/b.txt"))).toBe(true);
  expect(JSON.parse(dgov(place, "plan", "list", "--json").stdout)).toEqual([]);
  expect(JSON.parse(dgov(place, "plan", "list", "--archived", "--json").stdout)).toMatchObject([
    { name: "p", archived: true, status: "complete", deployed: 1, run_status: "complete" },
  ]);
  expect(archive(".dgov/plans/archive/p")).toMatchObject({ status: 3, view: { error: { code: "plan_exists" } } });
  expect(dgov(place, "plan", "status", "p").stderr).toContain("It is archived: .dgov/plans/archive/p");
});

test("archive-plan refuses a run that is not over, a place that is taken, and one that git ignores", () => {
  const place = layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "good"), done]] } });
  open.push(place);
  const code = () => JSON.parse(dgov(place, "archive-plan", "p", "--json").stdout).error?.code;
  writeIn(place.root, ".dgov/plans/archive/p/_root.toml", "");
  expect(code()).toBe("plan_exists");
  git(place, "clean", "-fdq", ".dgov/plans/archive");
  writeIn(place.root, ".gitignore", ".dgov/plans/archive/\n");
  commitAll(place, "ignored");
  expect(code()).toBe("config_invalid");
  writeIn(place.root, ".gitignore", "");
  commitAll(place, "kept");
  expect(dgov(place, "pause", "wait").status).toBe(0);
  expect(dgov(place, "run", "p").status).not.toBe(0);
  expect(code()).toBe("plan_unfinished");
  expect(dgov(place, "unpause").status).toBe(0);
  expect(dgov(place, "run", "p").status).toBe(0);
  expect(code()).toBeUndefined();
});
