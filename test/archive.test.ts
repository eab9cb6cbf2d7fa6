import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, git, type Place, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000); // a run each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const turns = (path: string, from: string) => ({
  turns: [edit(path, from, "good"), done].map((call) => ({ calls: [call] })),
});

/** Two plans of one task each, `p` and `q`. `plans`: the lines of [plans]; `deployed`: dgov 0.8 has landed something here. */
function lay({ plans = "", deployed = false } = {}): Place {
  const place = layTasks(
    { a: { attempts: [[edit("src/a.txt", "alpha", "good"), done]] } },
    {
      tables: plans === "" ? "" : `[plans]\n${plans}\n`,
      files: {
        ".dgov/.gitignore": "state.db*\nruns.log\nout/\nruntime/\nplans/deployed.jsonl\nplans/*/_compiled.toml\n",
        ".dgov/plans/q/_root.toml": '[plan]\nname = "q"\nsummary = "Another"\nsections = ["tasks"]\n',
        ".dgov/plans/q/tasks/main.toml":
          '[tasks.b]\nsummary = "b"\nprompt = "Orient:\\nEdit:\\nVerify:\\n"\ncommit_message = "b"\nfiles.edit = ["src/b.txt"]\n',
        ".dgov/plans/q/script.json": JSON.stringify({
          version: 1,
          tasks: { "tasks/main.b": turns("src/b.txt", "beta") },
        }),
      },
    },
  );
  open.push(place);
  if (deployed) writeIn(place.root, ".dgov/plans/deployed.jsonl", "");
  return place;
}

function json(place: Place, ...args: string[]) {
  const { status, stdout, stderr } = dgov(place, ...args, "--json");
  return { status, stderr, view: JSON.parse(stdout) };
}
const stands = ({ root }: Place, path: string) => existsSync(join(root, ".dgov/plans", path, "_root.toml"));

test("where dgov 0.8 was at work a plan that landed whole is archived, is found by its name, and keeps nobody from the next run", () => {
  const place = lay({ deployed: true });
  const said = dgov(place, "run", "p");
  expect(said).toMatchObject({ status: 0, stdout: expect.stringContaining("archived as .dgov/plans/archive/p") });
  expect([stands(place, "p"), stands(place, "archive/p")]).toEqual([false, true]);
  for (const named of ["p", ".dgov/plans/p", ".dgov/plans/p/_root.toml"]) {
    const status = json(place, "plan", "status", named);
    expect(status).toMatchObject({ status: 0, view: { source_dir: ".dgov/plans/archive/p", deployed: 1 } });
    expect(status.stderr).toContain("It is archived: .dgov/plans/archive/p");
  }
  expect(json(place, "plan", "review", "p")).toMatchObject({
    status: 0,
    view: { run_status: "complete", deployed: 1 },
  });
  expect(json(place, "plan", "refute", "p")).toMatchObject({ status: 0, view: { errors: [] } });
  expect(json(place, "scope", "status", "--task", "tasks/main.a")).toMatchObject({
    view: { modified_files: ["src/a.txt"] },
  });
  const again = json(place, "run", "p");
  expect(again).toMatchObject({ status: 3, view: { error: { code: "plan_not_found" } } });
  expect(again.view.error.hint).toContain("It is archived: .dgov/plans/archive/p");
  expect(json(place, "run", ".dgov/plans/archive/p").view).toMatchObject({ did: "nothing", archived: null });
  expect(json(place, "run", "q")).toMatchObject({
    status: 0,
    view: { status: "complete", pending: null, archived: { to: ".dgov/plans/archive/q", uncommitted: true } },
  });
  expect(git(place, "diff", "--name-only", "--diff-filter=M")).toBe("");
  commitAll(place, "archived");
  expect(git(place, "ls-files", ".dgov/plans").split("\n")).toContain(".dgov/plans/archive/q/_root.toml");
});

test("a plan stays where it is in a repository that never archived one, where a part was asked for, and where the key says so", () => {
  const place = lay();
  expect(json(place, "run", "p").view).toMatchObject({ status: "complete", archived: null });
  expect(stands(place, "p")).toBe(true);
  const kept = lay({ deployed: true, plans: 'archive = "never"' });
  expect(json(kept, "run", "p").view).toMatchObject({ status: "complete", archived: null });
  const partly = lay({ plans: 'archive = "landed"' });
  expect(json(partly, "run", "p", "--only", "tasks/main.a").view).toMatchObject({ status: "complete", archived: null });
  expect(json(partly, "run", "p", "--dry-run").view).toMatchObject({ archived: null });
  expect([stands(kept, "p"), stands(partly, "p")]).toEqual([true, true]);
  // Whoever was stopped between the landing and the archive runs it again: there is nothing to do but that.
  expect(json(partly, "run", "p").view).toMatchObject({ did: "nothing", archived: { to: ".dgov/plans/archive/p" } });
  expect(json(partly, "run", "q").view).toMatchObject({ archived: { to: ".dgov/plans/archive/q" } });
});

test("a plan that has not landed whole is not archived, and one that cannot be fails no run", () => {
  const failing = lay({ plans: 'archive = "landed"' });
  writeIn(failing.root, ".dgov/plans/p/script.json", JSON.stringify({ version: 1, tasks: {} }));
  commitAll(failing, "nothing is played");
  expect(json(failing, "run", "p").status).toBe(1);
  expect(stands(failing, "p")).toBe(true);
  const ignored = lay({ plans: 'archive = "landed"' });
  writeIn(ignored.root, ".gitignore", ".dgov/plans/archive/\n");
  commitAll(ignored, "ignored");
  const ran = json(ignored, "run", "p");
  expect(ran).toMatchObject({ status: 0, view: { status: "complete", archived: null } });
  expect(ran.stderr).toContain('The plan stays where it is. Cannot archive ".dgov/plans/p": git ignores');
  expect(stands(ignored, "p")).toBe(true);
});
