import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { type Event, taskOf } from "@dgov/kernel";
import type { Project } from "../project.ts";
import { eventsIn, openSite, workOf } from "../testing/site.ts";
import { judge } from "./judge.ts";
import { verdictsDigest } from "./landing_words.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});
async function lay(parts: Parameters<typeof openSite>[0] = {}) {
  const place = await openSite(parts);
  open.push(place);
  return place;
}
type Place = Awaited<ReturnType<typeof lay>>;

const never = new AbortController().signal;
const ask = async (place: Place, signal = never) => {
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, signal);
  await place.site.pool.close();
  return eventsIn(place.log)
    .slice(3)
    .filter(({ kind }) => !RECORDS.has(kind))
    .map(told);
};
/** What is written down beside the verdicts, and has tests of its own. */
const RECORDS: ReadonlySet<string> = new Set(["symbols_touched", "integration_risk_scored"]);
const told = (event: Event): string =>
  event.kind === "gate_judged"
    ? `${event.gate} ${event.verdict}`
    : event.kind === "candidate_rejected"
      ? `rejected by ${event.gate}: ${event.cause} ${event.findings.map(({ code }) => code)}`
      : event.kind;

test("D17 what passes is one commit on the head, with the tree that was judged and words that say whose it is", async () => {
  const place = await lay();
  await workOf(place, { "a.txt": "two\n" });
  expect(await ask(place)).toEqual(["claims pass", "candidate_passed"]);
  const integrated = taskOf(place.site.session.run, place.task).work?.integrated;
  const show = (format: string) => place.repo.user("show", "-s", `--format=${format}`, integrated?.commit ?? "");
  expect(await show("%P %T")).toBe(`${place.head} ${integrated?.tree}`);
  expect(await show("%B")).toContain(`Dgov-Task: ${place.task}`);
});

test("D17 the commit says by which plan it was made, behind which jail, and what the gates have said of it", async () => {
  const place = await lay({ commands: { test: "echo said", lint: "true" } });
  await workOf(place, { "a.txt": "two\n" });
  await ask(place);
  const { run } = place.site.session;
  const commit = taskOf(run, place.task).work?.integrated?.commit ?? "";
  const trailer = (key: string) => place.repo.user("show", "-s", `--format=%(trailers:key=${key},valueonly)`, commit);
  const stored = [...place.log.read()];
  const said = stored.filter(({ event }) => event.kind === "gate_judged");
  const records = said.flatMap(({ event }) => (event.kind === "gate_judged" ? [event] : []));
  expect(records.map(({ gate }) => gate)).toEqual(["claims", "lint", "tests"]);
  expect((await trailer("Dgov-Plan")).trim()).toBe(run.started.plan_hash);
  expect((await trailer("Dgov-Sandbox")).trim()).toBe(place.site.jail.level);
  expect((await trailer("Dgov-Verdicts")).trim()).toBe(verdictsDigest(records));
  expect(verdictsDigest(records.slice(1))).not.toBe(verdictsDigest(records));
  const last = said.at(-1);
  expect((await trailer("Dgov-Log")).trim()).toBe(`${last?.seq}:${last?.hash}`); // the chain covers their words, too
});

test("D13 gates see the work together with what has landed meanwhile, and that is what lands", async () => {
  const files = { "a.txt": "one\n", "b.txt": "one\n" };
  const commands = { test: "grep -q two a.txt && grep -q moved b.txt" };
  const place = await lay({ files, commands });
  await workOf(place, { "a.txt": "two\n" });
  const head = await place.repo.commit({ "b.txt": "moved\n" }, "by a person");
  expect(await ask(place)).toEqual(["claims pass", "semantic pass", "tests pass", "candidate_passed"]);
  const integrated = taskOf(place.site.session.run, place.task).work?.integrated;
  expect(integrated?.head).toBe(head);
  expect(await place.repo.user("show", `${integrated?.commit}:b.txt`)).toBe("moved");
});

test.each<[string, Record<string, string>, Parameters<typeof openSite>[0], string[]]>([
  ["an edit out of scope", { "b.txt": "x\n" }, {}, ["claims reject", "rejected by claims: scope unclaimed_change"]],
  [
    "a red test",
    { "a.txt": "two\n" },
    { commands: { test: "false" } },
    ["claims pass", "tests reject", "rejected by tests: gate test_failure"],
  ],
  [
    "a gate that cannot answer",
    { "a.txt": "two\n" },
    { commands: { test: "no-such-runner" } },
    ["claims pass", "tests broken", "rejected by tests: broken tool_missing"],
  ],
])("%s is rejected, and nothing is there that could land", async (_, work, parts, expected) => {
  const place = await lay(parts);
  await workOf(place, work);
  expect(await ask(place)).toEqual(expected);
  expect(taskOf(place.site.session.run, place.task)).toMatchObject({ state: "failed", work: { integrated: null } });
});

test("a conflict with what has landed names its paths", async () => {
  const place = await lay();
  await workOf(place, { "a.txt": "two\n" });
  await place.repo.commit({ "a.txt": "three\n" }, "by a person");
  expect(await ask(place)).toEqual(["claims pass", "rejected by integration: text_conflict text_conflict"]);
});

test("the same change as one that has landed is a commit that changes nothing", async () => {
  const place = await lay();
  await workOf(place, { "a.txt": "two\n" });
  const head = await place.repo.commit({ "a.txt": "two\n" }, "by a person");
  expect(await ask(place)).toEqual(["claims pass", "candidate_passed"]);
  const commit = taskOf(place.site.session.run, place.task).work?.integrated?.commit ?? "";
  expect(await place.repo.user("rev-parse", `${commit}^`, `${commit}^{tree}`)).toBe(
    await place.repo.user("rev-parse", head, `${head}^{tree}`),
  );
});

test("while the run is being stopped a gate's word is no verdict: the next run asks again", async () => {
  const place = await lay({ commands: { test: "false" } });
  await workOf(place, { "a.txt": "two\n" });
  expect(await ask(place, AbortSignal.abort("SIGINT"))).toEqual([]);
  expect(taskOf(place.site.session.run, place.task).state).toBe("judging");
});

test("a signal that comes while the checkout is made ends what starts after it", async () => {
  const place = await lay({ commands: { test: "true" } });
  await workOf(place, { "a.txt": "two\n" });
  const user = new AbortController();
  const { start } = place.site.jail;
  let stopped = 0;
  place.site.jail.start = async (spec) => {
    user.abort("SIGINT");
    return { ...(await start(spec)), stop: async () => void stopped++ };
  };
  expect(await ask(place, user.signal)).toEqual(["claims pass"]);
  expect(stopped).toBeGreaterThan(0);
});

test("the head is set up as the candidate is before a checker is asked what was wrong there", async () => {
  const place = await lay({
    files: { "a.txt": "one\n", ".gitignore": "tool\n" },
    commands: { setup: "echo 'echo a.txt:1: old; exit 1' > tool", type_check: "sh ./tool" },
  });
  await workOf(place, { "a.txt": "two\n" });
  expect(await ask(place)).toEqual(["claims pass", "setup pass", "types pass", "candidate_passed"]);
});

test.each<[string, Partial<Project["commands"]>, string[]]>([
  [
    "a check that changes what it judges does not pass, and the next one would find the work as it is",
    { lint: "printf 'clean\\n' > a.txt" },
    ["lint reject", "rejected by lint: gate gate_wrote_tracked"],
  ],
  [
    "one that refuses and changes tells both",
    { lint: "rm a.txt; false" },
    ["lint reject", "rejected by lint: gate lint_failure,gate_wrote_tracked"],
  ],
  [
    "one that only touches, and makes files of its own, passes, and they are gone for the next",
    { lint: "touch a.txt; echo x > report.xml; echo x > conftest.py", test: "! ls report.xml conftest.py" },
    ["lint pass", "tests pass", "candidate_passed"],
  ],
  [
    "what git ignores stays for the next",
    { lint: "mkdir -p out; echo built > out/x", test: "cat out/x" },
    ["lint pass", "tests pass", "candidate_passed"],
  ],
  [
    "a setup may write anew what is tracked, and it is the work's all the same; what it makes stays",
    { setup: "echo other > lock.txt; mkdir made; echo x > made/y", lint: "grep one lock.txt", test: "ls made/y" },
    ["setup pass", "lint pass", "tests pass", "candidate_passed"],
  ],
])("%s", async (_, commands, expected) => {
  const place = await lay({ files: { "a.txt": "one\n", "lock.txt": "one\n", ".gitignore": "out/\n" }, commands });
  await workOf(place, { "a.txt": "two\n" });
  expect(await ask(place)).toEqual(["claims pass", ...expected]);
});

test("D8 each run of the tests sees the tree that was judged, and one that changes it is refused", async () => {
  const parts = {
    rules: { evidence: { flake_runs: 3, unwatched_tests: "tell", unverified_statements: "tell" } as const },
    files: { "a.txt": "one\n", ".gitignore": "seen\n" },
  };
  const same = await lay({ ...parts, commands: { test: "cat a.txt >> seen; ! grep -v two seen" } });
  await workOf(same, { "a.txt": "two\n" });
  expect(await ask(same)).toEqual(["claims pass", "tests pass", "candidate_passed"]);
  const other = await lay({ ...parts, commands: { test: "grep -q two a.txt && echo other > a.txt" } });
  await workOf(other, { "a.txt": "two\n" });
  expect(await ask(other)).toEqual(["claims pass", "tests reject", "rejected by tests: gate gate_wrote_tracked"]);
});

test("whole logs are kept under the run's folder", async () => {
  const place = await lay({ commands: { test: "echo said" } });
  await workOf(place, { "a.txt": "two\n" });
  await ask(place);
  expect(existsSync(place.site.out)).toBe(true);
  expect(
    readdirSync(place.site.out, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith("tests.log")),
  ).toHaveLength(1);
});

test.each<[string, Parameters<typeof openSite>[0], string[]]>([
  [
    "passes",
    { commands: { test: "true", lint: "true {file}" }, rules: { review_hooks: ["true"] } },
    ["claims", "hooks landlock", "lint", "tests landlock"],
  ],
  ["refuses", { commands: { test: "false" } }, ["claims", "tests landlock"]],
  ["cannot answer", { commands: { test: "no-such-runner" } }, ["claims", "tests landlock"]],
  [
    "is thrown out of it",
    { commands: { type_check: "echo a.txt:1: no; exit $(wc -w <a.txt)" } },
    ["claims", "types landlock"],
  ],
])(
  "what a gate ran has its level on record, also when it %s; a gate that ran nothing has none",
  async (_, parts, expected) => {
    const place = await lay(parts);
    await workOf(place, { "a.txt": "two\n" });
    await ask(place);
    const levels = eventsIn(place.log).flatMap((event) =>
      event.kind === "gate_judged" ? [[event.gate, event.level].filter(Boolean).join(" ")] : [],
    );
    expect(levels).toEqual(expected); // no source has changed, so there is nothing to lint
  },
);

const LIB = "def f(a, b=0):\n    return (a, b)\n\n\ndef g():\n    return 1\n";
const APP = "import lib\n\n\ndef first():\n    return lib.g()\n";
const python = async (
  work: Record<string, string>,
  landed: Record<string, string>,
  more: Partial<Project["rules"]> = {},
) => {
  const place = await lay({ files: { "lib.py": LIB, "app.py": APP }, rules: more, unit: PYTHON });
  await workOf(place, work);
  await place.repo.commit(landed, "Change it\n\nDgov-Task: core/main.other");
  return place;
};
const PYTHON = { files: { create: [], edit: ["lib.py", "app.py"], delete: [], read: [], touch: [] } };
const messages = (place: Place) =>
  eventsIn(place.log).flatMap((event) =>
    event.kind === "candidate_rejected" || (event.kind === "gate_judged" && event.gate === "semantic")
      ? event.findings.map(({ code, message, path, line }) => `${code} ${path}:${line} ${message}`)
      : [],
  );

test("D14 D16 a call that no longer fits what has landed meanwhile is refused, with both sides' tasks", async () => {
  const place = await python(
    { "app.py": `${APP}\n\ndef second():\n    return lib.f(1)\n` },
    { "lib.py": LIB.replace("a, b=0", "a, c, b=0") },
  );
  expect(await ask(place)).toEqual([
    "claims pass",
    "semantic reject",
    "rejected by semantic: semantic signature_drift",
  ]);
  expect(messages(place)[0]).toMatch(
    /^signature_drift app\.py:9 .*lib\.f.*"core\/main\.other"\), app\.py:\d+(-\d+)? against lib\.py:\d+(-\d+)?;/,
  );
});

test("two changes of one file that fit together pass, and a word of what is worth a look is kept", async () => {
  const place = await python(
    { "app.py": `${APP}\n\ndef second():\n    return lib.f(1)\n` },
    { "lib.py": LIB.replace("return (a, b)", "return (b, a)") },
  );
  expect(await ask(place)).toEqual(["claims pass", "semantic pass", "candidate_passed"]);
  expect(messages(place)[0]).toMatch(/^callee_changed app\.py:/);
});

const two = (name: string) => `${LIB}\n\ndef ${name}():\n    return "${name}"\n`;

test("what git cannot merge is merged by symbol, judged, and lands as that", async () => {
  const place = await python({ "lib.py": two("mine") }, { "lib.py": two("theirs") });
  expect(await ask(place)).toEqual(["claims pass", "merged_by_symbol", "semantic pass", "candidate_passed"]);
  const integrated = taskOf(place.site.session.run, place.task).work?.integrated;
  const text = await place.repo.user("show", `${integrated?.commit}:lib.py`);
  expect(text).toBe(`${two("theirs")}\n\ndef mine():\n    return "mine"`);
});

test("a merge by symbol can be switched off, and what both changed is a conflict that is named", async () => {
  const off = await python({ "lib.py": two("mine") }, { "lib.py": two("theirs") }, { structural_merge: false });
  expect(await ask(off)).toEqual(["claims pass", "rejected by integration: text_conflict text_conflict"]);
  const both = await python({ "lib.py": LIB.replace("1", "2") }, { "lib.py": LIB.replace("1", "3") });
  expect(await ask(both)).toEqual(["claims pass", "rejected by integration: text_conflict text_conflict"]);
  expect(messages(both)[0]).toMatch(/"lib\.py" cannot be merged .*\(landed by "core\/main\.other"\): .*\bg\b/);
});
