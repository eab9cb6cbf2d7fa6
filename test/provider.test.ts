import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { type Play, type ProviderServer, replyEvents, startProvider } from "./provider_server.ts";
import { DGOV, dgov, eventsOf, git, makeRepository, type Place, readIn } from "./repo.ts";

setDefaultTimeout(90_000); // a client that keeps trying has to be given its time

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

const KEY = "sk-test-0123456789abcdef0123456789abcdef";

function repository(server: ProviderServer): Place {
  const place = makeRepository({
    "src/a.txt": "alpha\n",
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/project.toml": `[project]
provider = "local"
test_cmd = ""
lint_cmd = ""
format_cmd = ""
lint_fix_cmd = ""
format_check_cmd = ""

[limits]
retries = 0

[providers.local]
base_url = "${server.url}"
api_key_env = "LOCAL_KEY"
default_agent = "small"
price_input_per_mtok = 2.0
price_output_per_mtok = 8.0
`,
    ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsections = ["tasks"]\n',
    ".dgov/plans/p/tasks/main.toml":
      '[tasks.a]\nsummary = "Do it"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.edit = ["src/a.txt"]\n',
  });
  open.push(place);
  return { ...place, env: { ...place.env, LOCAL_KEY: KEY } };
}

/** The server answers in this process, so dgov must run beside it and not instead of it. */
async function run(place: Place): Promise<{ status: number; said: string }> {
  const child = Bun.spawn([...DGOV, "run", ".dgov/plans/p"], {
    cwd: place.root,
    env: place.env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { status: await child.exited, said: said.join("\n") };
}

function provider(...plays: Play[]): ProviderServer {
  const server = startProvider(plays);
  open.push(server);
  return server;
}

const edit = replyEvents({
  text: "I edit the file.",
  calls: [
    {
      tool: "edit_file",
      input: JSON.stringify({ path: "src/a.txt", old_text: "alpha", new_text: "alpha, by a model" }),
    },
  ],
});
const done = replyEvents({ calls: [{ tool: "done", input: JSON.stringify({ summary: "Edited" }) }] });

test("a model behind an OpenAI-compatible server works through the same loop, and what it costs is counted", async () => {
  const server = provider({ stream: edit }, { stream: done });
  const place = repository(server);
  expect(await run(place)).toMatchObject({ status: 0 });
  expect(readIn(place, "src/a.txt")).toBe("alpha, by a model\n");
  const calls = eventsOf(place).flatMap((event) => (event.kind === "call_settled" ? [event.usage] : []));
  // 11 tokens in at 2 $ and 7 out at 8 $ a million: 22 + 56 millionths of a dollar.
  expect(calls).toEqual([
    { input_tokens: 11, output_tokens: 7, cost_micros: 78 },
    { input_tokens: 11, output_tokens: 7, cost_micros: 78 },
  ]);
  expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(JSON.stringify(server.asked.map(({ body }) => body))).not.toContain(KEY);
});

test("the key is in no event, no file of the run and no environment of a tool", async () => {
  const spy = replyEvents({
    calls: [
      { tool: "run_bash", input: JSON.stringify({ cmd: "env; cat /proc/$PPID/environ; cat /proc/1/environ; true" }) },
    ],
  });
  const place = repository(provider({ stream: spy }, { stream: edit }, { stream: done }));
  expect(await run(place)).toMatchObject({ status: 0 });
  const called = eventsOf(place).find((event) => event.kind === "tool_called" && event.tool === "run_bash");
  if (called?.kind !== "tool_called") throw new Error("The spy did not run");
  expect(called.text).toContain("PATH=");
  expect(JSON.stringify(eventsOf(place))).not.toContain(KEY);
  expect(Bun.spawnSync(["grep", "-rl", KEY, place.root], { env: place.env }).stdout.toString()).toBe("");
});

test("a stream that breaks off is asked for again, and the run goes on", async () => {
  const place = repository(provider({ stream: edit.slice(0, 4), end: "cut" }, { stream: edit }, { stream: done }));
  expect(await run(place)).toMatchObject({ status: 0 });
});

test.each<[string, Play, string]>([
  ["refuses the key", { status: 401, body: { error: { message: `bad key ${KEY}` } } }, "auth"],
  [
    "answers garbage",
    { status: 200, headers: { "content-type": "text/html" }, body: "<html>Welcome</html>" },
    "garbage",
  ],
])("a provider that %s fails the attempt and loses nothing", async (_name, play, cause) => {
  const place = repository(provider(play));
  const before = git(place, "rev-parse", "main");
  const { status, said } = await run(place);
  expect(status).toBe(1);
  expect(said).toContain(cause);
  expect(said).not.toContain(KEY);
  expect(git(place, "rev-parse", "main")).toBe(before);
  expect(eventsOf(place).some((event) => event.kind === "attempt_failed" && event.cause === "provider")).toBe(true);
  expect(dgov(place, "status").status).toBe(0);
});
