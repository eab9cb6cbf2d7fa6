import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DGOV, dgov, git, type Place, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000);
const open: { stop(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

type Got = { path: string; headers: Record<string, string>; body: Record<string, unknown> };

/** A server that takes what it is sent, and answers with `status`. */
function listen(status = 200): { url: string; got: Got[] } {
  const got: Got[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const body = JSON.parse(await request.text());
      got.push({ path: new URL(request.url).pathname, headers: Object.fromEntries(request.headers), body });
      return new Response("", { status, headers: { location: "http://127.0.0.1:1/elsewhere" } });
    },
  });
  open.push({ stop: () => void server.stop(true) });
  return { url: `http://127.0.0.1:${server.port}`, got };
}

/** A plan of one task, which lands or does nothing, and a person's own file. */
function lay(own: string, lands = true): Place {
  const calls = lands ? [edit("src/a.txt", "alpha", "omega"), done] : [done];
  const place = layTasks({ a: { attempts: [calls, calls] } });
  open.push(place);
  writeIn(place.env.HOME!, ".config/dgov/config.toml", own);
  return place;
}

/** Beside the server, which is in this process. */
async function run(place: Place, ...args: string[]) {
  const child = Bun.spawn([...DGOV, ...args], {
    cwd: place.root,
    env: place.env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { status: await child.exited, stdout, stderr };
}

test("who wants it is told of the end, each in the form they take, and of nothing else", async () => {
  const { url, got } = listen();
  const place = lay(`[notify]
on = ["done"]
[[notify.webhooks]]
url = "${url}/json"
[[notify.webhooks]]
url_env = "SLACK"
format = "slack"
[[notify.webhooks]]
url = "${url}/discord"
format = "discord"
[[notify.webhooks]]
url = "${url}/failed"
on = ["failed", "needs_you"]
`);
  place.env.SLACK = `${url}/slack`;
  writeIn(place.root, ".dgov/plans/p/_root.toml", '[plan]\nname = "<!channel> @everyone"\nsections = ["tasks"]\n');
  git(place, "commit", "-qam", "a hostile name");
  expect((await run(place, "run", "p")).status).toBe(0);
  const by = Object.fromEntries(got.map(({ path, body }) => [path, body]));
  expect(Object.keys(by).sort()).toEqual(["/discord", "/json", "/slack"]);
  expect(by["/json"]).toMatchObject({ kind: "done", plan: "<!channel> @everyone", text: "1 of 1 tasks have landed" });
  expect(by["/slack"]?.text).toStartWith("dgov: &lt;!channel&gt; @everyone is complete");
  expect(by["/discord"]).toMatchObject({ allowed_mentions: { parse: [] } });
  got.length = 0;
  expect((await run(place, "run", "p")).status).toBe(0); // there is nothing to do, and nothing to tell
  expect(got).toEqual([]);
});

test("a run that fails and one that waits for the person are told, also on the desktop", async () => {
  const { url, got } = listen();
  const place = lay(`[notify]\ndesktop = true\n[[notify.webhooks]]\nurl = "${url}"\n`, false);
  const bin = join(place.folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "notify-send"), `#!/bin/sh\nprintf '%s|' "$@" >> ${join(place.folder, "shown")}\n`);
  chmodSync(join(bin, "notify-send"), 0o755);
  place.env.PATH = `${bin}:${place.env.PATH}`;
  dgov(place, "pause", "lunch");
  expect((await run(place, "run", "p")).status).toBe(130);
  dgov(place, "unpause");
  expect((await run(place, "run", "p")).status).toBe(1);
  expect(got.map(({ body }) => body.kind)).toEqual(["needs_you", "failed"]);
  expect(String(got[1]?.body.text)).toContain("0 of 1 tasks have landed; tasks/main.a:");
  expect(readFileSync(join(place.folder, "shown"), "utf8")).toMatch(/^--app-name=dgov\|--\|dgov: p waits for you\|/);
});

test("who cannot be told is a warning, and the run is what it was", async () => {
  const { url, got } = listen(302);
  const own = `[notify]\n[[notify.webhooks]]\nurl_env = "NOWHERE"\n[[notify.webhooks]]\nurl = "${url}/a"\n[telemetry]\nendpoint = "http://127.0.0.1:1"\n`;
  const place = lay(own);
  const { status, stderr } = await run(place, "run", "p");
  expect(status).toBe(0);
  expect(stderr).toContain("Cannot tell $NOWHERE: the variable holds no address");
  expect(stderr).toContain(`Cannot tell ${new URL(url).host}: it answered 302`);
  expect(stderr).toContain("Cannot tell http://127.0.0.1:1/v1/traces: ");
  expect(got.length).toBe(1);
});

test("a trace is sent once the run is over where the person's own file says so, and on demand", async () => {
  const { url, got } = listen();
  const place = lay(`[telemetry]\nendpoint = "${url}/"\nheaders_env = "KEYS"\n`);
  place.env.KEYS = "x-key=a%20b,bad=%zz";
  expect((await run(place, "run", "p")).status).toBe(0);
  expect(got.length).toBe(1);
  expect(got[0]).toMatchObject({ path: "/v1/traces", headers: { "x-key": "a b", bad: "%zz" } });
  const shown = JSON.parse((await run(place, "otel")).stdout);
  expect(shown).toEqual(got[0]!.body);
  const { stdout } = await run(place, "otel", "--endpoint", url, "--json");
  expect(JSON.parse(stdout)).toMatchObject({ sent: `${url}/v1/traces`, traces: shown });
  expect(await run(place, "otel", "--endpoint", "http://127.0.0.1:1")).toMatchObject({ status: 5 });
});

test("a repository can have nobody told, and without a word nothing is sent", async () => {
  const { url, got } = listen();
  const place = lay("");
  place.env.OTEL_EXPORTER_OTLP_ENDPOINT = url;
  expect((await run(place, "run", "p")).status).toBe(0);
  expect(got).toEqual([]);
  for (const table of [`[notify]\nbell = true\n`, `[telemetry]\nendpoint = "${url}"\n`]) {
    writeIn(place.root, ".dgov/project.toml", `[project]\nprovider = "scripted"\n${table}`);
    expect(await run(place, "validate", "p")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("key_unknown"),
    });
  }
  expect(existsSync(join(place.root, ".dgov/out"))).toBe(true);
});
