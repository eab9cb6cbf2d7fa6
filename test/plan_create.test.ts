import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Event, EventKind, EventOf } from "../packages/kernel/src/index.ts";
import { AUTO, create, GREET, layPlanned, PROJECT, planCall, QUESTION, recon, type Sent, task } from "./planned.ts";
import { dgov, eventsOf, git, type Place, startDgov, writeIn } from "./repo.ts";
import { type Call, done, write } from "./scripted.ts";

setDefaultTimeout(180_000); // several jails each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const lay = (said?: Parameters<typeof layPlanned>[0]): Place => {
  const place = layPlanned(said);
  open.push(place);
  return place;
};
const of = <Kind extends EventKind>(place: Place, kind: Kind): EventOf<Kind>[] =>
  eventsOf(place).filter((event: Event): event is EventOf<Kind> => event.kind === kind);
const made = ({ root }: Place): string[] => (existsSync(join(root, AUTO)) ? readdirSync(join(root, AUTO)) : []);

test("B5 a goal becomes a plan that compiles, with what it was made from, and runs", () => {
  const place = lay();
  const { status, view } = create(place, "--auto", "--run");
  expect({ status, view }).toMatchObject({
    status: 0,
    view: {
      ...{ status: "created", name: "greet", plan: `${AUTO}/greet`, critique: { verdict: "keep" } },
      tasks: [{ task: "tasks/main.a", depends_on: [] }],
      ran: { status: "complete", succeeded: ["tasks/main.a"] },
    },
  });
  expect(git(place, "show", "main:src/a.txt")).toBe("hello\n");
  expect(of(place, "answer_given").map(({ form }) => form)).toEqual(["submit_recon", "emit_plan", "submit_critique"]);
  expect(readFileSync(join(place.root, AUTO, "greet/_recon.md"), "utf8")).toContain("`src/a.txt`: it says alpha");
  expect(JSON.parse(dgov(place, "validate", `${AUTO}/greet`, "--json").stdout)).toMatchObject({
    valid: true,
    warnings: [],
  });
});

test("a plan that was made is found by its name, as one that is kept", () => {
  const place = lay();
  expect(create(place, "--auto", "--name", "mine").status).toBe(0);
  const told = (...args: string[]) => dgov(place, ...args).stdout;
  expect(told("compile", "mine", "--json")).toContain(`${AUTO}/mine`);
  expect(told("plan", "list")).toMatch(/mine +compiled +0\/1 .*\.dgov\/runtime\/auto-plans\/mine/);
  expect(JSON.parse(told("plan", "status", "mine", "--json"))).toMatchObject({ source_dir: `${AUTO}/mine` });
  expect(JSON.parse(told("run", "mine", "--json"))).toMatchObject({ status: "complete" });
  expect(JSON.parse(told("plan", "review", "mine", "--json"))).toMatchObject({
    source_dir: `${AUTO}/mine`,
    deployed: 1,
  });
});

test("B5 what does not compile is given back with its errors, and mended in the same conversation", () => {
  const clash = planCall([task("a", { edit: ["src/a.txt"] }), task("b", { edit: ["src/a.txt"] })]);
  const missing = planCall([task("a", { edit: ["src/none.txt"] })]);
  const place = lay({
    plan: [clash, missing, { tool: "emit_plan", args: { name: "../../x", summary: "s", tasks: [] } }, GREET],
  });
  expect(create(place, "--auto")).toMatchObject({ status: 0, view: { name: "greet" } });
  expect(of(place, "answer_given").map(({ refused }) => refused)).toEqual([0, 3, 0]);
  expect(made(place)).toEqual(["greet"]);
});

test("B5 malformed output leaves no plan on disk", () => {
  const bad: Call = { tool: "emit_plan", args: { tasks: "all" } };
  const place = lay({ plan: [bad, bad, bad, bad, bad, GREET] });
  const { status, view } = create(place, "--auto");
  expect({ status, code: view.error.code }).toEqual({ status: 1, code: "no_answer" });
  expect(made(place)).toEqual([]);
  expect(git(place, "status", "--porcelain")).toBe("");
});

test("answers that were all refused for their form are told, where the last turns had none", () => {
  const place = lay({ recon: [recon({ findings: "all" }), recon({ findings: "none" })] });
  const { status, view } = create(place, "--auto");
  expect({ status, code: view.error.code }).toEqual({ status: 1, code: "no_answer" });
  expect(view.error.message).toMatch(
    /\(stuck\): .*; it did answer \(\d+ times\), and was refused, at last because .*findings/,
  );
});

test("B5 words alone are no plan, and one that is given up is told", () => {
  const place = lay({ plan: [{ tool: "give_up", args: { why: "Nobody comes here" } }] });
  const { status, view } = create(place, "--auto");
  expect({ status, message: view.error.message }).toEqual({
    status: 1,
    message: 'Cannot plan "Greet who comes": there is no answer (blocked): Nobody comes here',
  });
  expect(made(place)).toEqual([]);
});

test("B5 questions are data where nobody is there, and answers in a file go on without asking again", () => {
  const place = lay({ recon: [recon({ questions: [QUESTION] })] });
  const first = create(place);
  expect(first).toMatchObject({ status: 2, view: { status: "needs_answers", questions: [QUESTION] } });
  expect(made(place)).toEqual([]);
  const answers = join(place.folder, "answers.json");
  const given = (value: unknown) => {
    writeIn(place.folder, "answers.json", JSON.stringify(value));
    return create(place, "--answers", answers);
  };
  for (const wrong of [{ greting: "hello" }, { greeting: "bye" }, { greeting: 1 }, []])
    expect(given(wrong)).toMatchObject({
      ...{
        status: 2,
        view: { error: { code: "usage", message: expect.stringMatching(/^Cannot (take|read the answers)/) } },
      },
    });
  expect(given({})).toMatchObject({ status: 2, view: { status: "needs_answers" } });
  expect(given({ greeting: "welcome" })).toMatchObject({
    status: 0,
    view: { questions: [{ id: "greeting", answer: "welcome", by: "person" }] },
  });
  expect(of(place, "answer_given").filter(({ form }) => form === "submit_recon")).toHaveLength(1);
  expect(readFileSync(join(place.root, AUTO, "greet/_recon.md"), "utf8")).toContain("Which word? welcome (person)");
});

test("B5 what is answered already is not asked again, and stands in the file to copy", () => {
  const other = { ...QUESTION, id: "place", question: "Where?", options: [], recommended: "here" };
  const place = lay({ recon: [recon({ questions: [QUESTION, other] })] });
  writeIn(place.folder, "answers.json", '{"greeting": "welcome"}');
  const args = ["--answers", join(place.folder, "answers.json")];
  expect(create(place, ...args)).toMatchObject({
    status: 2,
    view: { questions: [other], given: { greeting: "welcome" } },
  });
  const { stdout } = dgov(place, "plan", "create", "Greet who comes", ...args);
  expect(stdout).toContain("1 question must be answered first");
  expect(stdout).not.toContain("Which word?");
  expect(JSON.parse(stdout.slice(stdout.indexOf("{")))).toEqual({ greeting: "welcome", place: "here" });
  for (const [file, why] of [
    ["none.json", "it is not there"],
    ["src/a.txt", "it is no JSON"],
  ] as const) {
    const { status, view } = create(place, "--answers", file);
    expect({ status, message: view.error.message }).toEqual({
      status: 2,
      message: expect.stringContaining(`: ${why}`),
    });
    expect(view.error.message).not.toContain("ENOENT");
  }
});

test("B5 --auto takes what is recommended, and says so", () => {
  const place = lay({ recon: [recon({ questions: [QUESTION] })] });
  const { status, stdout } = dgov(place, "plan", "create", "Greet who comes", "--auto", "--no-critique");
  expect({ status, stdout }).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("Taken for granted: Which word? hello"),
  });
  expect(of(place, "answer_given")).toHaveLength(2);
});

test("B6 recon that writes anything is refused, and what it finds must be there", () => {
  const write: Call = { tool: "write_file", args: { path: "src/b.txt", content: "mine\n" } };
  const script: Call = {
    tool: "run_script",
    args: { code: 'await write_file({ path: "src/b.txt", content: "mine" })' },
  };
  const place = lay({ recon: [write, script, recon({ findings: [{ path: "src/none.txt", note: "n" }] }), recon()] });
  expect(create(place, "--auto").status).toBe(0);
  expect(of(place, "tool_called").filter(({ tool }) => tool === "write_file")).toMatchObject([
    { ok: false, refused_by: "role" },
  ]);
  expect(of(place, "tool_called").filter(({ ok, touched }) => ok && touched.length > 0)).toEqual([]);
  expect(of(place, "answer_given")[0]).toMatchObject({ form: "submit_recon", refused: 1 });
  expect(git(place, "show", "main:src/b.txt")).toBe("beta\n");
  expect(git(place, "status", "--porcelain")).toBe("");
});

test.each<[string, readonly Sent[], string]>([
  ["is no JSON", [{ tool: "submit_critique", raw: "It is fine" }], "unusable"],
  ["never comes", [{ tool: "list_dir", args: {} }], "unusable"],
  [
    "has a plan that does not compile",
    Array(4).fill({
      tool: "submit_critique",
      args: { verdict: "revise", said: "s", plan: planCall([task("z", { edit: ["no.txt"] })]).args },
    }),
    "unusable",
  ],
])("B9 a critique that %s leaves the plan as it was", (_, critique, verdict) => {
  const place = lay({ critique });
  expect(create(place, "--auto")).toMatchObject({
    status: 0,
    view: { critique: { verdict }, tasks: [{ task: "tasks/main.a" }] },
  });
});

test("B9 a critique that revises has its plan taken, once it compiles", () => {
  const better = planCall([
    task("a", { edit: ["src/a.txt"] }),
    task("b", { edit: ["src/b.txt"] }, { depends_on: ["a"] }),
  ]);
  const place = lay({
    critique: [{ tool: "submit_critique", args: { verdict: "revise", said: "b was forgotten", plan: better.args } }],
  });
  expect(create(place, "--auto").view).toMatchObject({
    critique: { verdict: "revise", said: "b was forgotten" },
    tasks: [{ task: "tasks/main.a" }, { task: "tasks/main.b", depends_on: ["a"] }],
  });
});

test("names stay in their folder, and a plan that is there is not written over", () => {
  const place = lay();
  for (const name of ["../../x", "/tmp/x", "a/b", ""])
    expect(create(place, "--auto", `--name=${name}`)).toMatchObject({ status: 2, view: { error: { code: "usage" } } });
  expect(create(place, "--auto", "--no-critique", "--name", "mine")).toMatchObject({
    status: 0,
    view: { name: "mine" },
  });
  expect(create(place, "--auto", "--no-critique", "--name", "mine")).toMatchObject({
    status: 3,
    view: { error: { code: "plan_exists" } },
  });
  const again = () => create(place, "--auto", "--no-critique");
  expect(again()).toMatchObject({ status: 0, view: { name: "greet" } });
  expect(again()).toMatchObject({ status: 0, view: { name: "greet-2" } });
});

test("a link in an untrusted repository leads no plan out of it", () => {
  const place = lay();
  mkdirSync(join(place.root, ".dgov/runtime"));
  mkdirSync(join(place.folder, "outside"));
  symlinkSync(join(place.folder, "outside"), join(place.root, AUTO));
  expect(create(place, "--auto")).toMatchObject({ status: 3, view: { error: { code: "config_invalid" } } });
  expect(readdirSync(join(place.folder, "outside"))).toEqual([]);
});

test("--apply-config changes texts that are there, and no other byte", () => {
  const config_overrides = { src_dir: "lib/", lint_fix_cmd: 'it\'s "x" \\ y', language: "text", test_cmd: "true" };
  const overrides = planCall([task("a", { edit: ["src/a.txt"] })], {
    config_overrides: { ...config_overrides, lint_cmd: undefined },
  });
  const place = lay({ plan: [overrides] });
  const path = join(place.root, ".dgov/project.toml");
  const told = create(place, "--auto", "--no-critique");
  expect(told.view.config_overrides).toMatchObject([{ key: "src_dir", applied: false }, {}, {}, {}]);
  expect(readFileSync(path, "utf8")).toBe(PROJECT);
  const { view } = create(place, "--auto", "--no-critique", "--apply-config");
  expect(view.config_overrides.map(({ key, applied }: { key: string; applied: boolean }) => [key, applied])).toEqual([
    ["src_dir", true],
    ["lint_fix_cmd", true],
    ["test_cmd", true],
    ["language", false],
  ]);
  const wanted = PROJECT.replace('"src/"', '"lib/"').replace('test_cmd = ""', 'test_cmd = "true"');
  expect(readFileSync(path, "utf8")).toBe(
    wanted.replace('lint_fix_cmd = ""', String.raw`lint_fix_cmd = "it's \"x\" \\ y"`),
  );
});

test("A7 a missing key ends before anything is asked or recorded", () => {
  const place = lay();
  const text = readFileSync(join(place.root, ".dgov/project.toml"), "utf8").replace(
    'provider = "scripted"',
    'provider = "far"',
  );
  writeIn(
    place.root,
    ".dgov/project.toml",
    `${text}\n[providers.far]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "FAR_KEY"\ndefault_agent = "m"\n`,
  );
  expect(create(place, "--auto")).toMatchObject({ status: 5, view: { error: { code: "key_missing" } } });
  expect(existsSync(join(place.root, ".dgov/state.db")) ? eventsOf(place) : []).toEqual([]);
});

test("A7 the missing key of who would be asked last ends before the first is paid for", () => {
  const place = lay();
  const far = '[providers.far]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = "FAR_KEY"\n';
  writeIn(place.root, ".dgov/project.toml", `${PROJECT}${far}[tiers]\nplanner = { agent = "m", provider = "far" }\n`);
  expect(create(place, "--auto")).toMatchObject({ status: 5, view: { error: { code: "key_missing" } } });
  expect(existsSync(join(place.root, ".dgov/state.db")) ? eventsOf(place) : []).toEqual([]);
});

const SPEC = ["Goal", "Assumptions", "Design", "Out of scope", "Acceptance criteria", "Open questions"]
  .map((heading) => `## ${heading}\n\nAs it says.\n`)
  .join("\n");
const ASKS = `import { test } from "node:test";\nimport assert from "node:assert";\nimport { readFileSync } from "node:fs";\ntest("a", () => assert.match(readFileSync("src/a.txt", "utf8"), /hello/));\n`;

/** A repository where a spec and tests are written too, by those who are asked. */
function layTestsFirst(spec: readonly Call[], plan: readonly Call[]): Place {
  const place = lay({ plan });
  const turns = (calls: readonly Call[]) => ({ turns: calls.map((call) => ({ calls: [call] })) });
  const script = JSON.parse(readFileSync(join(place.root, "script.json"), "utf8"));
  script.tasks["consult/planner.spec"] = turns(spec);
  script.tasks["tests-tasks/main.a"] = turns([write("tests/a.test.mjs", ASKS), done]);
  writeIn(place.root, "script.json", JSON.stringify(script));
  writeIn(place.root, ".dgov/project.toml", `${PROJECT}[tiers]\ntest_author = "author"\n`);
  git(place, "commit", "-qam", "an author");
  return place;
}
const specCall = (spec: string): Call => ({ tool: "submit_spec", args: { name: "greet", summary: "Greet", spec } });
const TESTED = planCall([
  task("a", { edit: ["src/a.txt"] }, { test_cmd: "node --test {test_dir}", tests: ["tests/a.test.mjs"] }),
]);

test("B7 by tests-first nothing of the plan is drafted before its spec is approved, and then from that very text", () => {
  const blank = specCall(SPEC.replace("## Out of scope\n\nAs it says.\n", ""));
  const place = layTestsFirst([blank, specCall(SPEC)], [GREET, TESTED]);
  const dir = `${AUTO}/waiting`;
  const created = create(place, "--tests-first", "--name", "waiting");
  expect(created).toMatchObject({ status: 0, view: { tasks: [], stages: { next: "approve_spec", drafts: true } } });
  const asked = () => of(place, "answer_given").map(({ form, refused }) => [form, refused]);
  const first = [
    ["submit_recon", 0],
    ["submit_spec", 1],
  ];
  expect([asked(), readdirSync(join(place.root, dir)).sort()]).toEqual([
    first,
    ["_made_from.json", "_recon.md", "_root.toml", "_spec.md"],
  ]);
  expect(dgov(place, "run", dir).status).toBe(3);
  const stages = (...words: string[]) => JSON.parse(dgov(place, "plan", ...words, "--json").stdout);
  expect(stages("continue", dir)).toMatchObject({ next: "approve_spec" });
  expect(asked()).toEqual(first);
  writeIn(place.root, `${dir}/_spec.md`, `${SPEC}\nAnd it says hello.\n`); // what is approved is what a person made of it
  expect(dgov(place, "plan", "approve", dir, "spec").stdout).toContain(`Next: dgov plan continue ${dir}`);
  expect(stages("continue", dir)).toMatchObject({
    next: "approve_plan",
    drafts: false,
    tests: [{ red: { is: "red" } }],
  });
  expect(asked().slice(2)).toEqual([
    ["emit_plan", 1],
    ["submit_critique", 0],
  ]);
  expect(dgov(place, "plan", "approve", dir, "plan").status).toBe(0);
  expect(dgov(place, "run", dir).status).toBe(0);
  expect(git(place, "show", "main:src/a.txt", "main:tests/a.test.mjs")).toBe(`hello\n${ASKS}`);
});

test("B7 by tests-first all stages are taken without a person where that is asked for, and a plan that never comes can be asked for again", () => {
  const place = layTestsFirst([specCall(SPEC)], [{ tool: "give_up", args: { reason: "Too hard" } }]);
  const stopped = create(place, "--tests-first", "--name", "whole", "--auto", "--run");
  expect(stopped).toMatchObject({ status: 1, view: { error: { code: "no_answer" } } });
  const script = JSON.parse(readFileSync(join(place.root, "script.json"), "utf8"));
  script.tasks["consult/planner.plan"] = { turns: [{ calls: [TESTED] }] };
  writeIn(place.root, "script.json", JSON.stringify(script));
  git(place, "commit", "-qam", "it is less hard");
  const gone = JSON.parse(dgov(place, "plan", "continue", `${AUTO}/whole`, "--auto", "--json").stdout);
  expect(gone).toMatchObject({ next: "run", spec: { approved: { by: "automatic" } } });
  const { status, view } = create(place, "--tests-first", "--name", "again", "--auto", "--run");
  expect({ status, view }).toMatchObject({ status: 0, view: { stages: { next: "run" }, ran: { status: "complete" } } });
});

test.each([
  ["SIGKILL", null],
  ["SIGINT", 130],
] as const)(
  "B5 a planner that is ended by %s leaves no plan, and the same words go on behind the recon",
  async (signal, status) => {
    const place = lay();
    const script = join(place.root, "script.json");
    const whole = readFileSync(script, "utf8");
    const told = JSON.parse(whole);
    told.tasks["consult/planner.plan"] = { turns: [{ hang: true }] };
    writeIn(place.root, "script.json", JSON.stringify(told));
    const child = startDgov(place, "plan", "create", "Greet who comes", "--auto", "--json");
    for (let tries = 0; tries < 600 && startedIn(place) < 2; tries++) await Bun.sleep(100);
    child.kill(signal);
    expect([await child.exited, made(place)]).toEqual([status ?? expect.any(Number), []]);
    writeIn(place.root, "script.json", whole);
    expect(create(place, "--auto", "--no-critique")).toMatchObject({ status: 0, view: { name: "greet" } });
    const forms = of(place, "answer_given").map(({ form }) => form);
    expect(forms).toEqual(["submit_recon", "emit_plan"]);
    expect(dgov(place, "log", "verify").status).toBe(0);
  },
);

/** How many model calls were begun. */
const startedIn = (place: Place): number =>
  existsSync(join(place.root, ".dgov/state.db")) ? of(place, "call_reserved").length : 0;
