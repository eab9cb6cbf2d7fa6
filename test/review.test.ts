import { afterEach, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EventOf } from "../packages/kernel/src/index.ts";
import { type Asked, type Play, type ProviderServer, replyEvents, startProvider } from "./provider_server.ts";
import { DGOV, dgov, eventsOf, git, type Place, readIn, startDgov } from "./repo.ts";
import { bash, type Call, done, edit, layTasks, write } from "./scripted.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

type Turns = readonly { calls?: readonly Call[]; hang?: true }[];

/** One task that edits `src/a.txt`, and a review by `oak` and `elm`. `play` says what the seats do, in a file outside. */
function lay(): { place: Place; play(reviews: Record<string, Turns>): void } {
  const worker = [edit("src/a.txt", "alpha", "alpha, changed"), done].map((call) => ({ calls: [call] }));
  const play = (reviews: Record<string, Turns>) => {
    const seats = Object.entries(reviews).map(([seat, turns]) => [seat, { turns }]);
    writeFileSync(
      join(place.folder, "script.json"),
      JSON.stringify({ version: 1, tasks: { "tasks/main.a": { turns: worker } }, reviews: Object.fromEntries(seats) }),
    );
  };
  const seat = (name: string) =>
    `[review.seats.${name}]\nprovider = "scripted"\nagent = "${name}-1"\nfamily = "${name}"\n`;
  const tables = `[providers.scripted]\nscript = "../script.json"\n${seat("oak")}${seat("elm")}`;
  const place = layTasks({ a: { attempts: [[]] } }, { tables });
  play({});
  open.push(place.stop);
  return { place, play };
}

const votes = (place: Place) =>
  eventsOf(place).flatMap((event) => (event.kind === "seat_voted" ? [`${event.seat} ${event.vote} ${event.why}`] : []));
const treeAsked = (place: Place) =>
  eventsOf(place).findLast((event): event is EventOf<"review_opened"> => event.kind === "review_opened")?.tree;
const calls = (place: Place, model: string) =>
  eventsOf(place).filter((event) => event.kind === "call_reserved" && event.caller?.model === model).length;
const voting = (vote: string, tree: string | undefined, findings: object[] = []): Turns => [
  { calls: [{ tool: "submit_review", args: { tree, vote, summary: "I looked", findings, conditions: [] } }] },
];

test("E10 E14 a run lands what its reviewers approve, a killed one pays for no vote twice, and ballots are kept", async () => {
  const { place, play } = lay();
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(1);
  expect(votes(place).sort()).toEqual(["elm none empty", "oak none empty"]);
  const tree = treeAsked(place);

  play({ oak: voting("approve", tree), elm: [{ hang: true }] });
  const run = startDgov(place, "run", ".dgov/plans/p", "--continue");
  for (let tries = 0; !votes(place).includes("oak approve null"); tries++) {
    if (tries > 3_000) throw new Error("No vote within a minute");
    await Bun.sleep(20);
  }
  run.kill("SIGKILL");
  await run.exited;
  const paid = calls(place, "scripted/oak-1");

  play({ oak: voting("reject", tree), elm: voting("approve", tree) });
  const again = dgov(place, "run", ".dgov/plans/p");
  expect({ status: again.status, said: again.stderr }).toMatchObject({ status: 0 });
  expect(calls(place, "scripted/oak-1")).toBe(paid);
  expect(readIn(place, "src/a.txt")).toBe("alpha, changed\n");
  expect(git(place, "rev-parse", "main^{tree}").trim()).toBe(tree ?? "");
  const id = /\br\d{8}T\d{6}-[0-9a-f]{4}\b/.exec(dgov(place, "cost").stdout)?.[0] ?? "";
  const states = () => {
    const { status, stdout } = dgov(place, "report", "--json");
    const { sound, receipts } = JSON.parse(stdout);
    return { status, sound, states: receipts.map(({ state }: { state: string }) => state) };
  };
  const [kept = ""] = [...new Bun.Glob(".dgov/out/*/*/*/ballot-oak-*.json").scanSync({ cwd: place.root, dot: true })];
  const given = readIn(place, kept);
  expect(states()).toEqual({ status: 0, sound: true, states: ["verified", "verified"] }); // E10
  writeFileSync(join(place.root, kept), given.replace("approve", "reject"));
  expect(states()).toEqual({ status: 1, sound: false, states: ["verification_failed", "verified"] }); // E14
  rmSync(join(place.root, kept));
  expect(states()).toEqual({ status: 0, sound: true, states: ["absent", "verified"] });
  const replayed = dgov(place, "replay", id);
  expect({ status: replayed.status, said: replayed.stderr }).toMatchObject({ status: 0 });
}, 180_000);

test("C14 a run killed at any event of its review goes on to the same tree, and asks only who has not voted", async () => {
  const first = lay();
  dgov(first.place, "run", ".dgov/plans/p");
  const tree = treeAsked(first.place);
  const approving = { oak: voting("approve", tree), elm: voting("approve", tree) };
  const whole = lay();
  whole.play(approving);
  expect(dgov(whole.place, "run", ".dgov/plans/p").status).toBe(0);
  const events = eventsOf(whole.place);
  const opened = events.findIndex(({ kind }) => kind === "review_opened") + 1;
  for (let seq = opened; seq < events.length; seq++) {
    const { place, play } = lay();
    play(approving);
    const argv = [process.execPath, join(import.meta.dir, "crash_main.ts"), String(seq), ".dgov/plans/p"];
    const killed = Bun.spawn(argv, { cwd: place.root, env: place.env, stdio: ["ignore", "ignore", "ignore"] });
    await killed.exited;
    expect({ seq, signal: killed.signalCode }).toEqual({ seq, signal: "SIGKILL" });
    const wanted = ["oak", "elm"].map((name) => {
      const hasVoted = votes(place).includes(`${name} approve null`);
      return calls(place, `scripted/${name}-1`) + (hasVoted ? 0 : 1);
    });
    const again = dgov(place, "run", ".dgov/plans/p");
    expect({ seq, status: again.status, said: again.stderr }).toMatchObject({ seq, status: 0 });
    expect({ seq, paid: ["oak", "elm"].map((name) => calls(place, `scripted/${name}-1`)) }).toEqual({
      seq,
      paid: wanted,
    });
    expect({ seq, votes: votes(place).sort() }).toEqual({ seq, votes: ["elm approve null", "oak approve null"] });
    expect(git(place, "rev-parse", "main^{tree}").trim()).toBe(tree ?? "");
    place.stop();
  }
  expect(events.length - opened).toBeGreaterThan(8);
}, 400_000);

test("a reviewer looks with tools that change nothing, and what it finds rejects the work", () => {
  const { place, play } = lay();
  dgov(place, "run", ".dgov/plans/p");
  const tree = treeAsked(place);
  const blocker = { severity: "blocker", path: "src/a.txt", line: 1, message: "nobody asked for that" };
  const tries: Turns = [
    {
      calls: [{ tool: "read_file", args: { path: "src/a.txt" } }, write("src/a.txt", "mine"), write("src/x.txt", "x")],
    },
    { calls: [{ tool: "git_diff", args: {} }, bash("echo mine > src/a.txt")] },
  ];
  play({ oak: [...tries, ...voting("reject", tree, [blocker])], elm: voting("approve", tree) });
  expect(dgov(place, "run", ".dgov/plans/p", "--continue").status).toBe(1);
  const events = eventsOf(place);
  const told = events.filter((event) => event.kind === "tool_called" && event.seat === "oak" && event.attempt === 1);
  const of = (tool: string) =>
    told.flatMap((event) => (event.kind === "tool_called" && event.tool === tool ? [event] : []));
  expect(of("read_file")[0]?.text).toContain("alpha, changed");
  expect(of("write_file").map(({ ok, refused_by }) => [ok, refused_by])).toEqual([
    [false, "role"],
    [false, "role"],
  ]);
  expect(of("git_diff")[0]?.text).toContain("+alpha, changed");
  expect(of("run_bash").map(({ refused_by }) => refused_by)).toEqual(["role"]);
  const rejected = events.findLast((event) => event.kind === "candidate_rejected" && event.attempt === 1);
  expect(rejected).toMatchObject({ cause: "review", gate: "review", blame: "task" });
  expect(readIn(place, "src/a.txt")).toBe("alpha\n");
  const cost = JSON.parse(dgov(place, "cost", "--by", "role", "--json").stdout);
  expect(cost.cost.rows.map(({ key }: { key: string }) => key).sort()).toEqual(["reviewer", "worker"]);
}, 180_000);

/** A seat behind a server, that votes so on the tree it is asked about. */
function seated(name: string, vote: object): { server: ProviderServer; tables: string; env: Record<string, string> } {
  const play = ({ body }: Asked): Play => {
    const tree = /Tree that would land: (\w+)/.exec(JSON.stringify(body))?.[1];
    const input = JSON.stringify({ tree, summary: `${name} has looked`, conditions: [], ...vote });
    return { stream: replyEvents({ calls: [{ tool: "submit_review", input }] }) };
  };
  const server = startProvider([play]);
  open.push(server.stop);
  const key = `${name.toUpperCase()}_KEY`;
  const tables = `[providers.${name}_house]\nbase_url = "${server.url}"\napi_key_env = "${key}"\n[prices."${name}_house/${name}-1"]\ninput = 1\noutput = 2\n[review.seats.${name}]\nprovider = "${name}_house"\nagent = "${name}-1"\nfamily = "${name}"\nlook_for = "what ${name} fears"\n`;
  return { server, tables, env: { [key]: `key-of-${name}` } };
}

test("E5 seats of two providers are asked by the client of the workers, each with its own key, blind to each other", async () => {
  const note = { severity: "note", path: "src/a.txt", line: 1, message: "a zebra" };
  const [oak, elm] = [seated("oak", { vote: "approve", findings: [note] }), seated("elm", { vote: "approve" })];
  const worker = { attempts: [[edit("src/a.txt", "alpha", "alpha, changed"), done]] };
  const place = layTasks({ a: worker }, { tables: `${oak.tables}${elm.tables}[budget]\nmoney = 1\n` });
  open.push(place.stop);
  Object.assign(place.env, oak.env, elm.env);
  const child = Bun.spawn([...DGOV, "run", ".dgov/plans/p"], { cwd: place.root, env: place.env, stderr: "pipe" });
  const said = await new Response(child.stderr).text();
  expect({ status: await child.exited, said }).toMatchObject({ status: 0 });
  for (const [seat, other] of [
    [oak, "elm"],
    [elm, "oak"],
  ] as const) {
    expect(seat.server.asked).toHaveLength(1);
    const asked = seat.server.asked[0];
    const text = JSON.stringify(asked?.body);
    expect(asked?.headers.authorization).toBe(seat === oak ? "Bearer key-of-oak" : "Bearer key-of-elm");
    expect(text).toContain(seat === oak ? "what oak fears" : "what elm fears");
    expect(text).toContain("+alpha, changed");
    for (const word of [other, "zebra", "It is done"]) expect(text).not.toContain(word);
    expect(asked?.body.max_tokens).toBeGreaterThan(0);
  }
  const { cost } = JSON.parse(dgov(place, "cost", "--by", "model", "--json").stdout);
  const paid = (model: string) => cost.rows.find(({ key }: { key: string }) => key === model)?.cost_micros;
  expect([paid("oak_house/oak-1"), paid("elm_house/elm-1")]).toEqual([25, 25]); // 11 tokens in at 1, 7 out at 2
  const { estimate } = JSON.parse(dgov(place, "cost", "--plan", ".dgov/plans/p", "--json").stdout);
  const likely = estimate.tasks.map(({ model, role, like, cost_micros }: Record<string, unknown>) => [
    model,
    role,
    like,
    cost_micros,
  ]);
  expect(likely.slice(1)).toEqual([
    ["oak_house/oak-1", "reviewer", "task", 25],
    ["elm_house/elm-1", "reviewer", "task", 25],
  ]);
}, 120_000);
