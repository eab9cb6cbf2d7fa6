import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventOf } from "../packages/kernel/src/index.ts";
import { buildAcpAgent } from "./acp_agent.ts";
import { commitAll, dgov, eventsOf, git, type Place, writeIn } from "./repo.ts";
import { hanging, layTasks, newMark, processesWith } from "./scripted.ts";

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const agent = await buildAcpAgent();
afterAll(agent.remove);

type Step = Record<string, unknown>;
const ask = (method: string, params: Record<string, unknown>): Step => ({ ask: method, params });

type Laid = { tables?: string; keys?: string; claims?: string; sandbox?: string };

/** A repository whose one task is done by an agent of the protocol, which is this command. */
function lay(command: readonly string[], { tables = "", keys = "", claims, sandbox = "" }: Laid = {}): Place {
  const limits = "[limits]\nretries = 0\nsettlement_retries = 0\nbackoff_s = [0]\n";
  const table = `[agents.acp]\nprotocol = "acp"\ncommand = ${JSON.stringify(command)}\n${keys}\n`;
  const reads = `[sandbox]\nread = [${JSON.stringify(agent.folder)}]\n${sandbox}\n`;
  const place = layTasks(
    { a: { ...(claims === undefined ? {} : { claims }), attempts: [] } },
    { project: { default_agent: "acp" }, tables: `${table}${limits}${reads}${tables}` },
  );
  const toml = readFileSync(join(place.root, ".dgov/project.toml"), "utf8");
  writeIn(place.root, ".dgov/project.toml", toml.replace('provider = "scripted"\n', ""));
  commitAll(place, "no provider");
  open.push(place);
  return place;
}

const played = (steps: readonly Step[], laid?: Laid): Place => lay([...agent.command, JSON.stringify(steps)], laid);
const run = (place: Place, ...more: string[]) => dgov(place, "run", ".dgov/plans/p", ...more);
const lastOf = <Kind extends "agent_ended" | "attempt_failed" | "agent_started" | "candidate_frozen">(
  place: Place,
  kind: Kind,
) => eventsOf(place).findLast((event): event is EventOf<Kind> => event.kind === kind);
const calls = (place: Place) =>
  eventsOf(place).flatMap((event) => (event.kind === "tool_called" ? [event] : [])) satisfies EventOf<"tool_called">[];
const heard = (place: Place): unknown[] => JSON.parse(lastOf(place, "candidate_frozen")?.summary ?? "[]");
const landed = (place: Place, path = "src/a.txt") => git(place, "show", `main:${path}`);

test("A5 an agent of the protocol reads and writes through our tools, and its calls are in the log", () => {
  const place = played([
    ask("fs/read_text_file", { path: "$CWD/src/a.txt" }),
    ask("fs/write_text_file", { path: "$CWD/src/a.txt", content: "new\n" }),
    ask("fs/read_text_file", { path: "$CWD/src/a.txt", line: 1, limit: 1 }),
  ]);
  const ran = run(place);
  expect({ status: ran.status, stderr: ran.stderr, text: landed(place) }).toMatchObject({ status: 0, text: "new\n" });
  expect(heard(place)).toEqual([{ content: "alpha\n" }, {}, { content: "new\n" }]);
  expect(calls(place).map(({ n, tool, ok, touched }) => ({ n, tool, ok, touched }))).toEqual([
    { n: 1, tool: "read_text_file", ok: true, touched: [] },
    { n: 2, tool: "write_text_file", ok: true, touched: ["src/a.txt"] },
    { n: 3, tool: "read_text_file", ok: true, touched: [] },
  ]);
  expect(lastOf(place, "agent_started")).toMatchObject({ agent: "acp", protocol: "acp", passed: [], hosts: [] });
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
  expect(ran.stderr).not.toContain("Invalid");
});

test("A5 what the claims forbid is a refusal that the agent hears, and it goes on", () => {
  const place = played([
    ask("fs/write_text_file", { path: "$CWD/src/b.txt", content: "no\n" }),
    ask("fs/write_text_file", { path: "/etc/passwd", content: "no\n" }),
    ask("fs/read_text_file", { path: "$CWD/src/none.txt" }),
    { write: "src/b.txt", text: "no\n" },
    ask("fs/write_text_file", { path: "$CWD/src/a.txt", content: "new\n" }),
  ]);
  expect(run(place).status).toBe(0);
  const [claim, outside, missing, own] = heard(place) as { code: number; message: string }[];
  expect(claim).toMatchObject({ code: -32010, message: expect.stringContaining("src/b.txt") });
  expect(outside).toMatchObject({ code: -32010 });
  expect(missing).toMatchObject({ code: -32002, message: expect.stringContaining("does not exist") });
  expect(String(own)).toMatch(/EROFS|EACCES/);
  expect({ a: landed(place), b: landed(place, "src/b.txt") }).toEqual({ a: "new\n", b: "beta\n" });
  expect(calls(place).map(({ refused_by }) => refused_by !== null)).toEqual([true, true, false, false]);
});

test("A5 its terminals run in a jail of their own, under the rules for commands", () => {
  const place = played(
    [
      ask("terminal/create", {
        command: "sh",
        args: ["-c", "pwd; echo $GREETING > src/a.txt; exit 3"],
        env: [{ name: "GREETING", value: "it's new" }],
      }),
      ask("terminal/wait_for_exit", { terminalId: "$T" }),
      ask("terminal/output", { terminalId: "$T", outputByteLimit: 100 }),
      ask("terminal/release", { terminalId: "$T" }),
      ask("terminal/create", { command: "curl", args: ["http://example.org"] }),
      ask("terminal/create", { command: "true", env: [{ name: "LD_PRELOAD", value: "x" }] }),
      ask("terminal/output", { terminalId: "$T" }),
    ],
    { tables: '[tool_policy]\nrestrict_run_bash = true\ndeny_shell_commands = ["curl"]\n' },
  );
  expect(run(place).status).toBe(0);
  const [made, waited, output, released, refused, kept, gone] = heard(place) as Record<string, unknown>[];
  expect({ made, waited, released }).toEqual({
    made: { terminalId: "t1" },
    waited: { exitCode: 3, signal: null },
    released: {},
  });
  expect(output).toMatchObject({ truncated: false, exitStatus: { exitCode: 3 } });
  expect(refused).toMatchObject({ code: -32010, message: expect.stringContaining("curl") });
  expect(kept).toMatchObject({ code: -32602 });
  expect(gone).toMatchObject({ code: -32602 });
  expect(landed(place)).toBe("it's new\n");
  expect(calls(place).map(({ tool, ok, refused_by }) => ({ tool, ok, refused_by }))).toEqual([
    { tool: "run_bash", ok: false, refused_by: null },
    { tool: "run_bash", ok: false, refused_by: "tool_policy.deny_shell_commands" },
  ]);
});

const permit = (toolCall: Record<string, unknown>): Step =>
  ask("session/request_permission", {
    toolCall: { toolCallId: "c", title: "It asks", ...toolCall },
    options: [
      { optionId: "always", name: "Always", kind: "allow_always" },
      { optionId: "yes", name: "Yes", kind: "allow_once" },
      { optionId: "no", name: "No", kind: "reject_once" },
    ],
  });

test("A5 who asks for leave is answered by the rules, and nobody else is asked", () => {
  const place = played(
    [
      permit({ kind: "edit", locations: [{ path: "$CWD/src/a.txt" }] }),
      permit({ kind: "edit", locations: [{ path: "$CWD/src/b.txt" }] }),
      permit({ kind: "execute", rawInput: { command: "git push" } }),
      permit({ kind: "execute", rawInput: { command: ["ls", "src"] } }),
      permit({ kind: "read", locations: [{ path: "$CWD/src/b.txt" }] }),
      ask("session/request_permission", { toolCall: { toolCallId: "c" }, options: [] }),
      ask("fs/write_text_file", { path: "$CWD/src/a.txt", content: "new\n" }),
    ],
    { tables: '[tool_policy]\nrestrict_run_bash = true\ndeny_shell_commands = ["git push"]\n' },
  );
  expect(run(place).status).toBe(0);
  const answers = (heard(place) as { outcome?: { outcome: string; optionId?: string } }[]).slice(0, -1);
  expect(answers.map(({ outcome }) => outcome?.optionId ?? outcome?.outcome)).toEqual([
    ...["yes", "no", "no", "yes", "yes", "cancelled"],
  ]);
  expect(calls(place).filter(({ tool, ok }) => tool === "request_permission" && !ok)).toHaveLength(2);
});

test("A5 one that hangs is ended with all that it and its terminals have started", () => {
  const mark = newMark();
  const place = played(
    [ask("terminal/create", { command: hanging(mark) }), ask("terminal/wait_for_exit", { terminalId: "$T" })],
    {
      keys: "timeout_s = 4",
    },
  );
  expect(run(place).status).toBe(1);
  expect(lastOf(place, "attempt_failed")).toMatchObject({ cause: "timeout" });
  expect(processesWith(mark)).toEqual([]);
});

test("A5 one that stays when its turn is over is ended, and its work is judged", () => {
  const mark = newMark();
  const own = agent.command.map((word) => `'${word}'`).join(" ");
  const steps = [ask("fs/write_text_file", { path: "$CWD/src/a.txt", content: "new\n" })];
  const script = `(trap '' HUP TERM; setsid sleep ${mark}1 &); ${own} '${JSON.stringify(steps)}'; sleep ${mark}2`;
  const place = lay(["sh", "-c", script]);
  expect(run(place).status).toBe(0);
  expect(landed(place)).toBe("new\n");
  expect(lastOf(place, "agent_ended")).toMatchObject({ ended: "signal" });
  expect(processesWith(mark)).toEqual([]);
});

test("A5 its key is not in what is kept of its words", () => {
  const place = played(
    [ask("fs/write_text_file", { path: "$CWD/src/a.txt", content: "new\n" }), ask("no/such_method", { text: "x" })],
    { keys: 'pass_env = ["SOME_KEY"]' },
  );
  place.env.SOME_KEY = "no/such_method";
  expect(run(place).status).toBe(0);
  expect(lastOf(place, "candidate_frozen")?.summary).not.toContain("no/such_method");
  expect(lastOf(place, "candidate_frozen")?.summary).toContain("[SOME_KEY]");
});
