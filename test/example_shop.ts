import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Done, Here } from "../packages/cli/src/command.ts";
import { COMMANDS } from "../packages/cli/src/commands.ts";
import { MEMORY } from "./memory.ts";
import { commitAll, DGOV, git, makeRepository, type Place, writeIn } from "./repo.ts";

/**
 * The repository that the examples of `--help` work in: a small shop that has a bit of everything. `planned` nothing has
 * run yet; `worked` the plan "add-limits" has landed, "rework" has failed, and there is an entry of each kind; `waiting` the
 * plan "release" waits for somebody to approve its notes; `reviewed` a reviewer has rejected the plan "prices".
 */
export type Shop = Place & { ids: Readonly<Record<string, string>>; restore(stage: Stage): void; stop(): void };
export type Stage = (typeof STAGES)[number];
const STAGES = ["planned", "worked", "waiting", "reviewed"] as const;

const SERVER = "def handle(request):\n    return request\n\n\ndef close():\n    return None\n";
const OPENAPI = `openapi: 3.1.0
info: { title: shop, version: 1.0.0 }
paths:
  /orders:
    get: { operationId: listOrders, responses: { "200": { description: all } } }
`;
const PROJECT = `[project]
language = "python"
src_dir = "src/"
test_dir = "tests/"
test_cmd = "test -d {test_dir}"
lint_cmd = ""
format_cmd = ""
lint_fix_cmd = ""
format_check_cmd = ""
setup_cmd = ""
coverage_cmd = "cp coverage.json {output}"
provider = "scripted"

[settlement]
approval_wait = 0

[verify.docs]
command = "test -d docs"
description = "There is documentation"

[specs.paying]
paths = ["docs/paying.md"]

[profiles.cheap]
default_agent = "small"

[profiles.strong]
default_agent = "large"
`;

const task = (slug: string, claims: string) =>
  `[tasks.${slug}]\nsummary = "Do ${slug}"\nprompt = """\nOrient: read.\n\nEdit: do it.\n\nVerify: look.\n"""\n${claims}\n`;
const root = (name: string) => `[plan]\nname = "${name}"\nsummary = "Work on ${name}"\nsections = ["tasks"]\n`;
const script = (slug: string, calls: readonly object[]) =>
  JSON.stringify({
    version: 1,
    tasks: { [`tasks/main.${slug}`]: { attempts: [{ turns: calls.map((call) => ({ calls: [call] })) }] } },
  });
const article = (id: string, title: string, related: string) =>
  `---\nid: ${id}\ntitle: ${title}\nkind: concept\nstatus: living\nsources:\n  - src/server.py\nrelated:\n  - ${related}\n---\n\n# ${title}\n\nAs it says.\n`;

const SPEC = ["Goal", "Assumptions", "Design", "Out of scope", "Acceptance criteria", "Open questions"]
  .map((heading) => `## ${heading}\n\nAs the shop does it today.\n`)
  .join("\n");
/** What those say who are asked for a plan. */
function consulted(): string {
  const question = { id: "word", question: "Which word?", why: "It is what is said", recommended: "hello" };
  const prompt = "Orient: read src/server.py.\n\nEdit: say it.\n\nVerify: look.\n";
  const files = { edit: ["src/server.py"] };
  const greet = { slug: "greet", summary: "Greet", prompt, commit_message: "Greet who comes", files };
  const said = {
    "researcher.recon": ["submit_recon", { summary: "The server says nothing yet", questions: [question] }],
    "planner.plan": ["emit_plan", { name: "greet", summary: "Greet who comes", tasks: [greet] }],
    "planner.critique": ["submit_critique", { verdict: "keep", said: "It is fit" }],
  };
  const tasks = Object.entries(said).map(([who, [tool, args]]) => [
    `consult/${who}`,
    { turns: [{ calls: [{ tool, args }] }] },
  ]);
  return JSON.stringify({ version: 1, tasks: Object.fromEntries(tasks) });
}

const ADDED = "def handle(request):\n    return limit(request)\n";
const FILES: Readonly<Record<string, string>> = {
  "src/server.py": SERVER,
  "tests/test_server.py": "def test_it():\n    assert True\n",
  "coverage.json": JSON.stringify({
    totals: { percent_covered: 90 },
    files: { "src/server.py": { executed_lines: [1, 2], missing_lines: [6], summary: { percent_covered: 66 } } },
  }),
  "docs/paying.md": "# Paying\n\nPAY-1: A payment MUST be in whole cents.\n",
  "docs/knowledge/limits.md": article("limits", "Limits", "billing"),
  "docs/knowledge/billing.md": article("billing", "Billing", "limits"),
  "api/openapi.yaml": OPENAPI,
  "base.py": SERVER,
  "ours.py": SERVER.replace("return None", "return 0"),
  "theirs.py": `${SERVER}\n\ndef open():\n    return 1\n`,
  ".dgov/project.toml": PROJECT,
  ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
  ".dgov/plans/add-limits/_root.toml": root("add-limits"),
  ".dgov/plans/add-limits/tasks/main.toml": task("limiter", 'files.edit = ["src/server.py::handle"]'),
  ".dgov/plans/add-limits/script.json": script("limiter", [
    { tool: "read_file", args: { path: "src/server.py" } },
    {
      tool: "edit_file",
      args: {
        path: "src/server.py",
        old_text: SERVER.slice(0, ADDED.indexOf("limit") + "request".length),
        new_text: ADDED.trimEnd(),
      },
    },
    { tool: "done", args: { summary: "It is limited" } },
  ]),
  ".dgov/plans/release/_root.toml": root("release"),
  ".dgov/plans/release/tasks/main.toml":
    task("notes", 'approval = true\nfiles.create = ["NOTES.md"]') +
    task("publish", 'depends_on = ["notes"]\nfiles.create = ["PUBLISHED.md"]'),
  ".dgov/plans/release/script.json": script("notes", [
    { tool: "write_file", args: { path: "NOTES.md", content: "Limits.\n" } },
    { tool: "done", args: { summary: "It is written down" } },
  ]),
  ".dgov/plans/quoting/_root.toml": `${root("quoting")}method = "tests-first"\n`,
  ".dgov/plans/quoting/_spec.md": SPEC,
  ".dgov/plans/quoting/tasks/main.toml": task(
    "quotes",
    'test_cmd = "python -m pytest -q {test_dir}"\ntests = ["tests/test_quotes.py"]\nfiles.edit = ["src/server.py::handle"]',
  ),
  ".dgov/consult/plan-greet-who-comes/script.json": consulted(),
  ".dgov/script.json": JSON.stringify({
    version: 1,
    tasks: {
      "fix/main.apply": {
        turns: [
          { tool: "edit_file", args: { path: "src/server.py", old_text: "return None", new_text: "return 'closed'" } },
          { tool: "done", args: { summary: "It is said" } },
        ].map((call) => ({ calls: [call] })),
      },
    },
  }),
  "answers.json": '{ "word": "hello" }',
  ".dgov/plans/rework/_root.toml": root("rework"),
  ".dgov/plans/rework/tasks/main.toml": task("closing", 'files.edit = ["src/server.py::close"]'),
  ".dgov/plans/rework/script.json": script("closing", [{ tool: "done", args: { summary: "Nothing to do" } }]),
};

/** A program that rejects whatever it is asked about, and a plan. */
const REJECTS = `tree=$(sed -n 's/^Tree that would land: //p'); cat > $DGOV_ANSWER <<END
{"tree": "$tree", "vote": "reject", "summary": "Cents are gone", "conditions": [], "findings": [
  {"severity": "blocker", "path": "PRICES.md", "line": 1, "message": "It is in euros, and a payment is in cents"}]}
END`;
const REVIEWED: Readonly<Record<string, string>> = {
  ".dgov/project.toml": `${PROJECT}
[limits]
settlement_retries = 0

[agents.critic]
command = ${JSON.stringify(["sh", "-c", REJECTS])}

[review.seats.oak]
agent = "critic"
family = "oak"
`,
  ".dgov/plans/prices/_root.toml": root("prices"),
  ".dgov/plans/prices/tasks/main.toml": task("pricing", 'files.create = ["PRICES.md"]'),
  ".dgov/plans/prices/script.json": script("pricing", [
    { tool: "write_file", args: { path: "PRICES.md", content: "Limits: 1 euro.\n" } },
    { tool: "done", args: { summary: "It is priced" } },
  ]),
};

/** Lays it out in a temporary folder, and brings it to each stage. `restore` puts all of it back as it was then. */
export async function openShop(): Promise<Shop> {
  const place = makeRepository(FILES, "shop", MEMORY);
  git(place, "tag", "v1");
  git(place, "checkout", "-q", "-b", "topic");
  writeIn(place.root, "src/clock.py", "def now():\n    return 0\n");
  commitAll(place, "a clock");
  git(place, "checkout", "-q", "main");
  const kept = (stage: Stage) => `${place.folder}.${stage}`;
  keep(place.folder, kept("planned"));
  const ids = await work(place);
  keep(place.folder, kept("worked"));
  await perform(place, "dgov run release --yes");
  keep(place.folder, kept("waiting"));
  for (const [path, text] of Object.entries(REVIEWED)) writeIn(place.root, path, text);
  commitAll(place, "a reviewer");
  await perform(place, "dgov run prices --yes");
  keep(place.folder, kept("reviewed"));
  return {
    ...place,
    ids,
    restore: (stage) => keep(kept(stage), place.folder),
    stop() {
      for (const folder of [place.folder, ...STAGES.map(kept)]) rmSync(folder, { recursive: true });
    },
  };
}

/** Everything of one folder, as it is, in the place of another. */
function keep(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true, force: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}

/** What has happened in the shop by the stage `worked`, and the ids that came of it. */
async function work(place: Place): Promise<Record<string, string>> {
  const said = async (line: string) => JSON.parse(JSON.stringify((await perform(place, line)).json));
  const job = (await said("dgov jobs submit add-limits --key release-6")) as { id: string };
  const run = (await said("dgov run add-limits --yes")) as { run: string };
  await said("dgov run rework --yes");
  await said('dgov ledger add rule "Money is in integers of a cent"');
  await said("dgov sentrux gate-save");
  const item = (await said('dgov work add "Limit each client" -c "it is limited"')) as { id: string };
  const shown = (await said("dgov evidence add HEAD")) as { id: string };
  await said("dgov attest keygen ../release.key");
  await said(`dgov attest sign ${run.run} --key ../release.key`);
  commitAll(place, "what was written down");
  const evidence = (await said("dgov evidence run docs")) as { id: string };
  commitAll(place, `${shown.id} and ${evidence.id}`);
  return { RUN: run.run, ITEM: item.id, EVIDENCE: evidence.id, JOB: job.id };
}

/** Runs a line as a user types it, in this process. What the command streams is in `out`. */
export async function perform(place: Pick<Place, "root" | "env">, line: string): Promise<Done & { out: string[] }> {
  const [, ...argv] = wordsOf(line);
  const name = [argv.slice(0, 2).join(" "), argv[0] ?? ""].find((known) => known in COMMANDS);
  if (name === undefined) throw new Error(`There is no command in "${line}"`);
  const out: string[] = [];
  const command = await COMMANDS[name]!();
  return { ...(await command.perform(argv.slice(name.split(" ").length), hereOf(place, out))), out };
}

const hereOf = ({ root: cwd, env }: Pick<Place, "root" | "env">, out: string[]): Here => ({
  cwd,
  env,
  self: DGOV,
  version: "1.2.3",
  json: true,
  terminal: { isTty: false, outIsTty: false, inIsTty: false, columns: 80, write: () => {} },
  now_ms: () => Date.now(),
  random: () => Math.random(),
  sleep_ms: (ms) => Bun.sleep(ms),
  signal: new AbortController().signal,
  stdout: async (text) => void out.push(text),
  stderr: () => {},
});

/** A line's words, with the quotes that a shell takes off. Nothing else of a shell is in an example. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? "");
