import { DgovError } from "@dgov/governor/error";
import { speakOf, Word } from "@dgov/governor/findings";
import { jsonIn } from "@dgov/governor/json_text";
import { pause, unpause } from "@dgov/governor/pause";
import { lastSeq, readServed, readServedTask, watch } from "@dgov/governor/served";
import { steer, Verb } from "@dgov/governor/steer";
import { z } from "zod";
import type { Here } from "../command.ts";
import { failureOf } from "../print.ts";
import style from "../review_page/style.css" with { type: "text" };
import { REASON, saySpoken } from "../speaking.ts";
import script from "./app.browser.js" with { type: "text" };
import { BODY_MAX, HEADERS, type Refused, refuseChange, refuseStranger } from "./guard.ts";
import { renderLive, renderShell, renderTaskBody } from "./page.ts";
import more from "./serve.css" with { type: "text" };

/** `plan`: whose last run is shown; null: of whichever was run last. `idle_ms`: ends when nobody has asked for so long; 0: never. */
export type Serving = { plan: string | null; port: number; token: string; idle_ms: number };
type From = Pick<Here, "cwd" | "env" | "now_ms" | "random" | "sleep_ms" | "signal">;

/** What is being served, until `ended`. */
export type Served = { port: number; ended: Promise<void> };

const POLL_MS = 300;
const BEAT_MS = 15_000;

/** Serves the page on the loopback until the signal fires. @throws DgovError `serve_refused` where the port is taken */
export function serve(serving: Serving, from: From): Served {
  const asked = { at_ms: from.now_ms(), open: 0 };
  const made: Made = { key: "", text: "" };
  const place: Place = { serving, from, made, asked };
  const server = listen(serving.port, (request, port) => answer(request, { ...place, port }));
  return { port: server.port ?? serving.port, ended: untilEnd(place).then(() => server.stop(true)) };
}

type Made = { key: string; text: string };
type Place = { serving: Serving; from: From; made: Made; asked: { at_ms: number; open: number } };
type Asked = Place & { port: number };

function listen(port: number, to: (request: Request, port: number) => Promise<Response>) {
  try {
    return Bun.serve({
      hostname: "127.0.0.1",
      port,
      idleTimeout: 60,
      maxRequestBodySize: BODY_MAX,
      fetch: (request, server) => to(request, server.port ?? port),
    });
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "EADDRINUSE") throw error;
    throw new DgovError("serve_refused", `Cannot serve on port ${port}: something else does`, { cause: error });
  }
}

/** Until the signal fires, or nobody has asked for anything for too long. */
async function untilEnd({ serving, from, asked }: Place): Promise<void> {
  while (!from.signal.aborted) {
    await from.sleep_ms(POLL_MS, from.signal);
    if (asked.open > 0) asked.at_ms = from.now_ms();
    if (serving.idle_ms > 0 && from.now_ms() - asked.at_ms >= serving.idle_ms) return;
  }
}

/** One request. What a person can mend is told with its words; a bug is told as one, and ends nothing. */
async function answer(request: Request, at: Asked): Promise<Response> {
  at.asked.at_ms = at.from.now_ms();
  const stranger = refuseStranger(request.headers, at.port);
  if (stranger) return refusal(stranger);
  try {
    const { pathname, searchParams } = new URL(request.url);
    return await route(request, { pathname, searchParams }, at);
  } catch (error) {
    const { message, code, hint } = failureOf(error);
    return json({ error: { code, message, hint } }, error instanceof DgovError ? 409 : 500);
  }
}

async function route(request: Request, { pathname, searchParams }: Pick<URL, "pathname" | "searchParams">, at: Asked) {
  const changes = CHANGES[pathname];
  if (changes) {
    if (request.method !== "POST")
      return refusal({ status: 405, why: "Cannot do it: this changes something, so it is a POST" });
    const refused = refuseChange(request, at.serving.token);
    return refused ? refusal(refused) : json(await changes(await request.text(), at), 200);
  }
  if (request.method !== "GET") return refusal({ status: 405, why: "Cannot do it: it is only read" });
  switch (pathname) {
    case "/":
      return text(renderShell(), "text/html");
    case "/app.js":
      return text(script, "text/javascript");
    case "/style.css":
      return text(`${style}\n${more}`, "text/css");
    case "/live":
      return text(await livePage(at), "text/html");
    case "/task":
      return text(await taskPage(searchParams.get("task") ?? "", at), "text/html");
    case "/status": {
      const { status, tasks, findings, paused } = await readServed(at.from, at.serving.plan);
      return json({ status, tasks, findings, paused }, 200);
    }
    case "/events":
      return eventStream(request, at);
    default:
      return refusal({ status: 404, why: "There is nothing here" });
  }
}

/** Made once for each state of the log: ten open pages cost as much as one. */
async function livePage({ serving, from, made }: Asked): Promise<string> {
  const seconds = Math.floor(from.now_ms() / 1000);
  const key = `${await lastSeq(from.cwd)} ${seconds}`;
  if (made.key !== key) {
    made.text = renderLive(await readServed(from, serving.plan), from.now_ms());
    made.key = key;
  }
  return made.text;
}

async function taskPage(task: string, { serving, from }: Asked): Promise<string> {
  const { status } = await readServed(from, serving.plan);
  const plan = serving.plan ?? status.run?.plan_dir;
  if (plan === undefined || plan === null)
    throw new DgovError("task_unknown", `Cannot show "${task}": nothing was ever run here`);
  return renderTaskBody(await readServedTask(from, plan, task));
}

type Change = (body: string, at: Asked) => Promise<unknown>;

/** Longer than a task takes to be ended, and shorter than a browser waits. */
const STEER_WAIT_MS = 20_000;

const Steering = z.strictObject({ verb: Verb, task: z.string().nullable(), reason: z.string().max(2000).default("") });
const Speaking = z.strictObject({ word: Word, task: z.string(), finding: z.string(), reason: REASON.max(2000) });
const Pausing = z.strictObject({ reason: z.string().max(200).default("") });

const CHANGES: Readonly<Record<string, Change>> = {
  "/steer": (body, { from }) => steer({ ...parsed(Steering, body), wait_ms: STEER_WAIT_MS }, from),
  "/speak": async (body, { from }) => {
    const spoken = await speakOf({ ...parsed(Speaking, body), wait_ms: STEER_WAIT_MS }, from);
    return { ...spoken, words: saySpoken(spoken) };
  },
  "/pause": async (body, { from }) => pause(from.cwd, parsed(Pausing, body).reason),
  "/unpause": async (body, { from }) => {
    parsed(z.strictObject({}), body);
    return unpause(from.cwd);
  },
};

function parsed<Shape extends z.ZodType>(shape: Shape, body: string): z.infer<Shape> {
  const read = shape.safeParse(jsonIn(body));
  if (read.success) return read.data;
  throw new DgovError("usage", `Cannot read what was sent: ${read.error.issues[0]?.message ?? "it is something else"}`);
}

/** Each event's number, as it comes; a page that was cut off goes on after the last one it has heard of. */
function eventStream(request: Request, { from, asked }: Asked): Response {
  const gone = AbortSignal.any([request.signal, from.signal]);
  const last = Number(request.headers.get("last-event-id") ?? Number.NaN);
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      asked.open += 1;
      const send = (line: string) => void (gone.aborted || controller.enqueue(encoder.encode(line)));
      const beat = setInterval(() => send(": alive\n\n"), BEAT_MS);
      const wait = { poll_ms: POLL_MS, sleep_ms: from.sleep_ms, signal: gone };
      try {
        const after = Number.isSafeInteger(last) && last >= 0 ? last : await lastSeq(from.cwd);
        send(`: after ${after}\n\n`);
        for await (const { seq, event } of watch(from.cwd, { plan: null, all: false, after, follow: true }, wait))
          send(`id: ${seq}\ndata: ${JSON.stringify({ seq, kind: event.kind })}\n\n`);
      } finally {
        clearInterval(beat);
        asked.open -= 1;
        if (!gone.aborted) controller.close();
      }
    },
  });
  return new Response(stream, { headers: { ...HEADERS, "content-type": "text/event-stream" } });
}

const text = (body: string, type: string): Response =>
  new Response(body, { headers: { ...HEADERS, "content-type": `${type}; charset=utf-8` } });

const json = (body: unknown, status: number): Response =>
  new Response(JSON.stringify(body), { status, headers: { ...HEADERS, "content-type": "application/json" } });

const refusal = ({ status, why }: Refused): Response => json({ error: { code: "refused", message: why } }, status);
