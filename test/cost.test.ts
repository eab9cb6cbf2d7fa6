import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../packages/kernel/src/index.ts";
import { type Play, type ProviderServer, replyEvents, startProvider } from "./provider_server.ts";
import { commitAll, DGOV, dgov, eventsOf, type Place, startDgov, writeIn } from "./repo.ts";
import { done, edit, layTasks, type Played, write } from "./scripted.ts";

setDefaultTimeout(90_000); // many processes each, and the machine may be busy

const open: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

function lay(tasks: Readonly<Record<string, Played>>, more: Parameters<typeof layTasks>[1] = {}): Place {
  const place = layTasks(tasks, more);
  open.push(place);
  return place;
}

/** A task `a` whose model is behind this server. */
function behind(server: ProviderServer, tables: string): Place {
  const provider = `[providers.local]\nbase_url = "${server.url}"\napi_key_env = "LOCAL_KEY"\ndefault_agent = "org/small"\n`;
  const place = lay({ a: { attempts: [[done]] } }, { project: { provider: "local" }, tables: `${provider}${tables}` });
  return { ...place, env: { ...place.env, LOCAL_KEY: "k" } };
}

/** The server answers in this process, so dgov must run beside it and not instead of it. */
async function run(place: Place, ...args: string[]): Promise<{ status: number; said: string; told: unknown }> {
  const child = Bun.spawn([...DGOV, "run", ".dgov/plans/p", ...args], {
    ...{ cwd: place.root, env: place.env },
    ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  const [said, told] = await Promise.all([new Response(child.stderr).text(), new Response(child.stdout).text()]);
  return { status: await child.exited, said, told: args.includes("--json") ? JSON.parse(told) : told };
}

const cost = (place: Place, ...args: string[]) => JSON.parse(dgov(place, "cost", "--json", ...args).stdout);
const server = (...plays: Play[]): ProviderServer => {
  const started = startProvider(plays);
  open.push(started);
  return started;
};

const used = (prompt_tokens: number, cached_tokens: number, completion_tokens: number) => ({
  usage: { prompt_tokens, completion_tokens, prompt_tokens_details: { cached_tokens } },
});
const change = JSON.stringify({ path: "src/a.txt", old_text: "alpha", new_text: "omega" });
const edits = (usage: ReturnType<typeof used>): Play => ({
  stream: replyEvents({ calls: [{ tool: "edit_file", input: change }], ...usage }),
});
const ends = (usage: ReturnType<typeof used>): Play => ({
  stream: replyEvents({ calls: [{ tool: "done", input: '{"summary":"Edited"}' }], ...usage }),
});
const PRICED = '[prices."local/org/small"]\ninput = 2.5\ncached_input = "0.25"\noutput = 10\n';

test("H1 what a run cost is the sum of the provider's bill, cached tokens at their own price", async () => {
  const place = behind(server(edits(used(1_000, 0, 50)), ends(used(1_400, 1_000, 20))), PRICED);
  expect(await run(place)).toMatchObject({ status: 0 });
  const { cost: told } = cost(place, "--by", "model");
  // (1000 + 400) at 2.5, 1000 at 0.25, 70 at 10 a million.
  expect(told).toMatchObject({
    currency: "USD",
    total: { calls: 2, input_tokens: 2_400, cached_tokens: 1_000, output_tokens: 70, cost_micros: 3_500 + 250 + 700 },
    rows: [{ key: "local/org/small", unpriced_calls: 0, unsettled_calls: 0 }],
  });
  expect(told.calls.map(({ decided_by }: { decided_by: string }) => decided_by)).toEqual(["provider", "provider"]);
  expect(dgov(place, "cost").stdout).toContain("0.00445 USD");
});

test("H1 a model that no price names is unpriced, and refused where money has a ceiling, before anything is sent", async () => {
  const provider = server(edits(used(10, 0, 5)), ends(used(10, 0, 5)));
  const place = behind(provider, "");
  writeIn(place.root, ".dgov/plans/p/_root.toml", '[plan]\nname = "p"\nsections = ["tasks"]\n[budget]\nmoney = 1\n');
  commitAll(place, "a ceiling");
  const refused = await run(place);
  expect(refused.status).toBe(3);
  expect(refused.said).toContain('[prices."local/org/small"]');
  expect([provider.asked.length, eventsOf(place).length]).toEqual([0, 0]);
  writeIn(place.root, ".dgov/plans/p/_root.toml", '[plan]\nname = "p"\nsections = ["tasks"]\n');
  commitAll(place, "no ceiling");
  expect(await run(place)).toMatchObject({ status: 0 });
  expect(cost(place).cost).toMatchObject({ total: { calls: 2, cost_micros: null, unpriced_calls: 2 } });
  expect(dgov(place, "cost").stdout).toContain("unpriced");
});

test("a reply is held to what the ceiling leaves, and to nothing where there is none", async () => {
  const caps = async (tables: string) => {
    const provider = server(edits(used(1_000, 0, 50)), ends(used(1_000, 0, 50)));
    expect(await run(behind(provider, tables))).toMatchObject({ status: 0 });
    return provider.asked.map(({ body }) => body.max_tokens);
  };
  expect(await caps(PRICED)).toEqual([undefined, undefined]);
  expect(await caps(`${PRICED}[budget]\nmoney = 100\noutput_tokens = 700\n`)).toEqual([700, 700]);
});

const turn = { calls: [{ tool: "list_dir", args: {} }], usage: { input: 10, output: 10 } };
const restless = (tasks: readonly string[]): string =>
  JSON.stringify({
    version: 1,
    tasks: Object.fromEntries(tasks.map((slug) => [`tasks/main.${slug}`, { turns: Array(9).fill(turn) }])),
    default: { turns: [{ calls: [edit("src/b.txt", "beta", "gamma")] }, { calls: [done] }] },
  });
const causes = (events: readonly Event[]) =>
  events.flatMap((event) =>
    event.kind === "attempt_failed" ? [[event.cause, event.short?.of, event.short?.limit]] : [],
  );

test("H2 a run that comes to its ceiling begins nothing more, names what is pending, and is no success", async () => {
  const claims = (path: string) => `files.create = ["src/${path}.txt"]`;
  const tasks = {
    a: { attempts: [] },
    b: { claims: claims("b2"), attempts: [] },
    c: { claims: claims("c"), attempts: [] },
  };
  const files = { ".dgov/plans/p/script.json": restless(["a", "b", "c"]) };
  const place = lay(tasks, { files, tables: "[budget]\ncalls = 3\n" });
  const { status, told } = await run(place, "--jobs", "1", "--json");
  expect(status).toBe(1);
  expect(told).toMatchObject({
    status: "failed",
    unfinished: ["tasks/main.b", "tasks/main.c"],
    abort: {
      code: "budget",
      short: { of: "run", limit: "calls", most: 3, spent: 3, asked: 1 },
      pending: ["tasks/main.a", "tasks/main.b", "tasks/main.c"],
    },
  });
  expect(eventsOf(place).filter(({ kind }) => kind === "task_dispatched")).toHaveLength(1);
  expect(causes(eventsOf(place))).toEqual([["budget", "run", "calls"]]);
  // With the ceiling raised, what is pending is done.
  const plays = { a: edit("src/a.txt", "alpha", "omega"), b: write("src/b2.txt", "b"), c: write("src/c.txt", "c") };
  const script = Object.entries(plays).map(([slug, call]) => [
    `tasks/main.${slug}`,
    { turns: [{ calls: [call] }, { calls: [done] }] },
  ]);
  writeIn(place.root, ".dgov/plans/p/script.json", JSON.stringify({ version: 1, tasks: Object.fromEntries(script) }));
  const project = await Bun.file(`${place.root}/.dgov/project.toml`).text();
  writeIn(place.root, ".dgov/project.toml", project.replace("calls = 3", "calls = 300"));
  commitAll(place, "a better script, and more calls");
  expect(await run(place, "--continue")).toMatchObject({ status: 0 });
  expect(eventsOf(place).filter(({ kind }) => kind === "task_landed")).toHaveLength(3);
});

test.each<[string, string, "calls" | "turns" | "wall_ms"]>([
  ["calls", "calls = 2", "calls"],
  ["turns", "turns = 2", "turns"],
  ["minutes", "minutes = 0.03", "wall_ms"],
])("H2 a task's ceiling of %s ends that task alone", async (_, ceiling, limit) => {
  const tasks = {
    a: { claims: `files.edit = ["src/a.txt"]\nbudget = { ${ceiling} }`, attempts: [] },
    b: { claims: 'files.edit = ["src/b.txt"]', attempts: [] },
  };
  const script = JSON.parse(restless(["a"]));
  if (limit === "wall_ms") script.tasks["tasks/main.a"] = { turns: [{ hang: true }] };
  const place = lay(tasks, { files: { ".dgov/plans/p/script.json": JSON.stringify(script) } });
  const { status, told } = await run(place, "--json");
  expect({ status, told }).toMatchObject({
    status: 1,
    told: { succeeded: ["tasks/main.b"], failed: ["tasks/main.a"], abort: null },
  });
  expect(causes(eventsOf(place))).toEqual([["budget", "task", limit]]);
});

test("a call that a kill left unsettled counts as the most it can have cost", async () => {
  const script = {
    version: 1,
    tasks: {},
    default: { attempts: [{ turns: [{ hang: true }] }, { turns: [turn, turn] }] },
  };
  const files = { ".dgov/plans/p/script.json": JSON.stringify(script) };
  const tables = '[prices."scripted/scripted"]\ninput = 3\noutput = 6\n[budget]\nmoney = 50\n';
  const place = lay({ a: { attempts: [] } }, { files, tables, project: { worker_iteration_budget: "2" } });
  writeIn(
    place.root,
    ".dgov/project.toml",
    (await Bun.file(`${place.root}/.dgov/project.toml`).text()).replace('"2"', "2"),
  );
  commitAll(place, "two turns");
  const child = startDgov(place, "run", ".dgov/plans/p");
  for (let n = 0; n < 600 && !eventsOf(place).some(({ kind }) => kind === "call_reserved"); n++) await Bun.sleep(50);
  child.kill("SIGKILL");
  await child.exited;
  await run(place);
  const { total, calls } = cost(place).cost;
  const [lost] = eventsOf(place).filter((event) => event.kind === "call_reserved");
  expect(total.unsettled_calls).toBe(1);
  expect(calls[0]).toMatchObject({ decided_by: "reserve", cost_micros: lost?.cost_micros, attempt: 1 });
  expect(total.cost_micros).toBe((lost?.cost_micros ?? 0) + (calls.length - 1) * 90);
});

test("what a plan is likely to cost is told by what its tasks have used", async () => {
  const script = JSON.parse(restless([]));
  script.default.turns = [
    { calls: [edit("src/a.txt", "alpha", "omega")], usage: { input: 900, cached: 500, output: 100 } },
    { calls: [done], usage: { input: 100, output: 0 } },
  ];
  const tables = '[budget]\ncurrency = "EUR"\n[prices."scripted/scripted"]\ninput = 2\ncached_input = 1\noutput = 10\n';
  const files = { ".dgov/plans/p/script.json": JSON.stringify(script) };
  const place = lay({ a: { attempts: [] } }, { files, tables });
  expect(cost(place, "--plan", "p").estimate).toMatchObject({
    cost_micros: null,
    unknown: ["tasks/main.a"],
    unpriced: [],
  });
  expect(await run(place)).toMatchObject({ status: 0 });
  expect(cost(place, "--plan", "p").estimate).toMatchObject({
    currency: "EUR",
    tasks: [{ like: "task", samples: 1, calls: 2, input_tokens: 1_000, cached_tokens: 500, output_tokens: 100 }],
    cost_micros: 1_000 + 500 + 1_000,
    unknown: [],
  });
  expect(dgov(place, "cost", "--plan", "p").stdout).toContain("about 0.0025 EUR");
});

test("a run that nobody knows is refused, and where nothing was run there is nothing to tell", () => {
  const place = lay({ a: { attempts: [[done]] } });
  expect(dgov(place, "cost", "r0")).toMatchObject({ status: 3 });
  expect(dgov(place, "cost")).toMatchObject({ status: 0, stdout: "Nothing was ever run here\n" });
});
