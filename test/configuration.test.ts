import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readProject } from "../packages/governor/src/config.ts";
import { DgovError } from "../packages/governor/src/error.ts";
import { userFile } from "../packages/governor/src/user_file.ts";
import { commitAll, dgov, eventsOf, type Place, startDgov, writeIn } from "./repo.ts";
import { bash, done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // some start the program several times, on whatever else the machine does
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const one = { attempts: [[edit("src/a.txt", "alpha", "ALPHA"), done]] };

function lay(...args: Parameters<typeof layTasks>): Place {
  const place = layTasks(...args);
  open.push(place);
  return place;
}

/** Gives the person of a place a configuration of their own. @returns its path */
function userSays({ env }: Place, text: string): string {
  const path = userFile(env)!;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Codes and places of what is wrong. */
function faults(place: Place): string[] {
  try {
    readProject(place.root, null, place.env);
    return [];
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return error.places.map(({ code, file, line }) => `${code} ${file?.replace(place.folder, "")}:${line}`);
  }
}

const USER = `
[project]
provider = "mine"
default_agent = "elm-1"
[providers.mine]
base_url = "https://mine.example/v1"
api_key_env = "MY_KEY"
[providers.ours]
base_url = "https://old.example/v1"
api_key_env = "OUR_KEY"
default_agent = "oak-1"
[agents]
quick = "elm-0"
slow = "elm-2"
[tiers]
escalation = [{ agent = "elm-2" }, { agent = "elm-3" }]
`;

test("A3 of user and repository scalars and lists are replaced, tables are joined", () => {
  const place = lay({ one }, { project: { provider: "ours" } });
  userSays(place, USER);
  const tables = `
[providers.ours]
base_url = "https://ours.example/v1"
[agents]
slow = "oak-2"
[tiers]
escalation = [{ agent = "oak-2" }]
`;
  writeFileSync(join(place.root, ".dgov/project.toml"), `[project]\nprovider = "ours"\n${tables}`);
  const project = readProject(place.root, null, place.env);
  expect(project.provider).toBe("ours");
  expect(project.default_agent).toBe("elm-1");
  expect(Object.keys(project.providers).sort()).toEqual(["mine", "ours", "scripted"]);
  expect(project.providers.ours).toMatchObject({
    base_url: "https://ours.example/v1",
    api_key_env: "OUR_KEY",
    default_agent: "oak-1",
  });
  expect(project.agents).toEqual({ quick: "elm-0", slow: "oak-2" });
  expect(project.limits.escalation.map(({ agent }) => agent)).toEqual(["oak-2"]);
});

test("A3 what judges comes from the repository only: a user's gate is refused by name, and never runs", () => {
  const place = lay({ one });
  const mark = join(place.folder, "ran");
  const path = userSays(place, `[project]\ntest_cmd = "touch ${mark}"\n[scope]\ndiff_max_files = 9\n[gates.g]\n`);
  const name = path.replace(place.folder, "");
  expect(faults(place).sort()).toEqual([
    `key_misplaced ${name}:2`,
    `key_misplaced ${name}:3`,
    `key_misplaced ${name}:5`,
  ]);
  const run = dgov(place, "run", "p", "--json");
  expect(run.status).toBe(3);
  expect(run.stdout + run.stderr).toContain("key_misplaced");
  expect(eventsOf(place)).toEqual([]);
  expect(() => readFileSync(mark)).toThrow();
});

test("A3 the gates of a project are the same whoever asks", () => {
  const place = lay({ one }, { project: { test_cmd: "true" } });
  const before = readProject(place.root);
  userSays(place, USER);
  const after = readProject(place.root, null, place.env);
  const { commands, rules, timeouts, layout } = before;
  expect(after).toMatchObject({ commands, rules, timeouts, layout });
});

test("A3 a fault in the user's file is told there, and one of both where its key stands", () => {
  const place = lay({ one });
  const path = userSays(place, '[project]\nprovder = "x"\n');
  const name = path.replace(place.folder, "");
  expect(faults(place)).toEqual([`key_unknown ${name}:2`]);
  userSays(place, '[project]\n\n[profiles.p]\nprovider = "nobody"\n');
  expect(faults(place)).toEqual([`provider_unknown ${name}:4`]);
  userSays(place, "[project\n");
  expect(faults(place)).toEqual([`toml_syntax ${name}:1`]);
});

test("A3 a ceiling of the user holds beside the repository's, and counts in one currency", () => {
  const place = lay({ one }, { tables: "[budget]\ncalls = 50\ntokens = 10\n" });
  userSays(place, "[budget]\ncalls = 5\ntokens = 1000\nturns = 7\n");
  expect(readProject(place.root, null, place.env).limits.run).toMatchObject({ calls: 5, tokens: 10, turns: 7 });
  const path = userSays(place, '[budget]\nmoney = 5\ncurrency = "EUR"\n');
  expect(faults(place)).toEqual([`currency_mixed ${path.replace(place.folder, "")}:1`]);
  userSays(place, '[budget]\ncalls = 5\ncurrency = "EUR"\n');
  expect(faults(place)).toEqual([]);
});

test("A3 where it stands: DGOV_CONFIG, then XDG, then the home; nowhere without one", () => {
  const all = { DGOV_CONFIG: "/c/own.toml", XDG_CONFIG_HOME: "/x", HOME: "/h" };
  expect(userFile(all)).toBe("/c/own.toml");
  expect(userFile({ ...all, DGOV_CONFIG: "own.toml" })).toBe("/x/dgov/config.toml");
  expect(userFile({ ...all, DGOV_CONFIG: "", XDG_CONFIG_HOME: "x" })).toBe("/h/.config/dgov/config.toml");
  expect(userFile({ HOME: "" })).toBeNull();
});

test("A6 a configuration that is edited while a run goes on changes nothing of it", async () => {
  const place = lay(
    {
      one: { attempts: [[bash("sleep 4"), edit("src/a.txt", "alpha", "ALPHA"), done]] },
      two: { claims: 'files.edit = ["src/b.txt"]', attempts: [[edit("src/b.txt", "beta", "BETA"), done]] },
    },
    { project: { test_cmd: "true" } },
  );
  const running = startDgov(place, "run", "p", "--jobs", "1");
  while (!eventsOf(place).some(({ kind }) => kind === "task_dispatched")) await Bun.sleep(50);
  const file = join(place.root, ".dgov/project.toml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace('test_cmd = "true"', 'test_cmd = "false"'));
  userSays(place, '[project]\nprovider = "nobody"\n');
  expect(await running.exited).toBe(0);
  const asked = eventsOf(place).flatMap((event) => (event.kind === "gate_judged" ? (event.command ?? []) : []));
  expect([...new Set(asked)]).toEqual(["true"]);
});

test("A6 a run is gone on with by the configuration that it began with, and by no other", () => {
  const place = lay({ one });
  dgov(place, "pause", "a look");
  expect(dgov(place, "run", "p").status).toBe(130);
  dgov(place, "unpause");
  const [began] = eventsOf(place).flatMap((event) => (event.kind === "run_started" ? [event.config_hash] : []));
  const path = userSays(place, "[limits]\njobs = 1\n");
  const refused = dgov(place, "run", "p", "--json");
  expect(refused.status).toBe(3);
  expect(JSON.parse(refused.stdout).error.code).toBe("config_changed");
  writeFileSync(path, "# nothing\n");
  expect(dgov(place, "run", "p", "--dry-run").status).toBe(0);
  writeIn(
    place.root,
    ".dgov/project.toml",
    `${readFileSync(join(place.root, ".dgov/project.toml"), "utf8")}[limits]\n`,
  );
  commitAll(place, "another configuration");
  expect(dgov(place, "run", "p").status).toBe(3);
  expect(dgov(place, "run", "p", "--continue").status).toBe(0);
  const hashes = eventsOf(place).flatMap((event) => (event.kind === "run_started" ? [event.config_hash] : []));
  expect(hashes).toHaveLength(2);
  expect(hashes[1]).not.toBe(began);
});

test("A6 a key that nothing knows is refused before anything is begun", () => {
  const place = lay({ one }, { project: { tset_cmd: "true" } });
  const run = dgov(place, "run", "p", "--json");
  expect(run.status).toBe(3);
  expect(run.stdout).toContain('nearest is \\"test_cmd\\"');
  expect(eventsOf(place)).toEqual([]);
});
