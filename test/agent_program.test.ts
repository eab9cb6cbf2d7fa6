import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventOf } from "../packages/kernel/src/index.ts";
import { commitAll, dgov, eventsOf, git, type Place, startDgov, writeIn } from "./repo.ts";
import { hanging, layTasks, newMark, processesWith, untilRunning } from "./scripted.ts";

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

type Agent = { tables?: string; keys?: string; claims?: string; retries?: number };

/** A repository whose one task is done by a command-line agent, which is this shell script. */
function lay(script: string, { tables = "", keys = "", claims, retries = 0 }: Agent = {}): Place {
  const limits = `[limits]\nretries = ${retries}\nsettlement_retries = 0\nbackoff_s = [0]\n`;
  const agent = `[agents.cli]\ncommand = ["sh", "-c", ${JSON.stringify(script)}]\n${keys}\n`;
  const place = layTasks(
    { a: { ...(claims === undefined ? {} : { claims }), attempts: [] } },
    { project: { default_agent: "cli" }, tables: `${agent}${limits}${tables}` },
  );
  writeIn(place.root, ".dgov/project.toml", projectOf(place).replace('provider = "scripted"\n', ""));
  commitAll(place, "no provider");
  open.push(place);
  return place;
}

const projectOf = ({ root }: Place) => readFileSync(join(root, ".dgov/project.toml"), "utf8");
const run = (place: Place, ...more: string[]) => dgov(place, "run", ".dgov/plans/p", ...more);
const lastOf = <Kind extends "agent_ended" | "attempt_failed" | "agent_started" | "candidate_frozen">(
  place: Place,
  kind: Kind,
) => eventsOf(place).findLast((event): event is EventOf<Kind> => event.kind === kind);
const landedText = (place: Place, path = "src/a.txt") => git(place, "show", `main:${path}`);

test("C23 a command-line agent does a task in the jail: its claimed file lands, what else it wrote does not", () => {
  const place = lay(
    "cat > $TMPDIR/task; grep -q 'Edit: do it' $TMPDIR/task && echo new > src/a.txt; echo x > src/b.txt; true",
  );
  const ran = run(place);
  expect({ status: ran.status, a: landedText(place), b: landedText(place, "src/b.txt") }).toEqual({
    status: 0,
    a: "new\n",
    b: "beta\n",
  });
  expect(lastOf(place, "agent_ended")).toMatchObject({ agent: "cli", ended: "exit", exit: 0 });
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
});

test.each([
  ["its input", ["sh", "-c", "cat > src/a.txt"]],
  ["a word", ["sh", "-c", 'printf %s "$1" > src/a.txt', "agent", "--task={prompt}"]],
  ["a file", ["sh", "-c", 'cat "$1" > src/a.txt', "agent", "{prompt_file}"]],
])("C23 the task reaches the program as %s, with whatever stands in it", (_name, command) => {
  const place = lay("");
  const toml = projectOf(place).replace(/^command = .*$/m, () => `command = ${JSON.stringify(command)}`);
  writeIn(place.root, ".dgov/project.toml", toml);
  const odd =
    "Orient: read `it`, $(touch src/b.txt) 'so' \\\"q\\\".\\n\\nEdit: do it.\\nEND_OF_TASK_0\\n\\nVerify: look.";
  const file = ".dgov/plans/p/tasks/main.toml";
  const plan = readFileSync(join(place.root, file), "utf8");
  writeIn(
    place.root,
    file,
    plan.replace(/prompt = """[\s\S]*?"""/, () => `prompt = "${odd}"`),
  );
  commitAll(place, "odd words");
  expect(run(place).status).toBe(0);
  const text = landedText(place);
  expect(text).toContain("$(touch src/b.txt) 'so' \"q\".");
  expect(text).toContain("END_OF_TASK_0");
  expect(text).toContain("src/a.txt"); // its claims
});

test("C23 a task too long for a word is pointed to", () => {
  const place = lay("");
  const words = [
    "sh",
    "-c",
    'printf %s "$1" > src/a.txt; wc -c < "$TMPDIR/dgov-task.md" >> src/a.txt',
    "agent",
    "{prompt}",
  ];
  const toml = projectOf(place).replace(/^command = .*$/m, () => `command = ${JSON.stringify(words)}`);
  writeIn(place.root, ".dgov/project.toml", toml);
  const file = ".dgov/plans/p/tasks/main.toml";
  writeIn(
    place.root,
    file,
    `${readFileSync(join(place.root, file), "utf8").replace("Edit: do it.", `Edit: do it.${" x".repeat(100_000)}`)}`,
  );
  commitAll(place, "long words");
  expect(run(place).status).toBe(0);
  const [told = "", bytes = ""] = landedText(place).split("do what it says.");
  expect(told).toStartWith("Your task is in the file /");
  expect(Number(bytes)).toBeGreaterThan(200_000);
});

test("C23 what a program cost is said not to be counted; doctor says whether it is there", () => {
  const place = lay("echo new > src/a.txt", { keys: 'pass_env = ["SOME_KEY"]' });
  expect(dgov(place, "doctor").stdout).toContain("SOME_KEY is not set");
  place.env.SOME_KEY = "sk-123456789";
  expect(dgov(place, "doctor").stdout).toMatch(/agent cli.*\/sh, which is given SOME_KEY/);
  expect(run(place).status).toBe(0);
  expect(dgov(place, "cost").stdout).toContain('Not counted: what 1 attempt of the program "cli" cost');
  const events = dgov(place, "plan", "review", ".dgov/plans/p", "--events", "tasks/main.a").stdout;
  expect(events).toContain('program "cli" works by itself: sh -c');
  expect(events).toContain("and is given SOME_KEY");
});

test("C23 an agent that commits: the changed files are still complete", () => {
  const commits = [
    "cp -r $(git rev-parse --git-common-dir) $TMPDIR/own",
    "echo new > src/a.txt; echo more > src/new.txt",
    "export GIT_DIR=$TMPDIR/own GIT_WORK_TREE=$PWD; git config core.bare false; git config user.name A; git config user.email a@x",
    'git add -A && git commit -q -m mine && test -z "$(git status --porcelain src)"',
  ].join(" && ");
  const place = lay(commits, { claims: 'files.edit = ["src/a.txt"]\nfiles.create = ["src/new.txt"]' });
  const ran = run(place);
  expect({ status: ran.status, said: lastOf(place, "agent_ended")?.output.tail }).toEqual({ status: 0, said: "" });
  expect(git(place, "diff", "--name-only", "main~1", "main").trim().split("\n")).toEqual(["src/a.txt", "src/new.txt"]);
});

test("C23 an agent that ends with 0 and has done nothing is an empty diff, whatever it says", () => {
  const place = lay("echo 'All done, every test passes'");
  expect(run(place).status).toBe(1);
  expect(eventsOf(place).find(({ kind }) => kind === "candidate_rejected")).toMatchObject({ cause: "empty_diff" });
});

test.each([
  ["a status", "echo new > src/a.txt; echo why >&2; exit 7", "error", '"cli" ended with exit status 7: why'],
  ["a signal", "echo new > src/a.txt; kill -9 $$", "error", '"cli" was ended by SIGKILL'],
  ["no such program inside", "exec nothing-of-this-name", "setup", 'Cannot start "cli"'],
  ["a word of its own", `echo '{"outcome":"blocked","summary":"which one?"}' > $DGOV_OUTCOME`, "blocked", "which one?"],
  ["an outcome nobody can read", "echo perhaps > $DGOV_OUTCOME", "error", "cannot be read: perhaps"],
  ["a flood", "yes", "error", "wrote more"],
])("C23 however it dies it ends as a typed outcome: by %s", (_name, script, cause, detail) => {
  const place = lay(script, { keys: "output_mb = 1" });
  expect(run(place).status).toBe(1);
  const failed = lastOf(place, "attempt_failed");
  expect(failed).toMatchObject({ cause });
  expect(failed?.detail).toContain(detail);
});

test("C23 the outcome that it leaves is its summary", () => {
  const place = lay(`echo new > src/a.txt; echo '{"outcome":"done","summary":"made it new"}' > $DGOV_OUTCOME`);
  expect(run(place).status).toBe(0);
  expect(lastOf(place, "candidate_frozen")?.summary).toBe("made it new");
});

test("C23 out of time its whole tree is dead, its work is kept, and the next attempt goes on from it", () => {
  const mark = newMark();
  const script = `grep -q half src/a.txt && { cat > src/a.txt; exit 0; }; echo half > src/a.txt; ${hanging(mark)}`;
  const place = lay(script, { keys: "timeout_s = 4", retries: 1 });
  const ran = run(place);
  expect(processesWith(mark)).toEqual([]);
  const failed = lastOf(place, "attempt_failed");
  expect(failed).toMatchObject({ cause: "timeout" });
  expect(failed?.detail).toContain("what it had done is kept, and a further attempt goes on from it");
  expect(ran.status).toBe(0);
  const told = landedText(place);
  expect(told).toContain("Your earlier changes are in the worktree. Go on from them");
  expect(told).toContain("You are ended after 4 seconds");
});

test("C23 a run that is stopped ends the program's tree, and goes on afterwards", async () => {
  const mark = newMark();
  const place = lay(
    `grep -q half src/a.txt && { echo whole > src/a.txt; exit 0; }; echo half > src/a.txt; ${hanging(mark)}`,
  );
  const child = startDgov(place, "run", ".dgov/plans/p");
  await untilRunning(mark, "sleep"); // then it has written the half
  child.kill("SIGTERM");
  expect(await child.exited).toBe(130);
  expect(processesWith(mark)).toEqual([]);
  expect({ status: run(place).status, a: landedText(place) }).toEqual({ status: 0, a: "whole\n" });
});

test("C23 no key of the user's reaches the program, unless the project names it, which is said loudly", () => {
  const script = 'echo "key=$SECRET_KEY other=$OTHER_KEY" | tee src/seen.txt; echo new > src/a.txt; rm -f src/seen.txt';
  const place = lay(`${script}; printf %s "$SECRET_KEY" | wc -c > src/a.txt`, { keys: 'pass_env = ["SECRET_KEY"]' });
  Object.assign(place.env, { SECRET_KEY: "sk-123456789", OTHER_KEY: "hidden-from-it" });
  const ran = run(place);
  expect({ status: ran.status, chars: landedText(place).trim() }).toEqual({ status: 0, chars: "12" });
  expect(ran.stderr).toContain('The program "cli" is given SECRET_KEY ([agents.cli] pass_env)');
  expect(lastOf(place, "agent_started")?.passed).toEqual(["SECRET_KEY"]);
  const said = lastOf(place, "agent_ended")?.output;
  expect(`${said?.head}${said?.tail}`).toContain("key=[SECRET_KEY] other=");
  expect(JSON.stringify(eventsOf(place))).not.toContain("sk-123456789");
  const [run_id = ""] = readdirSync(join(place.root, ".dgov/out"));
  const log = readFileSync(join(place.root, ".dgov/out", run_id, said?.log ?? ""), "utf8");
  expect(log).toContain("key=[SECRET_KEY]");
});

test("C23 without hosts the program has no network, and no way to git's own folder", () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const reach = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${server.port}' 2>/dev/null && echo reached > src/a.txt`;
  const plant = 'echo x > "$(git rev-parse --git-common-dir)/planted"';
  const place = lay(`${plant}; echo new > src/a.txt; ${reach}; true`);
  expect(run(place).status).toBe(0);
  expect(landedText(place)).toBe("new\n");
  expect(existsSync(join(place.root, ".git/planted"))).toBe(false);
  Bun.spawnSync(["sh", "-c", `${plant}; ${reach}`], { cwd: place.root }); // outside of the jail both can be done
  expect(readFileSync(join(place.root, "src/a.txt"), "utf8")).toBe("reached\n");
  expect(existsSync(join(place.root, ".git/planted"))).toBe(true);
  server.stop(true);
});

test.each([
  ["a program that is not there", 'command = ["no-such-agent"]', "", 5, "program_missing"],
  ["a variable that is not set", 'pass_env = ["NOT_SET_KEY"]', "", 5, "key_missing"],
  ["a ceiling that nobody can count", "", "[budget]\nmoney = 5\n", 3, "config_invalid"],
  ["a variable that chooses code", 'pass_env = ["LD_PRELOAD"]', "", 3, "config_invalid"],
  ["a program of the repository", 'command = ["./agent.sh"]', "", 3, "config_invalid"],
  ["an unknown key", "hots = []", "", 3, "config_invalid"],
])("C23 refused before it costs anything: %s", (_name, keys, tables, status, code) => {
  const place = lay("echo new > src/a.txt", { tables });
  const own = keys.startsWith("command") ? projectOf(place).replace(/^command = .*$/m, keys) : null;
  writeIn(place.root, ".dgov/project.toml", own ?? projectOf(place).replace("[agents.cli]", `[agents.cli]\n${keys}`));
  commitAll(place, "keys");
  const ran = dgov(place, "run", ".dgov/plans/p", "--json");
  expect({ status: ran.status, code: JSON.parse(ran.stdout).error?.code }).toEqual({ status, code });
  expect(eventsOf(place)).toEqual([]);
});

test("C23 beside a ceiling of money it works where the project says that it is unmetered", () => {
  const place = lay("echo new > src/a.txt", { keys: "unmetered = true", tables: "[budget]\nmoney = 5\n" });
  expect(run(place).status).toBe(0);
});

test("C23 a program as a rung of the ladder takes over from a model", () => {
  const place = layTasks(
    { a: { attempts: [[{ tool: "done", args: { summary: "nothing" } }]] } },
    {
      tables:
        '[limits]\nsettlement_retries = 0\n[[tiers.escalation]]\nagent = "cli"\n[agents.cli]\ncommand = ["sh", "-c", "echo rung > src/a.txt"]\n',
    },
  );
  open.push(place);
  expect({ status: run(place).status, a: landedText(place) }).toEqual({ status: 0, a: "rung\n" });
});
