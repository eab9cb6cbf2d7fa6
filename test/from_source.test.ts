import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replyEvents, startProvider } from "./provider_server.ts";
import { dgov, eventsOf, git, layOut, type Place, readIn, SOURCE, startDgov } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";
import { story } from "./story.ts";

// What is another matter from source than from the executable: how the program starts itself (jails, readers of texts),
// where it finds grammars, interpreters and texts, and what a signal to it ends.
setDefaultTimeout(180_000);

const FIXTURES = join(import.meta.dir, "fixtures");
const open: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});
const fromSource = <Made extends Place>(place: Made) => {
  open.push(place);
  return { ...place, self: SOURCE };
};

test.each([
  "rule_refuses_and_the_worker_mends", // QuickJS
  "script_replaces_many_turns",
  "semantic_text_conflict_is_merged_by_symbol", // grammars, and a child that reads texts
  "text_conflict_is_retried_on_the_new_head",
  "without_a_jail", // the interpreted shell
])("a whole run: %s", (name) => {
  const place = fromSource(layOut(join(FIXTURES, "runs", name)));
  const before = git(place, "rev-parse", "HEAD").trim();
  const ran = dgov(place, "run", ".dgov/plans/p", "--jobs", "2");
  const diff = git(place, "diff", "--no-renames", "--no-color", before, "main").replace(/^index .*\n/gm, "");
  const text = [`exit ${ran.status}`, ...story(eventsOf(place)), "", diff].join("\n");
  expect(text, ran.stderr).toBe(readFileSync(join(FIXTURES, "runs", name, "expect.txt"), "utf8"));
  expect(git(place, "status", "--porcelain")).toBe("");
});

test("Ctrl-C ends it with 130, and the next run goes on", async () => {
  const place = fromSource(layOut(join(FIXTURES, "live/slow_worker")));
  const run = startDgov(place, "run", ".dgov/plans/p");
  for (let tries = 0; !eventsOf(place).some(({ kind }) => kind === "tool_called"); tries++) {
    if (tries === 3_000) throw new Error("No tool was called within a minute");
    await Bun.sleep(20);
  }
  run.kill("SIGINT");
  expect(await run.exited).toBe(130);
  expect(dgov(place, "run", ".dgov/plans/p").status).toBe(0);
  expect(readIn(place, "src/a.txt")).toBe("alpha, begun and ended\n");
});

test("a Bun that is too old is told in one line, with the cure, and nothing else is begun", () => {
  const folder = mkdtempSync(join(tmpdir(), "dgov-old-"));
  open.push({ stop: () => rmSync(folder, { recursive: true }) });
  const cli = join(import.meta.dir, "../packages/cli");
  cpSync(join(cli, "src"), join(folder, "src"), { recursive: true });
  symlinkSync(join(cli, "node_modules"), join(folder, "node_modules"));
  const manifest = JSON.parse(readFileSync(join(cli, "package.json"), "utf8"));
  const ask = (bun: string, ...args: string[]) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, engines: { bun } }));
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, join(folder, "src/main.ts"), ...args]);
    return [exitCode, stdout.toString(), stderr.toString()];
  };
  const message = `Cannot start: dgov needs Bun >=99.0.0, and this is ${Bun.version}`;
  const [status, out, err] = ask(">=99.0.0", "preflight");
  expect([status, out, String(err).split("\n")[0]]).toEqual([5, "", `Error: ${message}`]);
  const [, json] = ask(">=99.0.0", "run", "a", "--json");
  expect(JSON.parse(String(json)).error).toMatchObject({ code: "runtime_old", exit: 5, message });
  expect(ask(manifest.engines.bun, "help", "run")[0]).toBe(0);
  const root = JSON.parse(readFileSync(join(import.meta.dir, "../package.json"), "utf8"));
  expect(manifest.engines.bun).toBe(`>=${root.devDependencies.bun}`); // by no other is it tested
});

test("a model behind a server works through the same loop", async () => {
  const call = { tool: "edit_file", input: '{"path":"src/a.txt","old_text":"alpha","new_text":"omega"}' };
  const end = { tool: "done", input: '{"summary":"It is done"}' };
  const server = startProvider([{ stream: replyEvents({ calls: [call] }) }, { stream: replyEvents({ calls: [end] }) }]);
  open.push(server);
  const tables = `[providers.local]\nbase_url = "${server.url}"\napi_key_env = "LOCAL_KEY"\ndefault_agent = "small"\n`;
  const place = fromSource(layTasks({ a: { attempts: [] } }, { project: { provider: "local" }, tables }));
  const run = startDgov({ ...place, env: { ...place.env, LOCAL_KEY: "sk-test" } }, "run", ".dgov/plans/p");
  expect(await run.exited, await new Response(run.stderr).text()).toBe(0);
  expect(readIn(place, "src/a.txt")).toBe("omega\n");
});

test("what is refused says why, with its exit status", () => {
  const place = fromSource(layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] } }));
  const unknown = dgov(place, "run", ".dgov/plans/p", "--contine");
  expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining("--continue") });
  expect(dgov(place, "run", ".dgov/plans/q")).toMatchObject({ status: 3, stderr: expect.stringContaining("plans/q") });
});
