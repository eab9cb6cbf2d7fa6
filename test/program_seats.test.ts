import { afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventOf } from "../packages/kernel/src/index.ts";
import { buildAcpAgent } from "./acp_agent.ts";
import { dgov, eventsOf, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000); // whole runs with jails, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});
const acp: { agent: Awaited<ReturnType<typeof buildAcpAgent>> | null } = { agent: null };
beforeAll(async () => {
  acp.agent = await buildAcpAgent();
  return () => acp.agent?.remove();
});

const seat = (name: string, agent: string) => `[review.seats.${name}]\nagent = "${agent}"\nfamily = "${name}"\n`;
const TREE = `tree=$(sed -n 's/^Tree that would land: //p' $TMPDIR/task)`;
const ballot = (vote: string, more = "") =>
  `{\\"tree\\":\\"$tree\\",\\"vote\\":\\"${vote}\\",\\"summary\\":\\"looked\\",\\"conditions\\":[]${more}}`;
const BLOCKER = ballot(
  "reject",
  ',\\"findings\\":[{\\"severity\\":\\"blocker\\",\\"path\\":\\"src/a.txt\\",\\"line\\":1,\\"message\\":\\"no\\"}]',
);
const program = (name: string, script: string) =>
  `[agents.${name}]\ncommand = ${JSON.stringify(["sh", "-c", `cat > $TMPDIR/task; ${TREE}; ${script}`])}\n`;
const leaves = (text: string) => `echo "${text}" > $DGOV_ANSWER`;

/** One task that a model does, and these seats. */
function lay(tables: string): { place: Place; status: number; votes: EventOf<"seat_voted">[] } {
  const worker = { attempts: [[edit("src/a.txt", "alpha", "alpha, changed"), done]] };
  const limits = "[limits]\nretries = 0\nsettlement_retries = 0\n";
  const place = layTasks({ a: worker }, { tables: `${limits}${tables}` });
  open.push(place);
  const status = dgov(place, "run", ".dgov/plans/p").status ?? -1;
  return { place, status, votes: eventsOf(place).filter((event) => event.kind === "seat_voted") };
}

test("C23 programs hold seats: their ballots are files, on this tree, from a jail that writes nothing; nobody counts what they print", () => {
  const tables = [
    program(
      "one",
      `{ echo no > src/a.txt; } 2> $TMPDIR/err; grep -qE "Read-only|denied" $TMPDIR/err && ${leaves(ballot("approve"))}`,
    ),
    program(
      "two",
      `grep -q 'DGOV_ANSWER' $TMPDIR/task && grep -q '"enum":\\["approve"' $TMPDIR/task && ${leaves(ballot("approve"))}`,
    ),
    seat("oak", "one"),
    seat("elm", "two"),
  ];
  const { place, status, votes } = lay(tables.join(""));
  expect(votes.map(({ seat: name, vote, looked }) => [name, vote, looked]).sort()).toEqual([
    ["elm", "approve", null],
    ["oak", "approve", null],
  ]);
  expect(status).toBe(0);
  const events = eventsOf(place);
  const started = events.flatMap((event) => (event.kind === "agent_started" ? [`${event.seat} ${event.agent}`] : []));
  expect(started.sort()).toEqual(["elm two", "oak one"]);
  const opened = events.find((event) => event.kind === "review_opened");
  expect(opened?.kind === "review_opened" && opened.seats.map(({ model }) => model)).toEqual([
    "program/one",
    "program/two",
  ]);
  const report = JSON.parse(dgov(place, "report", "--json").stdout);
  expect(report.receipts.map(({ state }: { state: string }) => state)).toEqual(["verified", "verified"]);
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
});

test.each<[string, string, string, string]>([
  ["that only prints", `echo "${ballot("approve")}"`, "none", "empty"],
  ["whose ballot is about another tree", leaves(ballot("approve").replace("$tree", "0".repeat(40))), "none", "stale"],
  ["whose ballot is no JSON", leaves("APPROVED"), "none", "malformed"],
  ["that gives up", leaves('{\\"give_up\\":\\"nothing to see\\"}'), "none", "empty"],
  ["that fails", `${leaves(ballot("approve"))}; exit 3`, "none", "crashed"],
  ["that rejects at a line", leaves(BLOCKER), "reject", "null"],
])("C23 a seat of a program %s", (_, script, vote, why) => {
  const { status, votes } = lay(`${program("one", script)}${seat("oak", "one")}`);
  expect([votes[0]?.vote, String(votes[0]?.why)]).toEqual([vote as "none", why]);
  expect(status).toBe(1);
});

test("A5 E15 an agent of the protocol votes by its last words, and its looks are counted where they must be", () => {
  const { agent } = acp;
  const command = (steps: object[]) => JSON.stringify([...(agent?.command ?? []), JSON.stringify(steps)]);
  const look = { ask: "fs/read_text_file", params: { path: "$CWD/src/a.txt" } };
  const say = {
    say: 'I have looked at {it}. {"tree":"$TREE","vote":"approve","summary":"it is right","conditions":[]}',
  };
  const play = (steps: object[]) =>
    lay(
      `[review]\nmust_look = true\n[sandbox]\nread = [${JSON.stringify(agent?.folder)}]\n[agents.one]\nprotocol = "acp"\ncommand = ${command(steps)}\n${seat("oak", "one")}`,
    );
  const looked = play([look, say]);
  expect(looked.votes).toMatchObject([{ vote: "approve", looked: 1 }]);
  expect(looked.status).toBe(0);
  const calls = eventsOf(looked.place).filter((event) => event.kind === "tool_called" && event.seat === "oak");
  expect(calls).toHaveLength(1);
  const believed = play([say]);
  expect([believed.status, believed.votes[0]?.why]).toEqual([1, "unlooked"]);
});

test("C23 a program that writes a task may not judge it, and one that cannot be counted keeps no ceiling", () => {
  const author = lay(`${program("one", "true")}${seat("oak", "one")}[tiers]\nworker = "one"\n`);
  expect([author.status, eventsIn(author.place)]).toEqual([3, 0]);
  const counted = lay(`[budget]\ncalls = 3\n${program("one", "true")}${seat("oak", "one")}`);
  expect([counted.status, eventsIn(counted.place)]).toEqual([3, 0]);
});

const eventsIn = (place: Place): number => {
  try {
    return eventsOf(place).length;
  } catch {
    return 0; // there is no log yet
  }
};

test("C23 a program is a rung of the ladder for who only reads", () => {
  const reports = program("strong", `echo '{"outcome":"done","summary":"it says alpha"}' > $DGOV_OUTCOME`);
  const place = layTasks(
    { a: { claims: 'files.read = ["src/a.txt"]\nrole = "researcher"', attempts: [[]] } },
    { tables: `[limits]\nretries = 0\n${reports}[[tiers.escalation]]\nagent = "strong"\n` },
  );
  open.push(place);
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(0);
  const events = eventsOf(place);
  const agents = events.flatMap((event) =>
    event.kind === "task_dispatched" ? [`${event.tier} ${event.provider}`] : [],
  );
  expect(agents).toEqual(["0 scripted", "1 program"]);
  expect(events.find(({ kind }) => kind === "report_filed")).toMatchObject({ summary: "it says alpha" });
  expect(readFileSync(join(place.root, "src/a.txt"), "utf8")).toBe("alpha\n");
});
