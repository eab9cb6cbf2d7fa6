import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProject } from "../packages/governor/src/config.ts";
import { bareEnvironment, commitAll, DGOV, dgov, eventsOf, makeRepository, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // each starts the program, and the machine may be busy
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const keep = (place: Place): Place => {
  open.push(place);
  return place;
};

/** Answers, one a line. */
function setup({ root, env }: Pick<Place, "root" | "env">, lines: readonly string[], ...args: string[]) {
  const ran = Bun.spawnSync([...DGOV, "setup", ...args], {
    cwd: root,
    env,
    stdin: Buffer.from(lines.map((line) => `${line}\n`).join("")),
  });
  return { status: ran.exitCode, said: `${ran.stdout}${ran.stderr}` };
}

test("A2 answers from a pipe make a configuration of the repository that loads, with model and gates", () => {
  const place = keep(makeRepository({ "go.mod": "module x\n", "main.go": "package main\n" }));
  const { status, said } = setup(place, [
    "near",
    "http://127.0.0.1:9/v1",
    "NEAR_KEY",
    'elm "1"',
    "",
    "-",
    "",
    "go vet ./...",
  ]);
  expect(said).toContain("Tests [go test ./...]");
  expect(status).toBe(0);
  const project = readProject(place.root);
  expect(project.provider).toBe("near");
  expect(project.providers.near).toMatchObject({
    base_url: "http://127.0.0.1:9/v1",
    api_key_env: "NEAR_KEY",
    default_agent: 'elm "1"',
  });
  expect(project.commands).toMatchObject({ test: "go test ./...", lint: null, type_check: "go vet ./..." });
  expect(existsSync(join(place.root, ".dgov/governor.md"))).toBe(true);
  const text = readFileSync(join(place.root, ".dgov/project.toml"), "utf8");
  expect(setup(place, []).status).toBe(3);
  expect(readFileSync(join(place.root, ".dgov/project.toml"), "utf8")).toBe(text);
});

test("A2 outside of a repository it is the user's file, in which nothing judges; in one with --user too", () => {
  const folder = mkdtempSync(join(tmpdir(), "dgov-test-"));
  const [root, home] = [join(folder, "nowhere"), join(folder, "home")];
  for (const one of [root, home]) mkdirSync(one);
  const place = keep({ folder, root, env: bareEnvironment(home), stop: () => rmSync(folder, { recursive: true }) });
  expect(setup(place, ["near", "http://127.0.0.1:9/v1", "NEAR_KEY", "elm-1"]).status).toBe(0);
  expect(readdirSync(root)).toEqual([]);
  expect(readdirSync(join(home, ".config/dgov"))).toEqual(["config.toml"]);
  const inside = keep(makeRepository({ "a.txt": "1\n" }));
  expect(readProject(inside.root, null, place.env)).toMatchObject({ provider: "near", default_agent: "elm-1" });
  expect(setup(inside, [], "--user").status).toBe(0); // the input ends: the rest is as usual
  expect(existsSync(join(inside.root, ".dgov"))).toBe(false);
  expect(readProject(inside.root, null, inside.env).provider).toBe("openai");
});

test("A2 where no model was named it says so, with the command that asks again", () => {
  const place = keep(makeRepository({ "a.txt": "1\n" }));
  expect(setup(place, []).said).toContain('No model is named yet: answer again with "dgov setup --force"');
  expect(setup(place, [], "--user").said).toContain('"dgov setup --user --force"');
  const again = JSON.parse(dgov(place, "setup", "--defaults", "--force", "--json").stdout);
  expect(again).toMatchObject({ target: "repository", model: null, next: "dgov setup --force" });
  const named = setup(place, ["", "", "", "elm-1"], "--force");
  expect(named).toEqual({ status: 0, said: expect.not.stringContaining("No model") });
});

test("A2 answers that make no configuration write nothing", () => {
  const place = keep(makeRepository({ "a.txt": "1\n" }));
  expect(setup(place, ["near", " ", "", "", "", ""], "--user").status).toBe(0);
  expect(setup(place, ["near", "-"], "--user", "--force").status).toBe(3);
  expect(readFileSync(join(place.env.HOME!, ".config/dgov/config.toml"), "utf8")).toContain("api.openai.com");
});

const one = {
  attempts: [
    [edit("src/a.txt", "alpha", "ALPHA"), done],
    [edit("src/a.txt", "alpha", "ALPHA"), done],
  ],
};

test("A4 one line of the configuration decides who works, and the log has who it was", () => {
  const place = keep(layTasks({ one }, { project: { default_agent: "elm-1" } }));
  expect(dgov(place, "run", "p").status).toBe(0);
  const file = join(place.root, ".dgov/project.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace('default_agent = "elm-1"', 'default_agent = "oak-2"'));
  writeFileSync(join(place.root, "src/a.txt"), "alpha\n");
  commitAll(place, "another works");
  expect(dgov(place, "run", "p", "--restart").status).toBe(0);
  const sent = eventsOf(place).flatMap((event) =>
    event.kind === "task_dispatched" ? [`${event.provider}/${event.agent}`] : [],
  );
  expect(sent).toEqual(["scripted/elm-1", "scripted/oak-2"]);
});

test("A7 without its key, or its program, nothing is begun", () => {
  const provider =
    '[providers.p]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "A_KEY"\ndefault_agent = "elm-1"\n';
  const place = keep(layTasks({ one }, { project: { provider: "p" }, tables: provider }));
  const run = dgov(place, "run", "p", "--json");
  expect({ status: run.status, code: JSON.parse(run.stdout).error.code }).toEqual({ status: 5, code: "key_missing" });
  expect(eventsOf(place)).toEqual([]);
  const other = keep(
    layTasks({ one }, { project: { default_agent: "cli" }, tables: '[agents.cli]\ncommand = ["no-such-program"]\n' }),
  );
  expect(dgov(other, "run", "p").status).toBe(5);
  expect(eventsOf(other).map(({ kind }) => kind)).not.toContain("task_dispatched");
});
