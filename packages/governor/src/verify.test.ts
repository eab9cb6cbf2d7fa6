import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listRecipes, runRecipe } from "./verify.ts";

setDefaultTimeout(60_000);

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function lay(toml: string) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "dgov-test-")));
  open.push(root);
  mkdirSync(join(root, ".dgov"));
  mkdirSync(join(root, "sub"));
  writeFileSync(join(root, ".dgov/project.toml"), toml);
  let now_ms = 0;
  const stop = new AbortController();
  const env = { PATH: process.env.PATH, MINE: "yes", GIT_INDEX_FILE: "/nowhere" };
  const from = { cwd: join(root, "sub"), env, now_ms: () => (now_ms += 1500), signal: stop.signal };
  const log = (name: string) => readFileSync(join(root, ".dgov/runtime/verify", name), "utf8");
  return { root, from, stop, log, run: (name: string) => runRecipe(from, name) };
}

test("recipes are listed as the file has them", () => {
  const { from } = lay('[verify.b]\ncommand = "true"\n[verify.a]\ncommand = "false"\ndescription = "never"\n');
  expect(listRecipes(from).recipes).toEqual([
    { name: "b", command: "true", description: "" },
    { name: "a", command: "false", description: "never" },
  ]);
  expect(listRecipes(lay("").from).recipes).toEqual([]);
});

describe("B29 a recipe runs", () => {
  test("in the root, with the person's environment but for git's, and all it says is kept in order", async () => {
    const command = "pwd; echo Warning: one >&2; echo $MINE$GIT_INDEX_FILE; echo no WARNING";
    const { root, log, run } = lay(`[verify.all]\ncommand = ${JSON.stringify(command)}\n`);
    expect(await run("all")).toEqual({
      status: "pass",
      recipe: "all",
      command,
      results: [
        {
          exit_code: 0,
          duration_s: 1.5,
          warning_count: 2,
          log_path: ".dgov/runtime/verify/all.log",
          summary: "It passed",
        },
      ],
      tail: `${root}\nWarning: one\nyes\nno WARNING`,
    });
    expect(log("all.log")).toBe(`${root}\nWarning: one\nyes\nno WARNING\n`);
  });

  test.each<[command: string, exit_code: number, summary: string]>([
    ["exit 3", 3, "It failed with exit status 3"],
    ["kill -TERM $$", -1, "It was ended by SIGTERM"],
    ["if", 2, "It failed with exit status 2"],
  ])("and fails: %s", async (command, exit_code, summary) => {
    const { run } = lay(`[verify.all]\ncommand = ${JSON.stringify(command)}\n`);
    expect(await run("all")).toMatchObject({ status: "fail", results: [{ exit_code, summary }] });
  });

  test("until it is stopped, with all that it started", async () => {
    const { root, stop, run } = lay(`[verify.all]\ncommand = "sleep 100 & echo $! > pid; wait"\n`);
    const running = run("all");
    for (let tries = 0; tries < 1_000 && !existsSync(join(root, "pid")); tries++) await Bun.sleep(20);
    await Bun.sleep(50);
    stop.abort("SIGINT");
    expect(await running).toMatchObject({ status: "interrupted", results: [{ exit_code: -1 }] });
    const pid = readFileSync(join(root, "pid"), "utf8").trim();
    expect(Bun.spawnSync(["ps", "-o", "stat=", "-p", pid]).stdout.toString().trim()).toMatch(/^(Z.*)?$/);
  });

  test("with its own name for the log, and never out of the folder", async () => {
    const { log, run } = lay(
      '[verify.named]\ncommand = "echo a"\nlog_name = "x.txt"\n[verify."../../up"]\ncommand = "echo b"\n',
    );
    await run("named");
    expect(log("x.txt")).toBe("a\n");
    expect((await run("../../up")).results[0]?.log_path).toBe(".dgov/runtime/verify/.._.._up.log");
  });
});

test("B29 a name that is none is refused, and the nearest is named", async () => {
  const { run } = lay('[verify.lint]\ncommand = "true"\n');
  await expect(run("lnit")).rejects.toMatchObject({ code: "recipe_unknown", exit: 1, hint: 'Did you mean "lint"?' });
  await expect(run("toString")).rejects.toThrow("there is no such recipe");
  await expect(lay("").run("lint")).rejects.toThrow("the project has no [verify] table");
});
