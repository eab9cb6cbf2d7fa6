import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { StagesView } from "../packages/governor/src/tests_first.ts";
import { commitAll, dgov, eventsOf, git, type Place, readIn, startDgov, writeIn } from "./repo.ts";
import { bash, type Call, done, edit, layTasks, write } from "./scripted.ts";

setDefaultTimeout(300_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const PLAN = ".dgov/plans/p";
const SPEC = ["Goal", "Assumptions", "Design", "Out of scope", "Acceptance criteria", "Open questions"]
  .map((heading) => `## ${heading}\n\nAs it says.\n`)
  .join("\n");
const source = (value: number) => `export const value = ${value};\n`;
const asks = (name: string, value: number, from = `../src/${name}.mjs`) =>
  `import { test } from "node:test";\nimport assert from "node:assert";\nimport { value } from "${from}";\ntest("${name}", () => assert.equal(value, ${value}));\n`;

type Laid = { calls?: readonly Call[]; files?: Record<string, string> };

/** Two tasks by tests-first: each is to make a value what its test asks for. */
function lay({ calls = [edit("src/a.mjs", "1", "2"), done], files = {} }: Laid = {}): Place {
  const task = (name: string, its: readonly Call[]) => ({
    claims: `files.edit = ["src/${name}.mjs"]\ntest_cmd = "node --test {test_dir}"\ntests = ["tests/${name}.test.mjs"]`,
    attempts: [its],
  });
  const place = layTasks(
    { one: task("a", calls), two: task("b", [edit("src/b.mjs", "1", "2"), done]) },
    {
      project: { language: "javascript", src_dir: "src", test_dir: "tests", test_cmd: "node --test {test_dir}" },
      files: {
        "src/a.mjs": source(1),
        "src/b.mjs": source(1),
        "tests/a.test.mjs": asks("a", 2),
        "tests/b.test.mjs": asks("b", 2),
        [`${PLAN}/_spec.md`]: SPEC,
        ...files,
      },
    },
  );
  open.push(place);
  const root = readIn(place, `${PLAN}/_root.toml`);
  writeIn(place.root, `${PLAN}/_root.toml`, root.replace("[plan]\n", '[plan]\nmethod = "tests-first"\n'));
  commitAll(place, "by tests-first");
  return place;
}

const stages = (place: Place, ...args: string[]): StagesView & { status: number | null } => {
  const { status, stdout, stderr } = dgov(place, "plan", ...args, "--json");
  if (!stdout.startsWith("{")) throw new Error(stderr);
  return { ...JSON.parse(stdout), status };
};
const standing = (place: Place, ...args: string[]) => {
  const { status, next, why } = stages(place, ...args);
  return [status, next, why].join(" ");
};
const records = (place: Place): string[] =>
  readdirSync(join(place.root, PLAN, "_stages")).map((name) => {
    const { said, at_ms } = JSON.parse(readIn(place, `${PLAN}/_stages/${name}`));
    return `${String(at_ms).padStart(15, "0")} ${said.kind} ${said.by ?? said.is ?? ""}`;
  });
const kindsOf = (place: Place): string[] =>
  records(place)
    .sort()
    .map((line) => line.slice(16).trim());
const refused = (place: Place, ...args: string[]) => {
  const { status, stdout } = dgov(place, ...args, "--json");
  return [status, JSON.parse(stdout).error.code].join(" ");
};

test("B10 B11 from a spec to a landing: nothing is run before it is approved, and who approved is in the log", () => {
  const place = lay();
  expect(standing(place, "stages", "p")).toBe("0 approve_spec absent");
  expect(refused(place, "run", "p")).toBe("3 plan_unapproved");
  expect(refused(place, "plan", "approve", "p", "plan")).toBe("1 stage_refused");
  expect(standing(place, "approve", "p", "spec", "--name", "Ada")).toBe("0 tests absent");
  expect(standing(place, "continue", "p")).toBe("0 approve_plan absent");
  expect(stages(place, "stages", "p").tests).toMatchObject([
    { task: "tasks/main.one", path: "tests/a.test.mjs", intact: true, red: { is: "red", failed: 1, passed: 0 } },
    { task: "tasks/main.two", path: "tests/b.test.mjs", intact: true, red: { is: "red", failed: 1, passed: 0 } },
  ]);
  expect(refused(place, "run", "p")).toBe("3 plan_unapproved");
  expect(standing(place, "approve", "p", "plan", "--name", "Ada")).toBe("0 run ");
  expect(kindsOf(place)).toEqual([
    "spec_approved person",
    "tests_frozen",
    "red_checked red",
    "red_checked red",
    "plan_approved person",
  ]);
  const ran = dgov(place, "run", "p");
  expect(ran).toMatchObject({ status: 0 });
  const events = eventsOf(place);
  const [frozen] = events.filter((event) => event.kind === "tests_frozen");
  expect(frozen).toMatchObject({ spec_by: { by: "person", name: "Ada" }, plan_by: { by: "person", name: "Ada" } });
  const gates = events.flatMap((event) => (event.kind === "gate_judged" ? [`${event.gate} ${event.verdict}`] : []));
  expect(gates).toContain("frozen pass");
  expect(gates.filter((said) => !said.endsWith(" pass"))).toEqual([]); // each was judged while the other was red
  expect(git(place, "show", "HEAD:src/a.mjs", "HEAD:src/b.mjs")).toBe(source(2) + source(2));
  expect(dgov(place, "replay", "r").status).toBe(0);
});

describe("B7 what was approved and then changed is not approved", () => {
  test("a spec, a plan, a test and a source, each by its bytes", () => {
    const place = lay();
    dgov(place, "plan", "continue", "p", "--auto");
    expect(standing(place, "stages", "p")).toBe("0 run ");
    const changed = (path: string, more: string) => {
      const before = readIn(place, path);
      writeIn(place.root, path, before + more);
      commitAll(place, "a change");
      const now = `${standing(place, "stages", "p")} | ${refused(place, "run", "p")}`;
      writeIn(place.root, path, before);
      commitAll(place, "taken back");
      return now;
    };
    expect(changed(`${PLAN}/_spec.md`, " ")).toBe("0 approve_spec changed | 3 plan_unapproved");
    expect(changed("tests/a.test.mjs", "\n")).toBe("0 tests changed | 3 plan_unapproved");
    expect(changed("src/b.mjs", "\n")).toBe("0 red changed | 3 plan_unapproved");
    expect(changed(`${PLAN}/tasks/main.toml`, '\n[tasks.three]\nrole = "researcher"\nprompt = "Orient: x"\n')).toBe(
      "0 approve_plan changed | 3 plan_unapproved",
    );
    expect(standing(place, "stages", "p")).toBe("0 run ");
  });

  test("B25 an approval falls when the contract allows more, and what it does not name is not run", () => {
    const contract = `${PLAN}/_contract.toml`;
    const allowing = 'version = 1\n\n[capabilities]\nproviders = ["scripted"]\nsetup_network = ["all"]\n';
    const place = lay({ files: { [contract]: allowing } });
    dgov(place, "plan", "continue", "p", "--auto");
    const now = (path: string, text: string) => {
      writeIn(place.root, path, text);
      commitAll(place, "a change");
      return `${standing(place, "stages", "p")} | ${refused(place, "run", "p")}`;
    };
    const wider = ['network = ["pypi.org"]', 'programs = ["other"]', 'variables = ["TOKEN"]', 'read = ["/srv"]'];
    for (const more of wider)
      expect(now(contract, `${allowing}${more}\n`)).toBe("0 approve_plan changed | 3 plan_unapproved");
    expect(now(contract, "version = 1\n")).toBe("0 approve_plan changed | 3 plan_unapproved"); // bounds nothing any more
    expect(standing(place, "approve", "p", "plan")).toBe("0 run ");
    expect(now(contract, allowing)).toBe("0 approve_plan changed | 3 plan_unapproved");
    expect(standing(place, "approve", "p", "plan")).toBe("0 run ");

    const project = readIn(place, ".dgov/project.toml");
    expect(now(".dgov/project.toml", `${project}\n[sandbox]\nhosts = ["pypi.org"]\n`)).toBe(
      "0 plan invalid | 3 plan_invalid",
    );
    const { error } = JSON.parse(dgov(place, "run", "p", "--json").stdout);
    expect(error.places).toMatchObject([{ code: "capability_undeclared", file: contract }]);
    expect(refused(place, "plan", "approve", "p", "plan")).toBe("1 stage_refused");
    expect(eventsOf(place)).toEqual([]);

    writeIn(place.root, ".dgov/project.toml", project);
    commitAll(place, "taken back");
    dgov(place, "plan", "continue", "p", "--auto"); // red was seen on what is not there any more
    expect(dgov(place, "run", "p").status).toBe(0);
  });

  test("a spec with nothing under a heading is approved by nobody", () => {
    const place = lay({
      files: { [`${PLAN}/_spec.md`]: SPEC.replace("## Out of scope\n\nAs it says.\n", "## Out of scope\n") },
    });
    expect(refused(place, "plan", "approve", "p", "spec")).toBe("1 stage_refused");
    expect(refused(place, "plan", "continue", "p", "--auto")).toBe("1 stage_refused");
  });
});

test("B11 tests that are green, or red for another reason than that they fail, block the plan", () => {
  const missing = asks("b", 2, "../src/missing.mjs");
  const place = lay({ files: { "tests/a.test.mjs": asks("a", 1), "tests/b.test.mjs": missing } });
  const codes = () => {
    const { status, next, tests } = stages(place, "continue", "p", "--auto");
    return [status, next, ...tests.map(({ red }) => red?.code)].join(" ");
  };
  expect(codes()).toBe("1 red already_green red_error");
  expect(refused(place, "run", "p")).toBe("3 plan_unapproved");
  writeIn(place.root, "tests/a.test.mjs", `${asks("a", 2)}(`); // no code
  writeIn(place.root, "tests/b.test.mjs", asks("b", 2));
  commitAll(place, "other tests");
  expect(codes()).toBe("1 red red_error red");
  writeIn(place.root, "tests/a.test.mjs", asks("a", 2));
  commitAll(place, "tests that are red");
  expect(codes()).toBe("0 run red red");
});

test("B8 killed after each step, it goes on from there, and comes to the same plan", async () => {
  const whole = lay();
  const end = (place: Place) => {
    const { tests, spec, next } = stages(place, "continue", "p", "--auto");
    const red = tests.map(({ red: said, ...one }) => ({ ...one, is: said?.is }));
    return { red, spec: spec?.hash, next, kinds: kindsOf(place) };
  };
  const wanted = end(whole);
  expect(wanted.kinds).toEqual([
    "spec_approved automatic",
    "tests_frozen",
    "red_checked red",
    "red_checked red",
    "plan_approved automatic",
  ]);
  for (const steps of [1, 2, 3, 4]) {
    const place = lay();
    const running = startDgov(place, "plan", "continue", "p", "--auto");
    await untilLines(running.stderr, steps);
    running.kill("SIGKILL");
    await running.exited;
    expect(kindsOf(place).length).toBeGreaterThanOrEqual(steps);
    expect(end(place)).toEqual(wanted);
  }
});

async function untilLines(stream: ReadableStream<Uint8Array>, many: number): Promise<void> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.split("\n").length > many) return;
  }
  throw new Error(`It ended after: ${text}`);
}

test("B12 a worker that makes its test easier is refused, whichever way it goes", () => {
  const easier = "echo > tests/a.test.mjs";
  const place = lay({ calls: [bash(easier), bash(`rm tests/a.test.mjs; ln -s ../src/a.mjs tests/a.test.mjs`), done] });
  dgov(place, "plan", "continue", "p", "--auto");
  expect(dgov(place, "run", "p").status).toBe(1);
  expect(git(place, "show", "HEAD:tests/a.test.mjs")).toBe(asks("a", 2));
  const landed = eventsOf(place).flatMap((event) => (event.kind === "task_landed" ? [String(event.task)] : []));
  expect(landed).toEqual(["tasks/main.two"]);
});

test("B10 B13 tests are written by a role of its own, which changes nothing else; those of an earlier plan go again", () => {
  const place = lay();
  const played = (...attempts: Call[][]) => ({
    attempts: attempts.map((calls) => ({ turns: calls.map((call) => ({ calls: [call] })) })),
  });
  const foreign = [
    write("src/a.mjs", source(3)),
    bash("echo '// more' >> src/a.mjs"),
    edit("tests/b.test.mjs", "2", "1"),
  ];
  const tasks = {
    "tests-tasks/main.one": played(
      [...foreign, write("tests/new.test.mjs", asks("a", 1)), done], // is green, and comes back
      [edit("tests/new.test.mjs", "value, 1", "value, 2"), done],
    ),
  };
  writeIn(place.root, "script.json", JSON.stringify({ version: 1, tasks }));
  const project = readIn(place, ".dgov/project.toml");
  const author = '[providers.scripted]\nscript = "script.json"\n\n[tiers]\ntest_author = "author"\n';
  writeIn(place.root, ".dgov/project.toml", `${project}\n${author}`);
  const renamed = (from: string, to: string) => {
    const path = `${PLAN}/tasks/main.toml`;
    writeIn(place.root, path, readIn(place, path).replace(`tests/${from}.test.mjs`, `tests/${to}.test.mjs`));
    commitAll(place, `it is ${to}`);
  };
  renamed("a", "new");
  expect(standing(place, "continue", "p", "--auto")).toBe("0 run ");
  const events = eventsOf(place);
  const judged = events.flatMap((event) => (event.kind === "gate_judged" ? [`${event.gate} ${event.verdict}`] : []));
  expect(judged).toEqual(["claims pass", "red reject", "claims pass", "red pass"]);
  const refusals = events.flatMap((event) => (event.kind === "tool_called" && !event.ok ? [event.tool] : []));
  expect(refusals).toEqual(expect.arrayContaining(["write_file", "edit_file"]));
  expect(git(place, "show", "HEAD:tests/new.test.mjs", "HEAD:src/a.mjs")).toBe(asks("a", 2) + source(1));
  expect(git(place, "log", "-1", "--format=%(trailers:key=Dgov-Task,valueonly)").trim()).toBe("tests-tasks/main.one");
  const files = () => git(place, "ls-tree", "--name-only", "HEAD", "tests/").trim().split("\n");
  expect(files()).toEqual(["tests/a.test.mjs", "tests/b.test.mjs", "tests/new.test.mjs"]);
  renamed("new", "a"); // by hand, and there: nothing is written, and what the author wrote goes
  expect(standing(place, "continue", "p", "--auto")).toBe("0 run ");
  expect(files()).toEqual(["tests/a.test.mjs", "tests/b.test.mjs"]);
});

test("B8 a critic approves in a person's place, or says what stands against it; who it was is recorded", () => {
  const place = lay();
  const opinion = (verdict: string, ...faults: string[]) => ({
    turns: [{ calls: [{ tool: "submit_opinion", args: { verdict, faults } }] }],
  });
  const said = (spec: object, plan: object) => {
    const tasks = { "consult/reviewer.spec": spec, "consult/reviewer.plan": plan };
    writeIn(place.root, "script.json", JSON.stringify({ version: 1, tasks }));
    commitAll(place, "what the critic says");
  };
  const project = readIn(place, ".dgov/project.toml");
  const critic = '[providers.scripted]\nscript = "script.json"\n\n[tiers]\nreviewer = "sharp"\n';
  writeIn(place.root, ".dgov/project.toml", `${project}\n${critic}`);
  said(opinion("object", "No test could show it"), opinion("approve"));
  const refusedBy = dgov(place, "plan", "continue", "p", "--critic");
  expect(refusedBy).toMatchObject({ status: 0, stderr: expect.stringContaining("No test could show it") });
  expect(standing(place, "stages", "p")).toBe("0 approve_spec absent");
  said(opinion("approve"), opinion("approve"));
  const { next, approved } = stages(place, "continue", "p", "--critic");
  expect({ next, approved }).toMatchObject({ next: "run", approved: { by: "critic", name: "scripted/sharp" } });
});
