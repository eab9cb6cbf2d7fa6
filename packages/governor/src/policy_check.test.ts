import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Content, type Repository, repository } from "./git/testing/repository.ts";
import { openJail } from "./jail.ts";
import { checkPolicy, type PolicyQuestion, refuseBrokenRules } from "./policy_check.ts";
import { projectWith } from "./settlement/testing/parts.ts";

setDefaultTimeout(120_000); // real isolations, and the machine may be busy

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

const RULE = `export default (change) => change.files.flatMap(({ path, added_lines }) =>
  added_lines.filter(({ text }) => text.includes("TODO")).map(({ line }) => ({ code: "todo", message: "Now", path, line })));
export const examples = [
  { change: { files: [{ path: "x", new: "TODO\\n" }] }, findings: ["todo"] },
  { change: { files: [{ path: "x", new: "fine\\n", old: "TODO\\n" }] }, findings: [] },
];
`;
const world = {
  self: [process.execPath, "--config=/dev/null", "--no-env-file", resolve(import.meta.dir, "../../cli/src/main.ts")],
  now_ms: () => Bun.nanoseconds() / 1e6,
  env: process.env,
  signal: new AbortController().signal,
};

async function lay(files: Record<string, Content> = {}) {
  const repo = await repository({ "a.txt": "one\n", ".dgov/policy/todo.js": RULE, ...files });
  made.push(repo);
  const ask = (question: Partial<PolicyQuestion>) =>
    checkPolicy({ cwd: repo.root, ...world }, { range: null, staged: false, ...question });
  return { repo, ask };
}

test("without a change the examples are tried", async () => {
  const { ask } = await lay();
  const view = { scripts: [".dgov/policy/todo.js"], change: null, files: 0, findings: [], notes: [] };
  expect(await ask({})).toEqual(view);
});

test("a commit, the first one, two with dots between them, and what is staged", async () => {
  const { repo, ask } = await lay({ "b.txt": "TODO\n" });
  const codes = async (question: Partial<PolicyQuestion>) =>
    (await ask(question)).findings.map(({ code, path, line }) => `${code} ${path}:${line}`);
  expect(await codes({ range: "HEAD" })).toContain("policy.todo.todo b.txt:1");
  await repo.commit({ "a.txt": "one\nTODO\n" });
  await repo.commit({ "c.txt": "fine\n" });
  expect(await codes({ range: "HEAD" })).toEqual([]);
  expect(await codes({ range: "HEAD~1" })).toEqual(["policy.todo.todo a.txt:2"]);
  expect(await codes({ range: "HEAD~2..HEAD" })).toEqual(["policy.todo.todo a.txt:2"]);
  repo.write({ "c.txt": "TODO\n" });
  expect(await codes({ staged: true })).toEqual([]);
  await repo.user("add", "-A");
  expect(await codes({ staged: true })).toEqual(["policy.todo.todo c.txt:1"]);
});

test("a rule is tried as it stands in the checkout, before it is committed", async () => {
  const { repo, ask } = await lay();
  await repo.commit({ "a.txt": "TODO\n" });
  repo.write({ ".dgov/policy/todo.js": RULE.replaceAll("TODO", "FIXME") });
  expect((await ask({ range: "HEAD" })).findings).toEqual([]);
});

test.each<[string, Partial<PolicyQuestion>, string]>([
  ["no commit", { range: "nowhere" }, "usage"],
  ["three dots", { range: "HEAD...HEAD" }, "usage"],
  ["a range and what is staged", { range: "HEAD", staged: true }, "usage"],
  ["an option", { range: "--all" }, "usage"],
])("%s is refused", async (_, question, code) => {
  const { ask } = await lay();
  await expect(ask(question)).rejects.toMatchObject({ code });
});

test("scripts that cannot be used are all told, with their places", async () => {
  const { ask } = await lay({
    ".dgov/policy/a.js": "export default (x) => {\n  return [;\n}",
    ".dgov/policy/b.js": RULE.replace("fine", "a TODO"),
  });
  await expect(ask({})).rejects.toMatchObject({
    code: "config_invalid",
    exit: 3,
    places: [
      { file: ".dgov/policy/a.js", line: 2, code: "rule_broken" },
      { file: ".dgov/policy/b.js", line: null, code: "rule_broken" },
    ],
  });
});

test("a link among the rules is refused", async () => {
  const { ask } = await lay({ ".dgov/policy/b.js": { link: "todo.js" } });
  await expect(ask({})).rejects.toMatchObject({ code: "config_invalid" });
});

test("a run begins with rules that can be used, those of the commit, and with none", async () => {
  const { repo } = await lay();
  const jail = await openJail(projectWith(repo.root, {}).rules.sandbox, world);
  const begin = async (head: string, hooks: string[] = []) => {
    const project = projectWith(repo.root, { rules: { review_hooks: hooks } });
    return refuseBrokenRules(jail, { git: repo.git, project, head }, world.signal);
  };
  const good = await repo.user("rev-parse", "HEAD");
  const bad = await repo.commit({ ".dgov/policy/todo.js": "export default 1;" });
  expect(await begin(good)).toBeUndefined();
  await expect(begin(bad)).rejects.toMatchObject({ code: "config_invalid" });
  await expect(begin(good, [".dgov/hooks/none.js"])).rejects.toMatchObject({ places: [{ code: "hook_broken" }] });
  expect(await begin(await repo.commit({ ".dgov/policy/todo.js": null }))).toBeUndefined();
});

test("the rule that the documentation shows holds by its own examples", async () => {
  const text = readFileSync(resolve(import.meta.dir, "../../../docs/rules.md"), "utf8");
  const [, source = ""] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
  const { repo, ask } = await lay({ ".dgov/policy/todo.js": source, "tests/test_a.py": "x\n" });
  await repo.commit({ "tests/test_a.py": null });
  const [finding] = (await ask({ range: "HEAD" })).findings;
  expect(finding).toMatchObject({ code: "policy.todo.test_deleted", path: "tests/test_a.py" });
});
