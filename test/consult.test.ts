import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Consultation, consult } from "../packages/governor/src/consult/consult.ts";
import type { World } from "../packages/governor/src/session.ts";
import type { Event, EventKind, EventOf } from "../packages/kernel/src/index.ts";
import { commitAll, DGOV, dgov, eventsOf, git, makeRepository, type Place, writeIn } from "./repo.ts";
import type { Call } from "./scripted.ts";

setDefaultTimeout(120_000); // a jail each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const PROJECT = '[project]\nlanguage = "text"\nsrc_dir = "src/"\nprovider = "scripted"\nsetup_cmd = "false"\n';
const ANSWER: Call = { tool: "say_number", args: { number: 7 } };
const wrong: Call = { tool: "say_number", args: { number: 8 } };

/** A repository whose scripted planner makes these calls, one a turn, in each attempt. */
function lay(attempts: readonly (readonly Call[])[], tables = "", project = PROJECT): Place {
  const played = attempts.map((calls) => ({ turns: calls.map((call) => ({ calls: [call] })) }));
  const place = makeRepository({
    "src/a.txt": "alpha\n",
    ".dgov/project.toml": `${project}\n${tables}\n[providers.scripted]\nscript = "script.json"\n`,
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\n",
    "script.json": JSON.stringify({ version: 1, tasks: { "consult/planner.number": { attempts: played } } }),
  });
  open.push(place);
  return place;
}

const worldIn = (place: Place): World => ({
  now_ms: () => Math.round(performance.timeOrigin + performance.now()),
  sleep_ms: (ms) => Bun.sleep(Math.min(ms, 1)),
  random: Math.random,
  env: place.env,
  self: DGOV,
  signal: new AbortController().signal,
  notify() {},
  warn() {},
});

const ask = (place: Place, more: Partial<Consultation<{ number: number }>> = {}) =>
  consult(
    place.root,
    {
      ...{ about: "numbers", role: "planner", what: "number", goal: "Which number is it?" },
      ending: {
        tool: "say_number",
        description: "Ends the work with a number",
        noun: "number",
        schema: z.strictObject({ number: z.int() }),
        faultOf: async ({ number }) => (number === 7 ? null : { why: "malformed", said: "it is another number" }),
        summary: ({ number }) => `It is ${number}`,
        most: 2,
      },
      ...more,
    },
    worldIn(place),
  );

const of = <Kind extends EventKind>(place: Place, kind: Kind): EventOf<Kind>[] =>
  eventsOf(place).filter((event: Event): event is EventOf<Kind> => event.kind === kind);

test("who is consulted looks, is told what is wrong with an answer, and gives one; it is a run like any other", async () => {
  const look: Call = { tool: "read_file", args: { path: "src/a.txt" } };
  const place = lay([[look, { tool: "say_number", args: { number: "x" } }, wrong, ANSWER]]);
  const head = git(place, "rev-parse", "main").trim();
  expect(await ask(place)).toMatchObject({ head, answer: { number: 7 } });
  expect(of(place, "answer_given")).toMatchObject([{ form: "say_number", answer: '{"number":7}', refused: 2 }]);
  expect(of(place, "report_filed")).toMatchObject([{ base: head, summary: "It is 7" }]);
  expect(of(place, "tool_called").map(({ tool, ok }) => [tool, ok])).toEqual([["read_file", true]]);
  expect(of(place, "call_reserved").map(({ caller }) => caller?.role)).toEqual(Array(4).fill("planner"));
  expect(of(place, "run_ended")).toMatchObject([{ status: "complete" }]);
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
  expect(dgov(place, "log", "verify").status).toBe(0);
  expect(JSON.parse(dgov(place, "status", "--json").stdout)).toMatchObject({
    status: "idle",
    run: { result: "complete" },
  });
  expect(git(place, "status", "--porcelain")).toBe("");
});

test("it can change nothing, and cannot end by the words of others", async () => {
  const write: Call = { tool: "write_file", args: { path: "src/a.txt", content: "mine\n" } };
  const place = lay([[write, { tool: "done", args: { summary: "done" } }, { tool: "emit_plan", args: {} }, ANSWER]]);
  expect(await ask(place)).toMatchObject({ answer: { number: 7 } });
  expect(of(place, "tool_called")).toMatchObject([{ tool: "write_file", ok: false, refused_by: "role" }]);
  expect(git(place, "show", "main:src/a.txt")).toBe("alpha\n");
});

test("answers are given back a bounded number of times, in two attempts", async () => {
  const place = lay([[wrong, wrong, wrong, ANSWER]]);
  const consulted = await ask(place);
  expect(consulted).toMatchObject({ answer: null, cause: "incomplete" });
  expect(of(place, "task_dispatched")).toHaveLength(2);
  expect([of(place, "answer_given"), of(place, "run_ended")]).toMatchObject([[], [{ status: "failed" }]]);
});

test("it may say that there is no answer, and is not asked again", async () => {
  const place = lay([[{ tool: "give_up", args: { why: "There are two numbers" } }]]);
  expect(await ask(place)).toMatchObject({ answer: null, cause: "blocked", detail: "There are two numbers" });
  expect(of(place, "task_dispatched")).toHaveLength(1);
});

test("a ceiling holds for it, and what it may not spend is not sent", async () => {
  const place = lay([[{ tool: "list_dir", args: {} }, ANSWER]]);
  expect(await ask(place, { ceiling: { calls: 1 } })).toMatchObject({ answer: null, cause: "budget" });
  expect(of(place, "call_reserved")).toHaveLength(1);
});

test("A4 [tiers] says who has a role, one line changes it, and --model goes before it", async () => {
  const other = '[agents]\nbig = "vendor/big-1"\n';
  const place = lay([[ANSWER]], `${other}[tiers]\nplanner = "big"\n`, PROJECT.replace("scripted", "elsewhere"));
  await expect(ask(place)).rejects.toMatchObject({ code: "config_invalid" });
  const bound = lay([[ANSWER]], `${other}[tiers]\nplanner = { agent = "big", provider = "scripted" }\n`);
  await ask(bound);
  await ask(bound, { model: "scripted/small" });
  await ask(bound, { model: "vendor/other" });
  const agents = of(bound, "task_dispatched").map(({ provider, agent }) => `${provider} ${agent}`);
  expect(agents).toEqual(["scripted vendor/big-1", "scripted small", "scripted vendor/other"]);
});

const program = (script: string) =>
  `[agents.cli]\ncommand = ${JSON.stringify(["sh", "-c", script])}\n[tiers]\nplanner = "cli"\n`;

test("C23 a program is consulted: its answer is a file of the form that is asked for, checked as a model's is", async () => {
  const place = lay([[]], program('grep -q "say_number" && echo \'{"number": 7}\' > $DGOV_ANSWER'));
  expect(await ask(place)).toMatchObject({ answer: { number: 7 } });
  expect(of(place, "answer_given")).toMatchObject([{ form: "say_number", answer: '{"number":7}', refused: 0 }]);
  expect(of(place, "task_dispatched")).toMatchObject([{ provider: "program", agent: "cli" }]);
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
});

test.each<[string, string, string]>([
  ["prints its answer", "echo '{\"number\": 7}'", "incomplete"],
  ["gives a wrong one", "echo '{\"number\": 8}' > $DGOV_ANSWER", "incomplete"],
  ["gives up", 'echo \'{"give_up": "there are two"}\' > $DGOV_ANSWER', "blocked"],
  ["writes", "echo '{\"number\": 7}' > $DGOV_ANSWER; echo no > src/a.txt", "error"],
])("C23 a program that %s has none", async (_, script, cause) => {
  const place = lay([[]], program(script));
  expect(await ask(place)).toMatchObject({ answer: null, cause });
  expect(of(place, "answer_given")).toEqual([]);
});

test("C23 a program that is not there is refused before anything is in the log", async () => {
  const place = lay([[ANSWER]], program("true").replace('"sh"', '"no_such_program"'));
  await expect(ask(place)).rejects.toMatchObject({ code: "program_missing" });
  expect(existsSync(join(place.root, ".dgov/state.db")) && eventsOf(place).length > 0).toBe(false);
});

test("only what is committed is looked at", async () => {
  const place = lay([[ANSWER]]);
  git(place, "update-ref", "-d", "refs/heads/main");
  await expect(ask(place)).rejects.toMatchObject({ code: "repo_empty" });
});

test("that a model was consulted is not the last run, for whoever asks how it went", async () => {
  const place = lay([[ANSWER]]);
  await ask(place);
  expect(JSON.parse(dgov(place, "report", "--json").stdout).account.plan).toBe("consult/numbers"); // there is no other
  writeIn(place.root, ".dgov/plans/p/_root.toml", '[plan]\nname = "p"\nsections = ["tasks"]\n');
  const prompt = 'prompt = "Orient: read.\\nEdit: change.\\nVerify: look."';
  writeIn(place.root, ".dgov/plans/p/tasks/main.toml", `[tasks.a]\n${prompt}\nfiles.edit = ["src/a.txt"]\n`);
  commitAll(place, "a plan");
  expect(dgov(place, "run", "p").status).toBe(1); // there is no setup, and nothing is played for it
  await ask(place, { goal: "Which number is it now?" });
  expect(JSON.parse(dgov(place, "report", "--json").stdout).account.plan).toBe("p");
  const { task_list } = JSON.parse(dgov(place, "status", "--all", "--json").stdout);
  expect(task_list[0].plan_name).toBe("p");
  expect(JSON.parse(dgov(place, "diagnose", "--json").stdout).plan).toBe("p");
});
