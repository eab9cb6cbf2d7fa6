import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, git, type Place, writeIn } from "./repo.ts";
import { layTasks, newMark, processesWith } from "./scripted.ts";

setDefaultTimeout(180_000); // many processes each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** An agent that speaks the protocol with the server that it is told of, and does what its last word says. */
const AGENT = `
import json, os, subprocess, sys
server = sys.argv[1]
s = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})
n = 0
def ask(method, params):
    global n
    n += 1
    s.stdin.write(json.dumps({"jsonrpc": "2.0", "id": n, "method": method, "params": params}) + "\\n")
    s.stdin.flush()
    return json.loads(s.stdout.readline())["result"]
def call(name, **args):
    r = ask("tools/call", {"name": name, "arguments": args})
    return r.get("isError", False), r["content"][0]["text"]
ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "agent", "version": "1"}})
s.stdin.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\\n")
names = [t["name"] for t in ask("tools/list", {})["tools"]]
print(json.dumps(names))
exec(sys.argv[2])
`;

/** A repository whose one task is done by that agent, with these words. */
function lay(words: string, { keys = "", command = [] as string[] } = {}): Place {
  const agent = command.length > 0 ? command : ["python3", "-c", AGENT, "{mcp}", words];
  const tables = `[agents.cli]\ncommand = ${JSON.stringify(agent)}\nmcp = true\n${keys}\n[limits]\nretries = 0\n`;
  const place = layTasks({ a: { attempts: [] } }, { project: { default_agent: "cli" }, tables });
  const toml = readFileSync(join(place.root, ".dgov/project.toml"), "utf8");
  writeIn(place.root, ".dgov/project.toml", toml.replace('provider = "scripted"\n', ""));
  commitAll(place, "no provider");
  open.push(place);
  return place;
}

const calls = (place: Place) => eventsOf(place).flatMap((event) => (event.kind === "tool_called" ? [event] : []));
const run = (place: Place) => dgov(place, "run", ".dgov/plans/p");

test("I7 an agent in the jail works by the tools of its task, refusals and end among them", () => {
  const place = lay(
    [
      'print(call("edit_file", path="src/b.txt", old_text="beta", new_text="x"))',
      'assert not call("edit_file", path="src/a.txt", old_text="alpha", new_text="one")[0]',
      'assert "one" in open("src/a.txt").read()',
      'print(call("done", summary="By the tools"))',
      'print(call("read_file", path="src/a.txt"))',
    ].join("\n"),
  );
  const ran = run(place);
  expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 });
  expect(git(place, "show", "main:src/a.txt")).toBe("one\n");
  expect(calls(place).map(({ tool, ok, refused_by }) => ({ tool, ok, refused_by }))).toEqual([
    { tool: "edit_file", ok: false, refused_by: expect.any(String) },
    { tool: "edit_file", ok: true, refused_by: null },
    { tool: "done", ok: true, refused_by: null },
  ]);
  expect(eventsOf(place).find(({ kind }) => kind === "candidate_frozen")).toMatchObject({ summary: "By the tools" });
});

test("I7 its calls have an end, and what hangs in one ends with the agent", () => {
  const mark = newMark();
  const words = [
    "import threading, time",
    `threading.Thread(target=lambda: call("run_bash", cmd="sleep ${mark}"), daemon=True).start()`,
    "time.sleep(4)",
    "os._exit(3)",
  ].join("\n");
  const place = lay(words);
  expect(run(place).status).toBe(1);
  expect(processesWith(mark)).toEqual([]);
  const failed = eventsOf(place).find(({ kind }) => kind === "attempt_failed");
  expect(failed).toMatchObject({ cause: "error", detail: expect.stringContaining("exit status 3") });
});

test("I7 each call of an agent counts as a turn, and there are no more than the task has", () => {
  const words = [
    'for at in range(4): print(call("read_file", path="src/a.txt"))',
    'print(call("done", summary="Late"))',
    'open("src/a.txt", "w").write("two")',
  ].join("\n");
  const place = lay(words);
  const file = ".dgov/plans/p/tasks/main.toml";
  const toml = readFileSync(join(place.root, file), "utf8");
  writeIn(place.root, file, `${toml}iteration_budget = 3\n`);
  commitAll(place, "three");
  expect(run(place).status).toBe(0);
  expect(calls(place).map(({ tool }) => tool)).toEqual(["read_file", "read_file", "read_file"]);
  const frozen = eventsOf(place).find(({ kind }) => kind === "candidate_frozen");
  expect(frozen).toMatchObject({ summary: '"cli" ended with exit status 0' }); // and not what its late call said
});

test("I7 what is no question ends its connection, and nothing else", () => {
  const probe = `
import os, socket, sys
def ask(*lines):
    s = socket.create_connection(("127.0.0.1", 28128))
    s.sendall(b"CONNECT task.dgov.internal:1 HTTP/1.1\\r\\n\\r\\n")
    for line in lines: s.sendall(line)
    s.settimeout(20)
    heard = b""
    while True:
        more = s.recv(65536)
        if not more: return heard
        heard += more
        if not lines and b'"tools"' in heard: return heard
assert b'"tools"' in ask(), "no tools"
for bad in (b"garbage\\n", b'{"id": 1}\\n', b'{"id": 1, "tool": "x", "input": 3}\\n'): ask(bad)
open("src/a.txt", "w").write("fine")
`;
  const place = lay("", { command: ["python3", "-c", probe] });
  const ran = run(place);
  expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 });
  expect(calls(place)).toEqual([]);
});

test.each([
  ['mcp = true\nprotocol = "acp"', "asks for its tools by that"],
  ["mcp = false", "must be true where {mcp}"],
])("I7 what does not go together is refused with its place: %j", (keys, said) => {
  const place = lay("");
  const toml = readFileSync(join(place.root, ".dgov/project.toml"), "utf8");
  writeIn(place.root, ".dgov/project.toml", toml.replace("mcp = true", keys));
  commitAll(place, "keys");
  const ran = run(place);
  expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({
    status: 3,
    stderr: expect.stringContaining(said),
  });
});
