import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildComponent, type FixtureComponent } from "./components.ts";
import { commitAll, dgov, eventsOf, git, type Place, readIn } from "./repo.ts";
import { bash, type Call, done, edit, layTasks, type Played, write } from "./scripted.ts";

setDefaultTimeout(240_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const words = (args: Record<string, string>): Call => ({ tool: "words", args });
const TOOL =
  '[tools.words]\ncomponent = "tools/words.wasm"\ndescription = "Counts the words of a file"\nwrite = true\n';
const GATE = '[gates.owners]\ncomponent = "tools/owners.wasm"\n';
const FILES: Readonly<Record<string, FixtureComponent>> = { words: "count_words", owners: "needs_header" };

/** A repository with components committed under tools/, and one task. */
async function lay(task: Played, tables: string, files: Readonly<Record<string, FixtureComponent>> = FILES) {
  const place = layTasks({ a: task }, { tables });
  open.push(place);
  mkdirSync(join(place.root, "tools"));
  for (const [name, fixture] of Object.entries(files))
    cpSync(await buildComponent(fixture), join(place.root, `tools/${name}.wasm`));
  commitAll(place, "components");
  return place;
}

const run = (place: Place) => dgov(place, "run", ".dgov/plans/p");
const calls = (place: Place) => eventsOf(place).flatMap((event) => (event.kind === "tool_called" ? [event] : []));
const verdicts = (place: Place) =>
  eventsOf(place).flatMap((event) =>
    event.kind === "gate_judged" ? [`${event.attempt} ${event.gate}: ${event.verdict}`] : [],
  );

test("a tool of the project is called like any other, and a gate of the project sends work back", async () => {
  const claimed = 'files.create = ["src/new.txt", "count.txt"]\nfiles.read = ["src/a.txt"]';
  const place = await lay(
    {
      claims: claimed,
      attempts: [
        [
          words({ path: "src/a.txt", into: "count.txt" }),
          words({ path: "src/b.txt" }),
          words({ file: "x" }),
          write("src/new.txt", "new\n"),
          done,
        ],
        [edit("src/new.txt", "new\n", "// Owner: me\nnew\n"), words({ path: "src/new.txt", into: "count.txt" }), done],
      ],
    },
    TOOL + GATE,
  );
  const ran = run(place);
  expect(ran).toMatchObject({ status: 0 });
  expect(verdicts(place)).toEqual(["1 claims: pass", "1 owners: reject", "2 claims: pass", "2 owners: pass"]);
  const [first, second, third] = calls(place);
  const chosen = eventsOf(place).find((event) => event.kind === "sandbox_chosen");
  expect(new Set(calls(place).map(({ level }) => level))).toEqual(new Set([chosen?.level]));
  expect(first).toMatchObject({ tool: "words", ok: true, touched: ["count.txt"], text: "1 words in src/a.txt" });
  expect(second).toMatchObject({
    ok: false,
    refused_by: "claim",
    touched: [],
    text: expect.stringContaining("not claimed"),
  });
  expect(third).toMatchObject({ ok: false, refused_by: "input", text: expect.stringContaining('"path"') });
  const rejected = eventsOf(place).find((event) => event.kind === "candidate_rejected");
  const message = '"src/new.txt" does not begin with "// Owner: "';
  expect(rejected).toMatchObject({
    gate: "owners",
    cause: "gate",
    findings: [{ code: "missing_owner", message, path: "src/new.txt", line: 1 }],
  });
  expect(readIn(place, "count.txt")).toBe("4 words in src/new.txt\n");
  expect(git(place, "status", "--porcelain")).toBe("");
});

test("a component is the base's, whatever the task makes of its file, and is compiled once", async () => {
  const task: Played = {
    claims: 'files.edit = ["tools/words.wasm"]\nfiles.create = ["count.txt"]\nfiles.read = ["src/a.txt"]',
    attempts: [[bash("printf mine > tools/words.wasm"), words({ path: "src/a.txt", into: "count.txt" }), done]],
  };
  const place = await lay(task, TOOL);
  expect(run(place)).toMatchObject({ status: 0 });
  expect(calls(place)[1]).toMatchObject({ ok: true, text: "1 words in src/a.txt" });
  const kept = join(place.root, ".dgov/runtime/components");
  expect(readdirSync(kept)).toHaveLength(1);
  // A call beside a run, by somebody who is just taking the tool out, takes nothing away from it.
  const file = join(place.root, ".dgov/project.toml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(TOOL, ""));
  expect(dgov(place, "sandbox", "call", "--tool", "list_dir", "--args", '{"path":"src"}')).toMatchObject({ status: 0 });
  expect(readdirSync(kept)).toHaveLength(1);
  writeFileSync(file, text);
  // It landed, so now the base's is no component: a clear word before the next run starts.
  const again = dgov(place, "run", ".dgov/plans/p", "--restart");
  expect(again).toMatchObject({ status: 3 });
  expect(again.stderr).toMatch(/project\.toml:\d+:\d+/);
  expect(again.stderr).toContain('Cannot use the component "tools/words.wasm" of [tools.words]: it is not WebAssembly');
});

test.each<[what: string, tables: string, files: Readonly<Record<string, FixtureComponent>>, why: RegExp]>([
  ["is not committed", TOOL, {}, /\[tools\.words\]: it is not in the commit [0-9a-f]{12}; build it and commit it/],
  ["wants the network", TOOL, { words: "wants_sockets" }, /imports "wasi:sockets\/instance-network".*no network/],
  ["wants the time", TOOL, { words: "tells_time" }, /set clock = true in \[tools\.words\]/],
  ["is of another world", GATE, { owners: "count_words" }, /a gate exports "judge"/],
])("a component that %s is refused before the run begins", async (_, tables, files, why) => {
  const place = await lay({ attempts: [[done]] }, tables, files);
  const ran = run(place);
  expect(ran.status).toBe(3);
  expect(ran.stderr).toMatch(why);
  expect(ran.stderr).toMatch(/project\.toml:\d+:\d+/);
  expect(eventsOf(place)).toEqual([]);
});

test("a gate that gives no answer never passes", async () => {
  const claims = 'files.create = ["src/new.txt"]';
  const task: Played = { claims, attempts: [[write("src/new.txt", "// Owner: me\n"), done]] };
  const tables = `${GATE}memory_mb = 1\n\n[limits]\nretries = 0\nsettlement_retries = 0\n`;
  const place = await lay(task, tables.replace("memory_mb = 1", "timeout_s = 1"));
  // The component that was compiled is swapped for another one: what is not what was written is not run.
  expect(dgov(place, "run", ".dgov/plans/p", "--dry-run").status).toBe(0);
  expect(run(place)).toMatchObject({ status: 0 });
  const kept = join(place.root, ".dgov/runtime/components");
  const [key = ""] = readdirSync(kept);
  writeFileSync(join(kept, key, "component.js"), "export const instantiate = () => ({ judge: () => [] });");
  rmSync(join(place.root, "src/new.txt"));
  commitAll(place, "away with it");
  expect(dgov(place, "run", ".dgov/plans/p", "--restart").status).not.toBe(0);
  expect(verdicts(place).at(-1)).toBe("1 owners: broken");
  expect(existsSync(join(place.root, "src/new.txt"))).toBe(false);
});

test("explain says of a component what a call does, before it was ever compiled and after, and does not call it", async () => {
  const place = await lay({ attempts: [[done]] }, TOOL + GATE, { words: "count_words" }); // the gate's file is not there
  const ask = (what: string, args: object, ...more: string[]) => {
    const claims = ["--edit", "count.txt", "--read", "src/a.txt"];
    const words = ["--json", "--tool", "words", "--args", JSON.stringify(args), ...claims, ...more];
    return dgov(place, "sandbox", what, ...words);
  };
  const explained = ask("explain", { path: "src/a.txt", into: "count.txt" });
  expect(explained).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(explained.stdout)).toMatchObject({ allowed: true, decided: { rule: "tool" } });
  expect(JSON.parse(explained.stdout).jail[0]).toMatch(/sees count\.txt, src\/a\.txt, may change count\.txt/);
  expect(existsSync(join(place.root, "count.txt"))).toBe(false);
  const kept = join(place.root, ".dgov/runtime/components");
  expect(readdirSync(kept)).toHaveLength(1);
  const wrong = ask("explain", { file: "x" });
  expect(wrong.status).toBe(1);
  const { decided } = JSON.parse(wrong.stdout);
  expect(decided).toMatchObject({ layer: "schema", rule: "input", why: expect.stringContaining('"path"') });
  rmSync(join(place.root, "tools/words.wasm"));
  expect(ask("explain", { path: "src/a.txt" }).status).toBe(0); // of HEAD, as a run has it
  expect(ask("explain", { path: "src/a.txt" }, "--role", "reviewer").status).toBe(1);
  commitAll(place, "away with it");
  const gone = ask("explain", { path: "src/a.txt" });
  expect(gone.status).toBe(3);
  expect(JSON.parse(gone.stdout).error.places).toMatchObject([
    {
      file: ".dgov/project.toml",
      line: expect.any(Number),
      message: expect.stringContaining("it is not in the commit"),
    },
  ]);
});
