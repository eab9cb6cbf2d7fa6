import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Asked, judgedBy, openCandidates } from "./testing/candidate.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const { lay, clear } = openCandidates();
afterEach(clear);

/** @returns the verdict's code, and what the command has left beside the checkout in `../NAME`, one line for each run */
async function ask(asked: Omit<Asked, "work">, name = "runs") {
  const candidate = await lay({ work: { "a.py": "x" }, ...asked });
  const [verdict] = await judgedBy(candidate);
  const path = join(candidate.root, "..", name);
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  const logs = [2, 3].filter((nth) => existsSync(join(candidate.out, `tests-run-${nth}.log`)));
  return { code: verdict?.findings[0]?.code ?? verdict?.verdict, message: verdict?.findings[0]?.message, lines, logs };
}

/** Fails at its nth run alone. */
const failing = (nth: number) => `echo run >> ../runs; test $(wc -l < ../runs) -ne ${nth}`;

test.each<[string, Omit<Asked, "work">, string, number, number[]]>([
  ["that fails at its second run", { commands: { test: failing(2) }, flake_runs: 3 }, "test_flaky", 2, [2]],
  ["that fails at its third run", { commands: { test: failing(3) }, flake_runs: 3 }, "test_flaky", 3, [2, 3]],
  ["of the task that fails at its second run", { test_cmd: failing(2), flake_runs: 3 }, "test_flaky", 2, [2]],
  ["that fails at once", { commands: { test: failing(1) }, flake_runs: 3 }, "test_failure", 1, []],
  ["that passes each time", { commands: { test: failing(9) }, flake_runs: 3 }, "pass", 3, [2, 3]],
  ["that would fail at its second run, without flake_runs", { commands: { test: failing(2) } }, "pass", 1, []],
])("D8 a test %s", async (_, asked, code, runs, logs) => {
  expect(await ask(asked)).toMatchObject({ code, lines: Array(runs).fill("run"), logs });
});

test("D8 the words say at which run it failed, and that it had passed", async () => {
  const { message } = await ask({ commands: { test: failing(2) }, flake_runs: 3 });
  expect(message).toMatch(/fails at run 2 of 3 on the same tree \(exit status 1\), and has passed before$/);
});

test("D8 a run that cannot answer is broken, and no flake", async () => {
  const commands = { test: "echo run >> ../runs; test $(wc -l < ../runs) -eq 1 || exec no-such-runner" };
  expect((await ask({ commands, flake_runs: 2 })).code).toBe("tool_missing");
});

test("D8 Go is kept from telling again what it has said", async () => {
  const asked = { commands: { test: 'go() { echo "of $GOFLAGS" >> ../flags; }; go test ./...' }, flake_runs: 2 };
  expect((await ask(asked, "flags")).lines).toEqual(["of ", "of  -count=1"]);
});

/** A runner that counts files with the word in them as tests that pass, and says so as pytest does. */
const COUNTING =
  "n=$(cat /dev/null $@ | grep -c test_); if [ $n = 0 ]; then echo no tests ran in 0.00s; exit 5; fi; echo $n passed in 0.01s";
const pytest = (words: string) =>
  `pytest() { for one in "$@"; do test -e "$one" || return 4; done; set -- $(find "$@" -type f); ( ${COUNTING} ); }; pytest ${words}`;
const TESTS = { "tests/test_a.py": "def test_a()\n" };
const SKIPPING = { "tests/test_a.py": "nothing\n" };

const work = { "a.py": "x" };
test.each<[string, Asked, string]>([
  ["of the task", { work, base: SKIPPING, test_cmd: pytest("tests") }, "reject tests_not_run"],
  ["of the task, but for one", { work, base: TESTS, test_cmd: pytest("tests") }, "pass"],
  [
    "of the project, where the head runs some",
    { work: SKIPPING, base: TESTS, commands: { test: pytest("tests") } },
    "reject tests_not_run",
  ],
  [
    "of the project, where nothing ran before",
    { work: SKIPPING, commands: { test: pytest("tests") } },
    "pass tests_not_run",
  ],
])("D8 a command %s that runs no test", async (_, asked, said) => {
  const [verdict] = await judgedBy(await lay(asked));
  expect([verdict?.verdict, ...(verdict?.findings ?? []).map(({ code }) => code)].join(" ")).toBe(said);
});

test("D8 files that hold no test of their own are no reason to refuse: all tests are run then", async () => {
  const asked = { work: { "tests/test_help.py": "a helper\n" }, base: TESTS, commands: { test: pytest("{test_dir}") } };
  const candidate = await lay(asked);
  const [verdict] = await judgedBy(candidate);
  expect([verdict?.verdict, verdict?.findings, verdict?.command?.endsWith("pytest tests")]).toEqual(["pass", [], true]);
  const own = await lay({ ...asked, base: SKIPPING });
  expect((await judgedBy(own))[0]?.findings).toMatchObject([{ code: "tests_not_run" }]);
});

test("D8 other tests that run are no answer to those that were frozen for a task", async () => {
  const candidate = await lay({
    work: { "tests/test_own.py": "nothing\n" },
    base: TESTS,
    test_cmd: pytest("{test_dir}"),
    commands: { test: pytest("{test_dir}") },
  });
  const { files } = candidate.unit;
  const frozen = { ...candidate, unit: { ...candidate.unit, files: { ...files, tests: ["tests/test_own.py"] } } };
  const [verdict] = await judgedBy(frozen);
  expect([verdict?.verdict, verdict?.findings[0]?.code]).toEqual(["reject", "tests_not_run"]);
  expect((await judgedBy(candidate))[0]?.verdict).toBe("pass");
});
