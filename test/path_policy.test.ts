import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PolicyTable, policyOf } from "../packages/governor/src/policy_file.ts";
import { readScopeStatus } from "../packages/governor/src/scope_status.ts";
import { type Explained, explainPath, sayExplained } from "../packages/governor/src/settlement/path_rules.ts";
import { commitAll, DGOV, dgov, git, makeRepository, type Place, writeIn } from "./repo.ts";

setDefaultTimeout(120_000); // the machine may be busy
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

function lay(toml: string, files: Readonly<Record<string, string>> = {}): Place {
  const place = makeRepository({ "src/a.txt": "1\n", ".dgov/project.toml": `[project]\n${toml}`, ...files });
  open.push(place);
  return place;
}

/** What settlement says of the checkout, for who has claimed all of it. */
async function judged({ root, env }: Place) {
  const asking = { cwd: root, env, self: DGOV, now_ms: () => performance.now() };
  const question = { task: "tasks/main.one", plan: null, claims: ["**"], reads: [], checkout: true };
  const { blocking_failure, findings } = await readScopeStatus(asking, question);
  return { refused: blocking_failure !== null, codes: findings.map(({ code, path }) => `${code} ${path}`) };
}

test("A16 the same change under three presets has three verdicts", async () => {
  const place = lay("", { ".github/workflows/ci.yml": "on: push\n" });
  writeIn(place.root, ".github/workflows/ci.yml", "on: pull_request\n");
  writeIn(place.root, "src/a.txt", "2\n");
  const under = async (preset: string) => {
    writeFileSync(join(place.root, ".dgov/project.toml"), `[project]\n[policy]\npreset = "${preset}"\n`);
    git(place, "add", ".dgov");
    git(place, "commit", "-qm", preset, "--", ".dgov");
    return judged(place);
  };
  const path = ".github/workflows/ci.yml";
  expect(await under("strict")).toEqual({ refused: true, codes: [`path_rule ${path}`] });
  expect(await under("default")).toEqual({ refused: false, codes: [`path_rule_noted ${path}`] });
  expect(await under("relaxed")).toEqual({ refused: false, codes: [] });
});

const policy = (table: object) => policyOf(PolicyTable.parse({ preset: "relaxed", ...table }));
const rule = (name: string, paths: string[], action: string, more = {}) => ({ name, paths, action, ...more });
const explain = (
  table: object,
  path = "db/m/1.sql",
  { kind = "edit", summary = "" }: Partial<Pick<Explained, "kind">> & { summary?: string } = {},
) => explainPath(policy(table), { path, kind, summary });

test("A17 the strongest rule that matches holds, whatever the order, and the explanation has each step", () => {
  const rules = [rule("sql", ["*.sql"], "forbid"), rule("db", ["db/*"], "warn"), rule("other", ["web/*"], "forbid")];
  for (const order of [rules, rules.toReversed()]) {
    const { verdict, action, steps } = explain({ rules: order });
    expect({ verdict, action }).toEqual({ verdict: "refuse", action: "forbid" });
    expect(steps.map(({ rule }) => rule).sort()).toEqual(["db", "sql"]);
  }
  const { steps } = explain({ rules: rules.toReversed() });
  expect(steps.map(({ says, strongest }) => `${says} ${strongest}`)).toEqual(["warn warn", "forbid forbid"]);
  expect(sayExplained(explain({ rules }))).toBe(
    'to edit "db/m/1.sql": sql says forbid; db says warn; in mode enforce that is refused',
  );
});

test("A17 a final rule ends the reading, and holds only if it comes first", () => {
  const allow = rule("old", ["db/m/*"], "allow", { final: true });
  const forbid = rule("sql", ["*.sql"], "forbid");
  expect(explain({ rules: [allow, forbid] })).toMatchObject({ verdict: "pass", steps: [{ rule: "old", final: true }] });
  expect(explain({ rules: [forbid, allow] })).toMatchObject({ verdict: "refuse", action: "forbid" });
  expect(explain({ rules: [{ ...allow, final: false }, forbid] }).verdict).toBe("refuse");
  const warn = { ...allow, action: "warn" };
  expect(explain({ rules: [warn, forbid] })).toMatchObject({ verdict: "warn", action: "warn" });
});

test.each<[mode: string, action: string, summary: string, verdict: Explained["verdict"]]>([
  ["enforce", "forbid", "Change the sql", "refuse"],
  ["enforce", "ask", "Change it", "refuse"],
  ["enforce", "ask", "Change the sql", "warn"],
  ["enforce", "ask", "Change the mysql", "refuse"],
  ["enforce", "warn", "", "warn"],
  ["enforce", "allow", "", "pass"],
  ["guarded", "forbid", "Change it", "refuse"],
  ["guarded", "forbid", "Change the SQL.", "warn"],
  ["guarded", "warn", "", "warn"],
  ["advisory", "forbid", "", "warn"],
  ["advisory", "ask", "", "warn"],
  ["advisory", "allow", "", "pass"],
])("A17 in mode %s what says %s, for a task of %p, is: %s", (mode, action, summary, verdict) => {
  const {
    verdict: came,
    asks,
    mode: in_mode,
  } = explain({ mode, rules: [rule("sql", ["*.sql"], action)] }, "a.sql", { summary });
  expect({ came, in_mode }).toEqual({ came: verdict, in_mode: mode as Explained["mode"] });
  expect(asks.length > 0).toBe(verdict === "refuse" && !(mode === "enforce" && action === "forbid"));
});

test("A17 a rule is about the paths and the changes that it names, and not about its exceptions", () => {
  const rules = [rule("sql", ["*.sql"], "forbid", { except: ["db/test/*"], changes: ["delete"] })];
  expect(explain({ rules }, "db/a.sql", { kind: "delete" }).verdict).toBe("refuse");
  expect(explain({ rules }, "db/a.sql", { kind: "create" }).steps).toEqual([]);
  expect(explain({ rules }, "db/test/a.sql", { kind: "delete" }).verdict).toBe("pass");
  expect(sayExplained(explain({ rules }, "a.py"))).toBe('no rule is about "a.py"');
});

test("A17 policy explain says it before anything is done", () => {
  const place = lay(
    '[policy]\nmode = "guarded"\n[[policy.rules]]\nname = "sql"\npaths = ["db/*"]\naction = "forbid"\nwhy = "it is live"\n',
  );
  const asked = dgov(place, "policy", "explain", "db/1.sql", "src/a.txt");
  expect(asked.status).toBe(1);
  expect(asked.stdout.split("\n")[0]).toBe(
    'refuse: to edit "db/1.sql": sql says forbid; in mode guarded that is refused: it is live; a task whose summary names "sql" may',
  );
  expect(dgov(place, "policy", "explain", "db/1.sql", "--summary", "new sql").status).toBe(0);
});

test("A12 a change to one of two files that say the same is named, at settlement and at preflight, until both do", async () => {
  const rules = "# Rules\n";
  const place = lay('[scope]\nmirrors = [["AGENTS.md", "CLAUDE.md"]]\n[policy]\npreset = "relaxed"\n', {
    "AGENTS.md": rules,
    "CLAUDE.md": rules,
  });
  writeIn(place.root, "src/a.txt", "2\n");
  expect(await judged(place)).toEqual({ refused: false, codes: [] });
  writeIn(place.root, "CLAUDE.md", "# Other rules\n");
  expect(await judged(place)).toEqual({ refused: true, codes: ["mirror_drift CLAUDE.md"] });
  git(place, "add", "-A");
  const preflight = dgov(place, "preflight", "--json");
  expect(preflight.status).toBe(1);
  expect(preflight.stdout).toContain('"mirror_drift"');
  expect(dgov(place, "preflight").status).toBe(1); // without a flag it is answered at once
  writeIn(place.root, "AGENTS.md", "# Other rules\n");
  expect((await judged(place)).refused).toBe(false);
  git(place, "add", "-A");
  expect(dgov(place, "preflight").status).toBe(0);
});

test("A12 what differed before stops nobody who does not touch it, and a mirror that is gone is told", async () => {
  const place = lay('[scope]\nmirrors = [["AGENTS.md", "CLAUDE.md"]]\n[policy]\npreset = "relaxed"\n', {
    "AGENTS.md": "1\n",
  });
  writeIn(place.root, "src/a.txt", "2\n");
  expect((await judged(place)).refused).toBe(false);
  commitAll(place, "a change");
  writeIn(place.root, "AGENTS.md", "2\n");
  expect((await judged(place)).codes).toEqual(["mirror_drift CLAUDE.md"]);
});
