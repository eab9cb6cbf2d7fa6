import { findRun } from "./find_run.ts";
import { withLog } from "./log.ts";
import { NOTICES, type NotifyTable, type TelemetryTable } from "./notify_file.ts";
import { type Posted, postJson } from "./post.ts";
import { run } from "./process.ts";
import { findRoot } from "./root.ts";
import type { RunView } from "./run_view.ts";
import type { World } from "./session.ts";
import { readUser } from "./user_file.ts";
import { type Notice, noticeOfEnd, noticeOfEvent } from "./view/notice.ts";
import { otlpOf } from "./view/otlp.ts";

/** What telling a person needs beside the world. `version` is dgov's; `bell` rings the terminal's. */
export type Telling = { cwd: string; version: string; bell: () => void };

/** Long enough for a slow network, and no longer: whoever waits for the run waits for this. */
const SEND_MAX_MS = 5_000;

/**
 * Has a run done, and tells the person of it as their own file says: by a bell, on the desktop, to webhooks, and as a trace. What
 * cannot be told is a warning, and changes nothing of the run. Addresses are theirs alone: a repository can name none.
 */
export async function withNotices<View extends RunView>(
  { cwd, version, bell }: Telling,
  world: World,
  work: (world: World) => Promise<View>,
): Promise<View> {
  const { notify = null, telemetry = null } = readUser(world.env)?.file ?? {};
  if (notify === null && telemetry === null) return work(world);
  const sent: Promise<void>[] = [];
  const tell = (notice: Notice | null) => {
    if (notice !== null && notify !== null) sent.push(...told(notice, notify, { world, bell }));
  };
  let plan = "";
  const view = await work({
    ...world,
    notify(stored) {
      world.notify(stored);
      if (stored.event.kind === "run_started") plan = stored.event.plan;
      tell(noticeOfEvent({ run: stored.run, plan }, stored.event));
    },
  });
  tell(noticeOfEnd(view));
  if (telemetry !== null && (view.did === "ran" || view.did === "resumed"))
    sent.push(traced(view.run, telemetry, { cwd, version, world }));
  await Promise.all(sent);
  return view;
}

type By = { world: World; bell: () => void };

function told(
  notice: Notice,
  { bell: rings, desktop, on = [...NOTICES], webhooks }: NotifyTable,
  by: By,
): Promise<void>[] {
  const { world, bell } = by;
  const hooked = webhooks.filter((hook) => (hook.on ?? on).includes(notice.kind));
  const sent = hooked.map(async ({ url, url_env, format }) => {
    const address = url ?? world.env[url_env ?? ""] ?? "";
    const name = url_env === undefined ? new URL(address).host : `$${url_env}`;
    if (!URL.canParse(address)) return world.warn(`Cannot tell ${name}: the variable holds no address`);
    const body = BODIES[format](notice);
    warnOf(await postJson({ url: address, headers: {}, body, timeout_ms: SEND_MAX_MS }, NEVER), name, world);
  });
  if (!on.includes(notice.kind)) return sent;
  if (rings) bell();
  return desktop ? [...sent, shown(notice, world)] : sent;
}

/** A run that is being stopped is told of as well: only the limit of time ends this. */
const NEVER = new AbortController().signal;

function warnOf({ ok, why }: Posted, name: string, world: World): void {
  if (!ok) world.warn(`Cannot tell ${name}: ${why}`);
}

/** No name from a repository is a mention, a link or markup. */
const BODIES: Readonly<Record<NotifyTable["webhooks"][number]["format"], (notice: Notice) => unknown>> = {
  json: (notice) => notice,
  slack: ({ title, text }) => ({
    text: `${title}\n${text}`.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    link_names: 0,
    mrkdwn: false,
  }),
  discord: ({ title, text }) => ({ content: `${title}\n${text}`.slice(0, 2000), allowed_mentions: { parse: [] } }),
};

async function shown({ title, text }: Notice, { env, warn }: World): Promise<void> {
  const show = process.platform === "darwin" ? OSASCRIPT : ["notify-send", "--app-name=dgov", "--"];
  const kept = ["PATH", "HOME", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  const own = Object.fromEntries(kept.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]]])));
  const options = { cwd: "/", env: own, timeout_ms: SEND_MAX_MS, bytes_max: 4096 };
  const { ended, code, why } = await run([...show, title, text], options);
  if (ended !== "exit" || code !== 0)
    warn(`Cannot show it on the desktop: ${show[0]} ${why || `ended with ${code ?? ended}`}`);
}

const OSASCRIPT: readonly string[] = [
  ...["osascript", "-e", "on run argv"],
  ...["-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run"],
];

type Tracing = { cwd: string; version: string; world: World };

async function traced(id: string, table: TelemetryTable, { cwd, version, world }: Tracing): Promise<void> {
  const body = await withLog(findRoot(cwd), (log) => {
    const { run: found, first_seq } = findRun(log, id);
    return otlpOf(id, [...log.read({ run: found, after: first_seq - 1 })], version);
  });
  const { endpoint, headers_env } = table;
  const posting = { ...tracesAt(endpoint, world.env[headers_env ?? ""] ?? ""), body, timeout_ms: SEND_MAX_MS };
  warnOf(await postJson(posting, NEVER), posting.url, world);
}

/** Where traces go below an endpoint, with headers as OTEL_EXPORTER_OTLP_HEADERS has them. */
export function tracesAt(endpoint: string, headers: string): { url: string; headers: Record<string, string> } {
  const pairs = headers.split(",").flatMap((pair) => {
    const cut = pair.indexOf("=");
    return cut < 1 ? [] : [[pair.slice(0, cut).trim(), decoded(pair.slice(cut + 1).trim())]];
  });
  return { url: `${endpoint.replace(/\/+$/, "")}/v1/traces`, headers: Object.fromEntries(pairs) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
