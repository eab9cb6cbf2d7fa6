import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, git, type Place, readIn, writeIn } from "./repo.ts";
import { done, edit, layTasks, newMark, type Played, processesWith } from "./scripted.ts";

setDefaultTimeout(180_000); // a run each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const WORK: Played = { attempts: [[edit("src/a.txt", "alpha", "new"), done]] };
const STEPS = ["pre_worktree", "post_worktree", "pre_task", "post_task"];
const NAMES = [...STEPS, "pre_gate", "post_gate", "pre_landing", "post_landing"];

function lay(
  hooks: Readonly<Record<string, string | number>>,
  { task = WORK, files = {}, tables = "" }: { task?: Played; files?: Record<string, string>; tables?: string } = {},
): Place {
  const table = Object.entries(hooks).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const limits = "[limits]\nretries = 0\nsettlement_retries = 0\n";
  const place = layTasks({ a: task }, { files, tables: `${limits}${tables}[hooks]\n${table.join("\n")}\n` });
  open.push(place);
  return place;
}

const approve = (place: Place) => expect(dgov(place, "hooks", "approve").status).toBe(0);
const run = (place: Place, ...more: string[]) => dgov(place, "run", ".dgov/plans/p", ...more);
const saidIn = (place: Place, name: string): string => {
  const path = join(place.env.HOME ?? "", name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};
const json = (text: string) => JSON.parse(text);
const note = (name: string) => `echo "$DGOV_HOOK" >> "$HOME/${name}"`;

test("hooks run around each step of a run that was let, without a key, and its log is derived again", () => {
  const told = `${note("said")}; env > "$HOME/$DGOV_HOOK.env"; cat`;
  const tables = '[providers.own]\nbase_url = "http://127.0.0.1:9"\napi_key_env = "LC_KEY"\n';
  const place = lay(Object.fromEntries(NAMES.map((name) => [name, told])), { tables });
  const secret = "s3cret-of-a-provider";
  const hidden = [
    "OPENAI_API_KEY",
    "LC_KEY",
    "GIT_AUTHOR_NAME",
    "BUN_CONFIG_OWN",
    "LD_OWN",
    "DGOV_OWN",
    "SSH_AUTH_SOCK",
  ];
  for (const name of hidden) place.env[name] = secret;
  approve(place);
  expect(run(place)).toMatchObject({ status: 0 });
  const steps = ["pre_worktree", "post_worktree", "pre_task", "post_task", "pre_gate", "post_gate", "pre_landing"];
  expect(saidIn(place, "said").trim().split("\n")).toEqual([...steps, "post_landing"]);
  for (const name of NAMES) {
    const env = saidIn(place, `${name}.env`);
    expect(env).not.toContain(secret);
    const names = env.split("\n").flatMap((line) => line.split("=")[0] || []);
    const ours = names.filter((one) => !/^(PATH|HOME|TZ|LANG|PWD|OLDPWD|SHLVL|_)$/.test(one));
    expect(ours.filter((one) => !one.startsWith("DGOV_"))).toEqual([]);
    expect(env).toContain(`DGOV_HOOK=${name}\n`);
    expect(env).toMatch(/^DGOV_TASK=tasks\/main\.a$/m);
    expect(env).toMatch(/^DGOV_ATTEMPT=1$/m);
    expect(env).toContain(`DGOV_ROOT=${place.root}\n`);
    expect(/^DGOV_WORKTREE=\//m.test(env)).toBe(STEPS.slice(1).includes(name));
  }
  expect(saidIn(place, "post_landing.env")).toContain(`DGOV_COMMIT=${git(place, "rev-parse", "main").trim()}\n`);
  expect(saidIn(place, "post_gate.env")).toContain("DGOV_RESULT=pass\n");
  const judged = eventsOf(place).flatMap((event) => (event.kind === "gate_judged" ? [event] : []));
  expect(judged.filter(({ gate }) => gate === "lifecycle").map(({ verdict, exit }) => [verdict, exit])).toEqual([
    ["pass", 0],
    ["pass", 0],
  ]);
  const [id = ""] = readdirSync(join(place.root, ".dgov/out"));
  expect(readdirSync(join(place.root, ".dgov/out", id, "hooks")).length).toBe(NAMES.length);
  expect(dgov(place, "replay", id, "--json")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('"agrees": true'),
  });
});

test("what nobody has approved of stops a run before anything, also with --yes, and says each command", () => {
  const place = lay({ pre_task: note("said"), post_landing: "echo landed" });
  for (const more of [[], ["--yes"]]) {
    const { status, stdout } = run(place, ...more, "--json");
    const { error } = json(stdout);
    expect([status, error.code]).toEqual([4, "hooks_unapproved"]);
    expect(error.hint).toContain("dgov hooks approve");
    const places = error.places.map(({ message }: { message: string }) => message);
    expect(places).toEqual([`pre_task = ${JSON.stringify(note("said"))}`, 'post_landing = "echo landed"']);
  }
  expect(eventsOf(place)).toEqual([]);
  expect(json(dgov(place, "hooks", "list", "--json").stdout)).toMatchObject({ state: "unapproved", approved_at: null });
  expect(run(place, "--dry-run").status).toBe(0);
  expect(dgov(place, "hooks", "approve", "--sha256", "0".repeat(64)).status).toBe(4);
  expect(run(place).status).toBe(4);
  expect(saidIn(place, "said")).toBe("");
  const shown = json(dgov(place, "hooks", "list", "--json").stdout);
  expect(dgov(place, "hooks", "approve", "--sha256", shown.sha256).status).toBe(0);
  const folder = join(place.env.HOME ?? "", ".local/state/dgov/hooks");
  const [file = ""] = readdirSync(folder);
  expect([statSync(folder).mode & 0o777, statSync(join(folder, file)).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(dgov(place, "hooks", "revoke").status).toBe(0);
  expect(run(place).status).toBe(4);
  approve(place);
  expect(run(place).status).toBe(0);
  expect(saidIn(place, "said")).toBe("pre_task\n");
});

test("a project without hooks asks for nothing", () => {
  const place = lay({ timeout_s: 5 });
  expect(json(dgov(place, "hooks", "list", "--json").stdout)).toMatchObject({ state: "none", sha256: null });
  expect(run(place).status).toBe(0);
});

test("a script or a table that has changed is refused, and a file that no hook names changes nothing", () => {
  const place = lay({ post_landing: "sh scripts/hook.sh" }, { files: { "scripts/hook.sh": note("said") } });
  approve(place);
  writeIn(place.root, "scripts/other.sh", "true\n");
  commitAll(place, "another script");
  expect(json(dgov(place, "hooks", "list", "--json").stdout).state).toBe("approved");
  writeIn(place.root, "scripts/hook.sh", `${note("evil")}\n`);
  commitAll(place, "the script");
  const { status, stdout } = run(place, "--json");
  expect([status, json(stdout).error.code]).toEqual([4, "hooks_unapproved"]);
  expect(json(stdout).error.message).toContain("have changed");
  git(place, "reset", "-q", "--hard", "HEAD^");
  expect(json(dgov(place, "hooks", "list", "--json").stdout).state).toBe("approved");
  const table = readIn(place, ".dgov/project.toml");
  writeIn(place.root, ".dgov/project.toml", table.replace("sh scripts", "bash scripts"));
  commitAll(place, "the table");
  expect(run(place).status).toBe(4);
  expect(saidIn(place, "evil") + saidIn(place, "said")).toBe("");
});

test("a candidate that changes the script changes nothing, also when it has landed", () => {
  const claims = 'files.edit = ["scripts/hook.sh"]';
  const evil = edit("scripts/hook.sh", "said", "evil");
  const files = { "scripts/hook.sh": `#!/bin/sh\n${note("said")}\n` };
  const hooks = Object.fromEntries(NAMES.map((name) => [name, "sh scripts/hook.sh"]));
  const place = lay(hooks, { task: { claims, attempts: [[evil, done]] }, files });
  approve(place);
  expect(run(place).status).toBe(0);
  expect(git(place, "show", "main:scripts/hook.sh")).toContain("evil");
  expect(saidIn(place, "said").trim().split("\n").sort()).toEqual(NAMES.toSorted());
  expect(saidIn(place, "evil")).toBe("");
  const again = json(run(place, "--restart", "--json").stdout);
  expect(again.error.code).toBe("hooks_unapproved");
});

test.each([
  ["pre_worktree", "exit 3", "exit status 3"],
  ["post_worktree", "no_such_program_here", "could not be started"],
  ["pre_task", "kill -9 $$", "ended by SIGKILL"],
])("%s that runs %p ends the attempt, and lets no worker begin", (hook, command, why) => {
  const place = lay({ [hook]: command });
  approve(place);
  expect(run(place).status).toBe(1);
  const failed = eventsOf(place).flatMap((event) => (event.kind === "attempt_failed" ? [event] : []));
  expect(failed.map(({ cause }) => cause)).toEqual(["setup"]);
  expect(failed[0]?.detail).toContain(`The hook ${hook} failed: `);
  expect(failed[0]?.detail).toContain(why);
  expect(eventsOf(place).some(({ kind }) => kind === "call_reserved" || kind === "candidate_frozen")).toBe(false);
});

test.each([
  ["pre_gate", "echo of-this-machine; exit 3", "reject", "hook_refused"],
  ["pre_landing", "no_such_program_here", "broken", "hook_unanswered"],
])("%s that runs %p refuses the candidate, and nothing lands", (hook, command, verdict, code) => {
  const place = lay({ [hook]: command });
  approve(place);
  const before = git(place, "rev-parse", "main");
  expect(run(place).status).toBe(1);
  const judged = eventsOf(place).flatMap((event) => (event.kind === "gate_judged" ? [event] : []));
  expect(judged.at(-1)).toMatchObject({ gate: "lifecycle", verdict, findings: [{ code }] });
  expect(git(place, "rev-parse", "main")).toBe(before);
  expect(JSON.stringify(eventsOf(place))).not.toContain('of-this-machine"');
  const [id = ""] = readdirSync(join(place.root, ".dgov/out"));
  expect(dgov(place, "replay", id).status).toBe(0);
});

test("hooks that come after fail with a warning, and what they come after stands", () => {
  const place = lay({ post_task: "exit 4", post_gate: "exit 5", post_landing: "exit 6" });
  approve(place);
  const { status, stderr } = run(place);
  expect(status).toBe(0);
  for (const [name, exit] of [
    ["post_task", 4],
    ["post_gate", 5],
    ["post_landing", 6],
  ])
    expect(stderr).toContain(`The hook ${name} failed: exit status ${exit};`);
  expect(git(place, "show", "main:src/a.txt")).toBe("new\n");
});

test("a hook is ended at its limit with all that it has started", () => {
  const mark = newMark();
  const place = lay({
    timeout_s: 1,
    pre_gate: `(sleep ${mark}1 & sleep ${mark}2) & (trap '' TERM; sleep ${mark}3); sleep ${mark}4`,
  });
  approve(place);
  expect(run(place).status).toBe(1);
  expect(processesWith(mark)).toEqual([]);
  const judged = eventsOf(place).flatMap((event) => (event.kind === "gate_judged" ? [event] : []));
  expect(judged.at(-1)).toMatchObject({ gate: "lifecycle", verdict: "broken" });
  expect(judged.at(-1)?.findings[0]?.message).toContain("did not end within 1 s");
});

test("an approval that lies in the repository is nobody's word", () => {
  const place = lay({ pre_task: note("said") });
  approve(place);
  cpSync(join(place.env.HOME ?? "", ".local/state"), join(place.root, ".state"), { recursive: true });
  commitAll(place, "approved of, says the repository");
  place.env.XDG_STATE_HOME = join(place.root, ".state");
  expect(json(run(place, "--json").stdout).error.code).toBe("hooks_unapproved");
  const refused = dgov(place, "hooks", "approve");
  expect([refused.status, refused.stderr]).toEqual([4, expect.stringContaining("XDG_STATE_HOME")]);
  expect(saidIn(place, "said")).toBe("");
});

test("preflight and drills run no hook: stand-ins are asked in their place", () => {
  const place = lay({ pre_gate: note("said"), post_gate: note("said"), pre_landing: note("said") });
  approve(place);
  const state = () => readdirSync(join(place.env.HOME ?? "", ".local/state/dgov/hooks"));
  const before = state();
  writeIn(place.root, "src/a.txt", "another\n");
  git(place, "add", "-A");
  expect(dgov(place, "preflight").status).toBe(0);
  const { rows } = json(dgov(place, "gates", "drill", "--json").stdout);
  const own = rows.filter(({ gate }: { gate: string }) => gate === "lifecycle");
  expect(own.map(({ result, said }: { result: string; said: string }) => `${result} ${said}`)).toEqual([
    ...["fired hook_refused", "fired hook_unanswered", "fired hook_refused", "fired hook_unanswered"],
    ...["fired hooks_unapproved", "fired hooks_unapproved"],
  ]);
  expect([saidIn(place, "said"), state()]).toEqual(["", before]);
});

test("a job works by what was approved of in the user's repository, and by nothing else", () => {
  const place = lay({ post_landing: "./hook.sh" }, { files: { "hook.sh": `#!/bin/sh\n${note("said")}\n` } });
  chmodSync(join(place.root, "hook.sh"), 0o755);
  commitAll(place, "to be run");
  const submit = () => json(dgov(place, "jobs", "submit", ".dgov/plans/p", "--json").stdout).id;
  expect(json(dgov(place, "jobs", "run", submit(), "--json").stdout)).toMatchObject({ state: "failed" });
  expect(saidIn(place, "said")).toBe("");
  approve(place);
  expect(json(dgov(place, "jobs", "run", submit(), "--json").stdout)).toMatchObject({ state: "succeeded" });
  expect(saidIn(place, "said")).toBe("post_landing\n");
});
