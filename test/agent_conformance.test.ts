import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../packages/kernel/src/index.ts";
import { buildAcpAgent } from "./acp_agent.ts";
import { type Play, replyEvents, startProvider } from "./provider_server.ts";
import { eventsOf, git, makeRepository, type Place, startDgov } from "./repo.ts";
import { newMark, processesWith } from "./scripted.ts";

setDefaultTimeout(240_000); // one run with all of them, and the machine may be busy

/**
 * Whatever does a task (our own loop with a model, a command-line agent, an agent of the Agent Client Protocol), each way
 * to fail ends as the same kind of fact. One run has a task for each row.
 */
type Row = [adapter: "loop" | "command" | "acp", fault: string, how: unknown, cause: string | null, detail: string];

const mark = newMark();
const sh = (script: string) => ["sh", "-c", script];
const answered = (result: unknown) =>
  sh(`read l; echo '${JSON.stringify({ jsonrpc: "2.0", id: 0, ...(result as object) })}'; cat > /dev/null`);
const TERSE = { status: 200, headers: { "content-type": "text/event-stream" } };

const ROWS: readonly Row[] = [
  ["loop", "garbage", { ...TERSE, body: "data: {half\n\n" }, "provider", "garbage"],
  ["loop", "a status", { status: 500 }, "provider", "500"],
  ["loop", "a cut connection", { stream: [], end: "cut" }, "provider", ""],
  ["loop", "silence", { stream: [], end: "stall" }, "timeout", ""],
  ["loop", "nothing but words", { stream: replyEvents({ text: "All done!" }) }, "stuck", ""],
  ["command", "garbage", sh("head -c 9000 /dev/urandom; echo '{'"), null, "empty_diff"],
  ["command", "an outcome nobody can read", sh("echo perhaps > $DGOV_OUTCOME"), "error", "cannot be read"],
  ["command", "a status", sh("echo why >&2; exit 7"), "error", "exit status 7: why"],
  ["command", "a signal", sh("kill -9 $$"), "error", "SIGKILL"],
  ["command", "silence", sh(`(setsid sleep ${mark}1 &); sleep ${mark}2`), "timeout", "was ended after 5 s"],
  ["command", "no such program inside", sh("exec nothing-of-this-name"), "setup", "Cannot start"],
  ["command", "a flood", sh("yes"), "error", "wrote more"],
  ["command", "its own jail's end", sh("kill -9 $PPID; kill -9 -1"), "error", ""],
  ["acp", "garbage", sh("echo hello; echo '{half'"), "error", "no message of the Agent Client Protocol"],
  ["acp", "half a message", sh('printf \'{"jsonrpc":"2.0","id":0,"resu\''), "error", "before its turn did"],
  ["acp", "a flood of garbage", sh("yes"), "error", "1000 lines that are no messages"],
  ["acp", "one endless line", sh("yes | tr -d '\\n'"), "error", "wrote more"],
  ["acp", "a status", sh("echo why >&2; exit 7"), "error", "exit status 7: why"],
  ["acp", "a signal", sh("kill -9 $$"), "error", "SIGKILL"],
  ["acp", "silence", sh(`(setsid sleep ${mark}3 &); sleep ${mark}4`), "timeout", "was ended after 5 s"],
  ["acp", "no such program inside", sh("exec nothing-of-this-name"), "setup", "Cannot start"],
  ["acp", "another version", answered({ result: { protocolVersion: 99 } }), "setup", "version 99"],
  ["acp", "an answer of no shape", answered({ result: "no" }), "error", "answered initialize with what"],
  ["acp", "an error", answered({ error: { code: -32603, message: "oh" } }), "error", "(-32603): oh"],
  ["acp", "a wish for a login", answered({ error: { code: -32000, message: "log in" } }), "setup", "wants a login"],
  ["acp", "an answer to nobody", answered({ id: "x", result: 1 }), "timeout", ""],
  ["acp", "a refusal", [{ stop: "refusal" }], "blocked", "refused to go on"],
  ["acp", "the end of its tokens", [{ stop: "max_tokens" }], "turns", "max_tokens"],
  ["acp", "a cancelling that nobody asked for", [{ stop: "cancelled" }], "error", "cancelled"],
  ["acp", "a word of no meaning", [{ stop: "whatever" }], "error", "whatever"],
  ["acp", "an end in the middle of its turn", [{ exit: 0 }], "error", "before its turn did"],
  ["acp", "prints between messages, and a status", [{ print: "debug" }, { exit: 4 }], "error", "exit status 4"],
  ["acp", "a turn in which nothing was done", [], null, "empty_diff"],
];

const slugOf = ([adapter, fault]: Row) => `${adapter}-${fault.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
const idOf = (row: Row) => `tasks/main.${slugOf(row)}`;

const opened: (() => unknown)[] = [];
const seen: { events: readonly Event[]; said: string; status: number; place: Place | null } = {
  ...{ events: [], said: "", status: -1, place: null },
};

beforeAll(async () => {
  const agent = await buildAcpAgent();
  const server = startProvider([
    ({ body }) => ROWS.find((row) => slugOf(row) === body.model)?.[2] as Play, // a model is named for its row
  ]);
  const place = lay(server.url, agent);
  place.env.LOCAL_KEY = "sk-none";
  opened.push(agent.remove, server.stop, place.stop);
  const child = startDgov(place, "run", ".dgov/plans/p");
  const words = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  Object.assign(seen, { events: eventsOf(place), said: words.join("\n"), status: await child.exited, place });
});
afterAll(async () => {
  for (const close of opened) await close();
});

/** A repository with a task for each row, each done by who fails so. */
function lay(url: string, agent: { folder: string; command: readonly string[] }): Place {
  const programs = ROWS.filter(([adapter]) => adapter !== "loop").map((row) => {
    const [protocol, , how] = row;
    const words = how as readonly unknown[];
    const command = typeof words[0] === "string" ? words : [...agent.command, JSON.stringify(how)];
    return `[agents.${slugOf(row)}]\nprotocol = "${protocol}"\ncommand = ${JSON.stringify(command)}\noutput_mb = 1\n`;
  });
  const tasks = ROWS.map((row) => {
    const slug = slugOf(row);
    const worker = row[0] === "loop" ? `agent = "${slug}"\nprovider = "local"` : `agent = "${slug}"`;
    const quick = row[3] === "timeout" ? 5 : 120;
    return `[tasks.${slug}]\nsummary = "S"\nprompt = "Orient\\nEdit\\nVerify"\n${worker}\ntimeout_s = ${quick}\nfiles.create = ["src/${slug}.txt"]\n`;
  });
  const commands = ["test_cmd", "lint_cmd", "format_cmd", "lint_fix_cmd", "format_check_cmd"];
  return makeRepository({
    "src/a.txt": "alpha\n",
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/project.toml": [
      `[project]\n${commands.map((name) => `${name} = ""`).join("\n")}`,
      "[limits]\nretries = 0\nsettlement_retries = 0\nbackoff_s = [0]",
      `[sandbox]\nread = [${JSON.stringify(agent.folder)}]`,
      `[providers.local]\nbase_url = "${url}"\napi_key_env = "LOCAL_KEY"`,
      ...programs,
    ].join("\n"),
    ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsummary = "P"\nsections = ["tasks"]\n',
    ".dgov/plans/p/tasks/main.toml": tasks.join("\n"),
  });
}

test.each([...ROWS])("A5 %s: %s ends as a typed result", (adapter, fault, how, cause, detail) => {
  const id = idOf([adapter, fault, how, cause, detail]);
  const own = seen.events.filter((event) => "task" in event && event.task === id);
  const last = own.findLast(({ kind }) => kind === "attempt_failed" || kind === "candidate_rejected");
  if (cause === null) expect(last).toMatchObject({ kind: "candidate_rejected", cause: detail });
  else expect(last).toMatchObject({ kind: "attempt_failed", cause, detail: expect.stringContaining(detail) });
});

test("A5 nothing of them lands, lives on or reaches the user's terminal, and the run says that it failed", () => {
  const { place, said, status } = seen;
  expect({ status, said: status === 1 ? "" : said }).toEqual({ status: 1, said: "" });
  expect(place && git(place, "rev-list", "--count", "main").trim()).toBe("1");
  expect(processesWith(mark)).toEqual([]);
  expect(said).not.toMatch(/Invalid message|unknown request|Error handling|^\s+at .*:\d+:\d+/m);
});
