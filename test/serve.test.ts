import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { dgov, eventsOf, type Place, readIn, startDgov } from "./repo.ts";
import { newMark, processesWith, untilRunning } from "./scripted.ts";
import { HOSTILE, layServed, startServing } from "./serving.ts";

setDefaultTimeout(180_000);

const mark = newMark();
let place: Place;
let run: ReturnType<typeof startDgov>;
let served: Awaited<ReturnType<typeof startServing>>;
beforeAll(async () => {
  place = layServed(mark);
  run = startDgov(place, "run", ".dgov/plans/p", "--jobs", "2");
  served = await startServing(place);
  await untilRunning(`sleep ${mark}4`);
  const isReady = () =>
    eventsOf(place).some((event) => event.kind === "candidate_passed" && event.task === "tasks/main.a");
  for (let tries = 0; tries < 2_400 && !isReady(); tries++) await Bun.sleep(50);
});
afterAll(async () => {
  run.kill("SIGKILL");
  await served.stop();
  place.stop();
});

/** What a server says to these very bytes: no client has made them harmless before. */
function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(served.port, "127.0.0.1", () => socket.end(request));
    socket.on("data", (part) => {
      said += part.toString();
    });
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
  });
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${served.base}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
const owner = () => ({ authorization: `Bearer ${served.token}` });
const APPROVE = { verb: "approve", task: "a" };

test.each([
  "/../../etc/passwd",
  "/..%2f..%2fetc/passwd",
  "//etc/passwd",
  "/style.css/../../../.dgov/state.db",
  "/.dgov/state.db",
  "/app.js%00",
])("I3 traversal: %s is not there", async (path) => {
  const said = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\nConnection: close\r\n\r\n`);
  expect(said).toMatch(/^HTTP\/1.1 40[04]/);
  expect(said).not.toContain("root:");
});

test("I3 a name that a stranger's DNS points here is refused, for a page as for a change", async () => {
  for (const line of ["GET / HTTP/1.1", "GET /live HTTP/1.1", "POST /steer HTTP/1.1"])
    expect(await raw(`${line}\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 421/,
    );
});

test("I3 nothing is changed without the token, by a form, by another page, or by too much", async () => {
  const before = eventsOf(place).length;
  expect((await post("/steer", APPROVE)).status).toBe(401);
  expect((await post("/steer", APPROVE, { authorization: "Bearer x" })).status).toBe(401);
  expect((await post("/pause", { reason: "" })).status).toBe(401);
  expect((await post("/unpause", {})).status).toBe(401);
  expect((await post("/steer", APPROVE, { ...owner(), "content-type": "text/plain" })).status).toBe(415);
  expect((await post("/steer", APPROVE, { ...owner(), origin: "https://evil.example" })).status).toBe(403);
  expect((await post("/steer", { ...APPROVE, reason: "x".repeat(70_000) }, owner())).ok).toBe(false);
  expect((await fetch(`${served.base}/steer?verb=approve&task=a`, { headers: owner() })).status).toBe(405);
  expect(
    eventsOf(place)
      .slice(before)
      .map(({ kind }) => kind),
  ).not.toContain("approval_answered");
  expect(dgov(place, "status", "--json").stdout).toContain("waits for approval");
});

test("what was sent is read by its shape, and what cannot be done is told with the reason", async () => {
  for (const body of [{}, { verb: "land", task: "a" }, { ...APPROVE, more: 1 }, [], null])
    expect(await (await post("/steer", body, owner())).json()).toMatchObject({ error: { code: "usage" } });
  const answer = await post("/steer", { verb: "approve", task: "b" }, owner());
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ error: { code: "steer_refused" } });
});

test("every answer forbids scripts, styles and frames that are not its own, and no word of a model is markup", async () => {
  const answers = await Promise.all(
    ["/", "/live", "/task?task=tasks/main.a", "/task?task=%3Cscript%3E", "/app.js", "/style.css", "/no", "/status"].map(
      (path) => fetch(served.base + path),
    ),
  );
  for (const { headers } of answers) {
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
  const [, live = "", task = ""] = await Promise.all(answers.map((answer) => answer.text()));
  expect(task).toContain(HOSTILE.slice(0, 3).replace("<", "&lt;"));
  for (const text of [live, task]) expect(text).not.toMatch(/<script|<img|\son\w+=["']|javascript:/i);
  expect(live).toContain('data-verb="approve" data-task="tasks/main.a"');
});

test("I2 a page that was cut off hears every event after its cursor, once and in order", async () => {
  const numbers: number[] = [];
  const all = eventsOf(place).length;
  const stop = new AbortController();
  const answer = await fetch(`${served.base}/events`, { headers: { "last-event-id": "3" }, signal: stop.signal });
  let said = "";
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    said += new TextDecoder().decode(part);
    if ([...said.matchAll(/^id: /gm)].length >= all - 3) break;
  }
  stop.abort();
  for (const [, seq] of said.matchAll(/^id: (\d+)$/gm)) numbers.push(Number(seq));
  expect(numbers.slice(0, all - 3)).toEqual(Array.from({ length: all - 3 }, (_, at) => at + 4));
});

test("F6 with the token a task is approved and another cancelled, and the run comes to its end", async () => {
  expect(await (await post("/steer", APPROVE, owner())).json()).toMatchObject({ taken: true });
  expect(await (await post("/steer", { verb: "cancel", task: "c", reason: "no" }, owner())).json()).toMatchObject({
    taken: true,
  });
  expect(await run.exited).toBe(1);
  expect(processesWith(mark)).toEqual([]);
  expect(readIn(place, "src/a.txt")).toContain("omega");
  const { status, tasks } = (await (await fetch(`${served.base}/status`)).json()) as {
    status: { run: { result: string } };
    tasks: { attention: string }[];
  };
  expect(status.run.result).toBe("partial");
  expect(tasks.map(({ attention }) => attention)).toEqual(["done", "done", "failed", "left_out"]);
});

test("a port that is taken is refused, and a server that nobody asks ends", () => {
  const taken = dgov(place, "serve", "--port", String(served.port));
  expect(taken).toMatchObject({ status: 4, stderr: expect.stringContaining("--port") });
  expect(dgov(place, "serve", "--port", "0", "--idle", "0.2").status).toBe(0);
  expect(dgov(place, "serve", "p", "--port", "0", "--idle", "0.2").status).toBe(0);
  expect(dgov(place, "serve", "ghost", "--port", "0", "--idle", "0.2")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('Cannot find the plan "ghost"'),
  });
});
