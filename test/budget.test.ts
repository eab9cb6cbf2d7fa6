import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../packages/kernel/src/index.ts";
import { type ProviderServer, replyEvents, startProvider } from "./provider_server.ts";
import { DGOV, eventsOf, type Place } from "./repo.ts";
import { done, layTasks } from "./scripted.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

const CALL_TOKENS = 2_000;
/** A worker that would go on and on: each call uses as much as it says. */
const TURN = {
  calls: [{ tool: "list_dir", args: {} }],
  delay_ms: 40,
  usage: { input: CALL_TOKENS / 2, output: CALL_TOKENS / 2 },
};
const SCRIPT = JSON.stringify({ version: 1, tasks: {}, default: { turns: Array.from({ length: 30 }, () => TURN) } });

/** Two workers at a time under these limits. The server, if there is one, answers in this process. */
async function run(limits: string, server?: ProviderServer): Promise<{ status: number; events: Event[] }> {
  const provider = `
[providers.local]
base_url = "${server?.url}"
api_key_env = "LOCAL_KEY"
default_agent = "small"
price_input_per_mtok = 2.0
price_output_per_mtok = 8.0
`;
  const laid: Place = layTasks(
    { a: { attempts: [[done]] }, b: { claims: 'files.edit = ["src/b.txt"]', attempts: [[done]] } },
    {
      project: server ? { provider: "local" } : {},
      files: {
        ".dgov/plans/p/script.json": SCRIPT,
        ".dgov/plans/p/_root.toml": `[plan]\nname = "p"\nsections = ["tasks"]\n[limits]\n${limits}\n`,
      },
    },
  );
  open.push(laid);
  if (server) {
    const path = `${laid.root}/.dgov/project.toml`;
    await Bun.write(path, `${await Bun.file(path).text()}${provider}`);
    const commit = ["git", "-c", "user.name=P", "-c", "user.email=p@example.org", "commit", "-qam", "a provider"];
    expect(Bun.spawnSync(commit, { cwd: laid.root, env: laid.env }).exitCode).toBe(0);
  }
  const child = Bun.spawn([...DGOV, "run", ".dgov/plans/p", "--jobs", "2"], {
    cwd: laid.root,
    env: { ...laid.env, LOCAL_KEY: "k" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  return { status: await child.exited, events: eventsOf(laid) };
}

const settled = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === "call_settled" ? [event.usage] : []));
const causes = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === "attempt_failed" ? [event.cause] : []));
const tokensOf = (events: readonly Event[]) =>
  settled(events).reduce((sum, usage) => sum + usage.input_tokens + usage.output_tokens, 0);

/** At most this many calls are in flight: one for each worker. */
const IN_FLIGHT = 2;

test("no more calls than the limit", async () => {
  const { status, events } = await run("calls = 5");
  expect({ status, causes: causes(events), calls: settled(events).length }).toEqual({
    status: 1,
    causes: ["budget", "budget"],
    calls: 5,
  });
});

test("no more tokens than the limit, but for what calls in flight use beyond their estimate", async () => {
  const { status, events } = await run("tokens = 20000");
  expect({ status, causes: causes(events) }).toEqual({ status: 1, causes: ["budget", "budget"] });
  expect(tokensOf(events)).toBeGreaterThan(5_000);
  expect(tokensOf(events)).toBeLessThanOrEqual(20_000 + IN_FLIGHT * CALL_TOKENS);
});

test("no call after the time is up", async () => {
  const { status, events } = await run("wall_s = 1");
  expect({ status, causes: causes(events) }).toEqual({ status: 1, causes: ["budget", "budget"] });
});

test("no more money than the limit: what is in flight counts at the most it can cost", async () => {
  const usage = { prompt_tokens: 3_000, completion_tokens: 500 };
  const reply = replyEvents({ calls: [{ tool: "list_dir", input: "{}" }], usage });
  const server = startProvider([{ stream: reply }]);
  open.push(server);
  const { status, events } = await run("cost_usd = 0.04\nretries = 0", server);
  expect(status).toBe(1);
  expect(causes(events)).toContain("budget");
  expect(settled(events).length).toBeGreaterThan(0);
  const held = new Map<string, number>();
  let spent = 0;
  for (const event of events) {
    const key = "task" in event && "call" in event ? `${event.task} ${event.call}` : "";
    if (event.kind === "call_reserved") held.set(key, event.cost_micros);
    if (event.kind === "call_settled") {
      held.delete(key);
      spent += event.usage.cost_micros;
    }
    const most = [...held.values()].reduce((sum, micros) => sum + micros, spent);
    expect(most).toBeLessThanOrEqual(40_000);
  }
});

test("within its limits a run is not held up", async () => {
  const { status, events } = await run("calls = 1000\ntokens = 100000000\nwall_s = 600");
  expect({ status, causes: new Set(causes(events)) }).toEqual({ status: 1, causes: new Set(["stuck"]) }); // never done
});
