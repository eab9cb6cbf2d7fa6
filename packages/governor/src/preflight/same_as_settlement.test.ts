import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Content, Repository } from "../git/testing/repository.ts";
import { openJail } from "../jail.ts";
import { preflight } from "../preflight.ts";
import { judge } from "../settlement/judge.ts";
import { unitWith } from "../settlement/testing/parts.ts";
import { eventsIn, openSite, SELF, workOf } from "../testing/site.ts";
import { projectAt } from "./base_project.ts";

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

type Files = Readonly<Record<string, Content | null>>;
/** `landed`: what has come to the target meanwhile; null: nothing has. `expected`: the verdict, and the gate that gave it. */
type Case = { name: string; project?: string; base?: Files; work: Files; landed?: Files; expected: string };

const AWS = `AKIA${"A1".repeat(8)}`;
const TOKEN = `ghp_${"a1".repeat(20)}`;
const PASS = "pass";
const BASE: Files = { "a.txt": "one\n", "src/m.py": "def area(w, h):\n    return w * h\n", "src/use.py": "" };
const lint = (command: string) => `lint_cmd = ${JSON.stringify(command)}`;
const RULE = (
  found: string,
) => `export const examples = [{ change: { files: [{ path: "x" }] }, findings: ["c"] }, { change: { files: [] }, findings: [] }];
export default function (change) { return change.files.some((file) => ${found}) ? [{ code: "c", message: "m" }] : []; }
`;
const BY_RULE = (found: string) => ({ ...BASE, ".dgov/policy/r.js": RULE(`file.path === "x" || ${found}`) });

const content = (name: string, work: Files, expected: string, base: Files = BASE): Case => ({
  name,
  work,
  base,
  expected,
});
const asked = (name: string, project: string, work: Files, expected: string): Case => ({
  name,
  project,
  work,
  expected,
});

// biome-ignore format: a table reads by its columns
const CASES: readonly Case[] = [
  content("a plain edit", { "a.txt": "two\n" }, PASS),
  content("a new file", { "b.txt": "new\n" }, PASS),
  content("a file that goes", { "a.txt": null }, PASS),
  content("a program", { "run.sh": { run: "#!/bin/sh\n" } }, PASS),
  content("a link inside", { "l": { link: "a.txt" } }, PASS),
  content("a link out", { "l": { link: "../out" } }, "reject content"),
  content("a link to an absolute path", { "l": { link: "/etc/passwd" } }, "reject content"),
  content("a link into git's folder", { "l": { link: ".git/config" } }, "reject content"),
  content("an AWS key", { "k.txt": AWS }, "reject content"),
  content("a key that is old", { "a.txt": `${AWS}\nmore\n` }, PASS, { ...BASE, "a.txt": `${AWS}\n` }),
  content("a key beside an old one", { "a.txt": `${AWS}\nAKIA${"B2".repeat(8)}\n` }, "reject content", { ...BASE, "a.txt": `${AWS}\n` }),
  content("a GitHub token", { "k.txt": TOKEN }, "reject content"),
  content("a private key", { "k.pem": "-----BEGIN RSA PRIVATE KEY-----\n" }, "reject content"),
  content("a Slack token", { "k.txt": `xoxb-${"1".repeat(24)}` }, "reject content"),
  content("an API key", { "k.txt": `sk-proj-${"a".repeat(40)}` }, "reject content"),
  content("words about keys", { "k.txt": "sk-short AKIA ghp_\n" }, PASS),
  content("a large file", { "k.bin": "x".repeat(6 * 1024 * 1024) }, "reject content"),
  content("a file that is not so large", { "k.bin": "x".repeat(4 * 1024 * 1024) }, PASS),
  content("binary", { "k.bin": new Uint8Array([0, 1, 2, 255]) }, PASS),
  content("a link in a file's place", { "a.txt": { link: "src/m.py" } }, PASS),
  asked("lint that passes", lint("! grep -n TODO {file}"), { "src/m.py": "X = 1\n" }, PASS),
  asked("lint that does not", lint("! grep -nH TODO {file}"), { "src/m.py": "X = 1  # TODO\n" }, "reject lint"),
  asked("lint that says nothing", lint("false {file}"), { "src/m.py": "X = 1\n" }, "reject lint"),
  asked("lint with nothing to look at", lint("false {file}"), { "a.txt": "two\n" }, PASS),
  asked("lint without a tool", lint("no-such-linter {file}"), { "src/m.py": "X = 1\n" }, "broken lint"),
  asked("lint that is ended by a signal", lint("kill -9 $$ {file}"), { "src/m.py": "X = 1\n" }, "broken lint"),
  asked("format that passes", 'format_check_cmd = "true {file}"', { "src/m.py": "X = 1\n" }, PASS),
  asked("format that does not", 'format_check_cmd = "! grep -q X {file}"', { "src/m.py": "X = 1\n" }, "reject format"),
  asked("types that pass", 'type_check_cmd = "true"', { "src/m.py": "X = 1\n" }, PASS),
  asked("types that do not", 'type_check_cmd = "! grep -Hn X src/*.py"', { "src/m.py": "X = 1\n" }, "reject types"),
  asked("types that were red before", 'type_check_cmd = "! grep -Hn area src/*.py"', { "src/use.py": "Y = 1\n" }, PASS),
  asked("tests that pass", 'test_cmd = "grep -q two a.txt"', { "a.txt": "two\n" }, PASS),
  asked("tests that fail", 'test_cmd = "grep -q three a.txt"', { "a.txt": "two\n" }, "reject tests"),
  asked("tests that see the whole tree", 'test_cmd = "test -f src/m.py && test ! -f a.txt"', { "a.txt": null }, PASS),
  asked("tests without a network", 'test_cmd = "! getent hosts example.org"', { "a.txt": "two\n" }, PASS),
  asked("tests that change what they judge", 'test_cmd = "echo more >> a.txt"', { "a.txt": "two\n" }, "reject tests"),
  asked("tests that leave something", 'test_cmd = "echo more > left.txt"', { "a.txt": "two\n" }, PASS),
  asked("a setup that all see", 'setup_cmd = "echo made > made.txt"\ntest_cmd = "grep -q made made.txt"', { "a.txt": "two\n" }, PASS),
  asked("a setup that fails", 'setup_cmd = "false"\ntest_cmd = "true"', { "a.txt": "two\n" }, "reject setup"),
  asked("the first that fails ends it", `${lint("false {file}")}\ntest_cmd = "false"`, { "src/m.py": "X = 1\n" }, "reject lint"),
  asked("a hook that passes", 'review_hooks = ["! grep -l secret {files}"]', { "a.txt": "two\n" }, PASS),
  asked("a hook that refuses", 'review_hooks = ["! grep -l two {files}"]', { "a.txt": "two\n" }, "reject hooks"),
  asked("too slow", 'settlement_timeout = 1\ntest_cmd = "sleep 30"', { "a.txt": "two\n" }, "broken tests"),
  content("a rule that passes", { "a.txt": "two\n" }, PASS, BY_RULE('file.path === "no"')),
  content("a rule that refuses", { "a.txt": "two\n" }, "reject policy", BY_RULE('file.path === "a.txt"')),
  content("a rule that cannot be used", { "a.txt": "two\n" }, "broken policy", { ...BASE, ".dgov/policy/r.js": "export default 1;\n" }),
  { name: "what has landed beside it", work: { "a.txt": "two\n" }, landed: { "b.txt": "new\n" }, expected: PASS },
  { name: "what has landed on the same line", work: { "a.txt": "two\n" }, landed: { "a.txt": "three\n" }, expected: "reject integration" },
  { name: "a name that is gone meanwhile", work: { "src/use.py": "from m import area\n\nprint(area(1, 2))\n" }, landed: { "src/m.py": "def size(w, h):\n    return w * h\n" }, expected: "reject semantic" },
  { name: "tests of both together", project: 'test_cmd = "test -f b.txt && grep -q two a.txt"', work: { "a.txt": "two\n" }, landed: { "b.txt": "new\n" }, expected: PASS },
  { name: "tests that only both together fail", project: 'test_cmd = "! (test -f b.txt && grep -q two a.txt)"', work: { "a.txt": "two\n" }, landed: { "b.txt": "new\n" }, expected: "reject tests" },
];

test("there are 50 cases, and each verdict is among them", () => {
  expect(CASES.length).toBeGreaterThanOrEqual(50);
  const said = new Set(CASES.map(({ expected }) => expected.split(" ")[0]));
  expect([...said].sort()).toEqual(["broken", "pass", "reject"]);
});

const open: Repository[] = [];
afterAll(() => open.splice(0).forEach((repo) => void repo.remove()));

const NONE = ["test_cmd", "lint_cmd", "lint_fix_cmd", "format_cmd", "format_check_cmd"];
const projectOf = (keys: string) =>
  `[project]\n${NONE.filter((key) => !new RegExp(`^${key} `, "m").test(keys))
    .map((key) => `${key} = ""\n`)
    .join("")}${keys}\n`;

test.each(CASES.map((one) => [one.name, one] as const))(
  "D25 preflight says what settlement says: %s",
  async (_name, one) => {
    const files = { ...(one.base ?? BASE), ".dgov/project.toml": projectOf(one.project ?? "") };
    const place = await openSite({ files, unit: unitWith({ touch: ["**"] }) });
    const { repo, site, head } = place;
    open.push(repo);
    const project = await projectAt(repo.git, head);
    if (project === null) throw new Error("The case has no project");
    site.project = project;
    const world = { ...site.world, env: process.env, self: SELF, now_ms: () => Date.now() };
    site.jail = await openJail(project.rules.sandbox, world);
    const work = await workOf(place, one.work);
    if (one.landed) await repo.commit(one.landed, "landed meanwhile");
    await judge(site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
    await site.pool.close();
    const settled = settlementSays(place);
    expect(settled).toBe(one.expected);
    const target = await repo.user("rev-parse", "main");
    const asking = { ...world, cwd: repo.root, version: "t" };
    const view = await preflight(asking, {
      question: { kind: "range", range: `${target}..${work}` },
      fresh: false,
      touches: false,
    });
    const last = view.gates.at(-1);
    expect(view.verdict === "pass" ? PASS : `${view.verdict} ${last?.gate}`).toBe(settled);
  },
);

function settlementSays({ log }: Awaited<ReturnType<typeof openSite>>): string {
  const events = eventsIn(log);
  if (events.some(({ kind }) => kind === "candidate_passed")) return PASS;
  const rejected = events.find(({ kind }) => kind === "candidate_rejected");
  if (rejected?.kind !== "candidate_rejected") throw new Error("Settlement has not answered");
  const verdict = rejected.cause === "broken" ? "broken" : "reject";
  return `${verdict} ${rejected.gate === "claims" ? "content" : rejected.gate}`;
}
