import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../packages/kernel/src/index.ts";
import { buildAcpAgent } from "./acp_agent.ts";
import { commitAll, dgov, eventsOf, type Place, type Ran, writeIn } from "./repo.ts";
import { layTasks } from "./scripted.ts";

setDefaultTimeout(180_000); // one run with all of them, and the machine may be busy

const report = (outcome: string) =>
  `echo '{"outcome":"${outcome}","summary":"src/a.txt:1 says alpha"}' > $DGOV_OUTCOME`;
const READER = 'files.read = ["src/a.txt"]\nrole = "researcher"\n';

/** Who reads by a program of their own: with a report, without one, and writing what nobody may. */
const TASKS = {
  reports: { claims: `${READER}agent = "reports"`, attempts: [] },
  silent: { claims: `${READER}agent = "silent"`, attempts: [] },
  honest: { claims: `${READER}agent = "honest"`, attempts: [] },
  writes: { claims: `${READER.replace("researcher", "reviewer")}agent = "writes"`, attempts: [] },
  speaks: { claims: `${READER}agent = "speaks"`, attempts: [] },
  mute: { claims: `${READER}agent = "mute"`, attempts: [] },
  routed: { claims: 'files.edit = ["src/a.txt"]\ntags = ["routed"]', attempts: [] },
};

const opened: (() => void)[] = [];
const seen: { events: readonly Event[]; ran: Ran | null; place: Place | null } = { events: [], ran: null, place: null };

beforeAll(async () => {
  const agent = await buildAcpAgent();
  const acp = (steps: unknown) => JSON.stringify([...agent.command, JSON.stringify(steps)]);
  const sh = (script: string) => JSON.stringify(["sh", "-c", script]);
  const read = { ask: "fs/read_text_file", params: { path: "$CWD/src/a.txt" } };
  const write = { ask: "fs/write_text_file", params: { path: "$CWD/src/a.txt", content: "no" } };
  const terminal = { ask: "terminal/create", params: { command: "true" } };
  const place = layTasks(TASKS, {
    tables: `
[limits]
retries = 0
settlement_retries = 0
[sandbox]
read = [${JSON.stringify(agent.folder)}]
[agents.reports]
command = ${sh(`cat > $TMPDIR/task && grep -q "You are a reader" $TMPDIR/task && ${report("done")}`)}
[agents.silent]
command = ${sh("echo 'the answer is 42'")}
[agents.honest]
command = ${sh(report("incomplete"))}
[agents.writes]
command = ${sh(`{ echo no > src/a.txt; } 2> $TMPDIR/err; echo no > src/new.txt; grep -qE "Read-only|denied" $TMPDIR/err && ${report("done")}`)}
[agents.speaks]
protocol = "acp"
command = ${acp([read, write, terminal])}
[agents.mute]
protocol = "acp"
command = ${acp([{ stop: "end_turn" }])}
[agents.edits]
command = ${sh("echo routed > src/a.txt")}
[[routing.rules]]
name = "programs"
tags = ["routed"]
candidates = ["program/edits"]
`,
  });
  opened.push(agent.remove, place.stop);
  Object.assign(seen, { ran: dgov(place, "run", ".dgov/plans/p"), events: eventsOf(place), place });
});
afterAll(() => {
  for (const close of opened) close();
});

const endOf = (slug: keyof typeof TASKS) =>
  seen.events.findLast(
    (event) =>
      "task" in event &&
      event.task === `tasks/main.${slug}` &&
      ["report_filed", "attempt_failed", "task_landed"].includes(event.kind),
  );

test("C23 a program as a researcher or a reviewer reports by its outcome, and can write nothing", () => {
  expect(seen.ran?.status).toBe(1);
  expect(endOf("reports")).toMatchObject({ kind: "report_filed", summary: "src/a.txt:1 says alpha" });
  expect(endOf("writes")).toMatchObject({ kind: "report_filed", summary: "src/a.txt:1 says alpha" });
  expect(endOf("honest")).toMatchObject({ kind: "attempt_failed", cause: "incomplete" });
});

test("C23 what such a program prints is no report", () => {
  expect(endOf("silent")).toMatchObject({ cause: "error", detail: expect.stringContaining("without a report") });
});

test("A5 an agent of the protocol reports by its last words, and has neither writes nor terminals as a reader", () => {
  const [read, write, terminal] = JSON.parse((endOf("speaks") as { summary: string }).summary);
  expect(read).toEqual({ content: "alpha\n" });
  expect(write).toMatchObject({ code: -32010, message: expect.stringContaining("There is no tool") });
  expect(terminal).toMatchObject({ code: -32010 });
  expect(endOf("mute")).toMatchObject({ cause: "error", detail: expect.stringContaining("without a report") });
});

test("H6 a program is a candidate of a route: unpriced, chosen as any other, and in the log", () => {
  expect(endOf("routed")).toMatchObject({ kind: "task_landed" });
  expect(seen.events.find(({ kind }) => kind === "task_routed")).toMatchObject({
    ...{ rule: "programs", chosen: "program/edits", why: "only" },
    candidates: [{ model: "program/edits", cost_micros: null }],
  });
  const place = seen.place!;
  const explained = dgov(place, "route", "explain", ".dgov/plans/p", "--json").stdout;
  expect(explained).toContain('"program/edits"');
  expect(dgov(place, "replay", "r").stdout).toStartWith("agrees:");
  const file = join(place.root, ".dgov/project.toml");
  writeIn(place.root, ".dgov/project.toml", readFileSync(file, "utf8").replace("program/edits", "program/nobody"));
  commitAll(place, "nobody");
  const refused = dgov(place, "route", "explain", ".dgov/plans/p", "--json");
  expect({ status: refused.status, code: refused.stdout.includes("provider_unknown") }).toEqual({
    status: 3,
    code: true,
  });
});
