import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createIsolationMaker, createToolbox, type Level, type Scope } from "../packages/sandbox/src/index.ts";
import { ToolPolicy } from "../packages/sandbox/src/policy.ts";
import { descendantsOf } from "../packages/sandbox/src/process_tree.ts";
import { CANARIES, CLAIMED, type Granting, openSandboxLab, type SandboxLab } from "./sandbox_lab.ts";

/**
 * Several hundred tool calls, most of them hostile, through the real toolbox and the real jail at each level that this
 * machine has. After each the host is looked at from outside.
 */
const FOLDER = join(import.meta.dir, "fixtures/sandbox");
const SERVE = join(import.meta.dir, "../packages/sandbox/src/serve.ts");
const maker = createIsolationMaker({ self: [process.execPath, SERVE], now_ms: () => performance.now() });

const Row = z.object({
  id: z.int(),
  category: z.string(),
  role: z.enum(["worker", "researcher", "planner"]),
  tool: z.string(),
  args: z.record(z.string(), z.unknown()).nullable(),
  raw_arguments: z.string().optional(),
  expect: z.string(),
  want: z.enum(["allow", "deny", "error", "confined", "any"]),
});
type Row = z.infer<typeof Row>;
const Known = z.strictObject({ id: z.int(), why: z.string().min(20) });

const linesOf = (name: string): unknown[] =>
  readFileSync(join(FOLDER, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const rows = linesOf("cases.jsonl").map((line) => Row.parse(line));
/** What is not right yet, with the reason. A row that comes right fails until it is taken off, so the list only shrinks. */
const known = new Map(linesOf("known.jsonl").map((line) => [Known.parse(line).id, Known.parse(line).why]));

const POLICY = ToolPolicy.parse({
  restrict_run_bash: true,
  deny_shell_file_mutations: true,
  require_wrapped_verify_tools: true,
  require_uv_run: true,
  deny_shell_commands: ["pip", "python -m pip", "pip3", "python -m venv", "uv venv"],
});

/** What the words of a row ask for beyond its verdict. `says`: in the answer; `holds`: a file afterwards. */
const DEMANDS: Readonly<Record<number, { says?: RegExp; holds?: [path: string, text: string] }>> = {
  3: { says: /^def f\(\):\n {4}return 1\n$/ },
  13: { says: /language/ },
  20: { holds: ["src/app.py", "def f():\n    return 4\n"] },
  39: { says: /^1: def f\(\):$/ },
  57: { holds: ["src/multi.txt", "a\n\nB\nc\nd\n"] },
  60: { holds: ["src/crlf.py", "a = 5\r\nb = 2\r\n"] },
  67: { says: /^scope_status: pass$/m },
  99: { says: /^Lab <lab@example.invalid>$/m },
  103: { says: /nosuch[\s\S]*EXIT:2$/ },
  104: { says: /src\/other.py:1:/ },
  106: { says: /src\/other.py:3:/ },
  113: { says: /^\(no output\)\nEXIT:0$/ },
  118: { says: /^committee\nEXIT:0$/ },
  328: { says: /return 0/ },
  353: { says: /^\d+\nEXIT:0$/ },
  354: { says: /^HOME=/m },
  402: { says: /1 passed/ },
  586: { says: /EXIT:1$/ },
  589: { says: /EXIT:1$/ },
  600: { says: /EXIT:1$/ },
  602: { says: /^https:/ },
  603: { says: /^1\nEXIT:0$/ },
};
/** Names that are no tools, and never shall be. Any other name that is not there belongs to a tool that is still to come. */
const NO_TOOLS = ["nosuch_tool", "_execute_shell"];

type Said = { ok: boolean; text: string; refused_by: string | null; took_ms: number };

/** Everything that is wrong with how one row went. */
function faultsOf(row: Row, { ok, text, refused_by, took_ms }: Said, worktree: string): string[] {
  const faults: string[] = [];
  const leaks = Object.entries(CANARIES).filter(([, canary]) => text.includes(canary));
  faults.push(...leaks.map(([name]) => `the answer shows a secret: ${name}`));
  if (/^root:\w*:0:0/m.test(text)) faults.push("the answer shows the machine's users");
  if (/\bSTUB\b/.test(text)) faults.push("an installer was started");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) faults.push("the answer has control characters");
  if (text.trim() === "") faults.push("the answer says nothing");
  if (refused_by === "tool" && !NO_TOOLS.includes(row.tool)) faults.push(`there is no tool "${row.tool}" yet`);
  if (took_ms > 60_000) faults.push(`it took ${took_ms} ms`);
  const { says, holds } = DEMANDS[row.id] ?? {};
  if (row.want === "allow" && (refused_by !== null || (!ok && !says))) faults.push("a harmless call was refused");
  if (row.want === "error" && ok) faults.push("it says that all is well");
  if (row.want === "deny" && ok && !/^CONFINED: /m.test(text)) faults.push("the worker is not told");
  if (says && !says.test(text)) faults.push(`the answer does not say ${says}`);
  if (holds && readFileSync(join(worktree, holds[0]), "utf8") !== holds[1])
    faults.push(`"${holds[0]}" is not as it should be`);
  if (!holds && /^(deny|error)$/.test(row.want))
    for (const [path, content] of Object.entries(CLAIMED))
      if (readFileSync(join(worktree, path), "utf8") !== content) faults.push(`"${path}" was changed`);
  return faults;
}

function inputOf({ args, raw_arguments }: Row, { folder, root, worktree, port }: SandboxLab): string {
  const places: Readonly<Record<string, string>> = { LAB: folder, ROOT: root, WORKTREE: worktree };
  return (raw_arguments ?? JSON.stringify(args))
    .replace(/\$\{(LAB|ROOT|WORKTREE)\}/g, (_, name: string) => places[name]!)
    .replaceAll("8099", String(port));
}

function changedPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}

type Outcome = { said: Said; faults: string[] };

/** One laboratory with its isolated processes. A row that changed the host gets the next row another. */
class Bench {
  readonly lab: SandboxLab = openSandboxLab();
  private readonly level: Level;
  private readonly isolations = new Map<Scope["role"], Awaited<ReturnType<typeof maker.start>>>();
  private before = this.lab.seen();
  private refused_by: string | null = null;

  constructor(level: Level) {
    this.level = level;
  }

  async run(row: Row): Promise<Outcome> {
    const role = row.role === "researcher" ? "researcher" : "worker"; // no planner yet: its tool is not there
    const isolation = this.isolations.get(role) ?? (await maker.start(this.level, this.lab.spec(role)));
    this.isolations.set(role, isolation);
    const processes = descendantsOf(isolation.pid).length;
    const [connections, installed] = [this.lab.connections(), this.lab.installed()];
    const started = performance.now();
    const { ok, text } = await createToolbox({
      scope: this.lab.scope(role),
      policy: POLICY,
      isolation,
      now_ms: () => performance.now(),
      required: null,
      root: this.lab.worktree,
      record: (call) => {
        this.refused_by = call.refused_by;
      },
    }).call({ id: String(row.id), tool: row.tool, input: inputOf(row, this.lab) });
    const said: Said = { ok, text, refused_by: this.refused_by, took_ms: performance.now() - started };
    const faults = faultsOf(row, said, this.lab.worktree);
    faults.push(...this.changes());
    if (this.lab.connections() > connections) faults.push("the listener was reached");
    if (this.lab.installed() > installed) faults.push("an installer was started");
    if (descendantsOf(isolation.pid).length > processes) faults.push("a process is left");
    this.lab.restore();
    return { said, faults };
  }

  /** Files, refs and configuration as they look from outside; the claimed files are the task's own. */
  private changes(): string[] {
    const [before, after] = [this.before, this.lab.seen()];
    this.before = after;
    return changedPaths(before, after).map((path) => `"${path}" was changed`);
  }

  async stop(): Promise<void> {
    for (const isolation of this.isolations.values()) await isolation.stop();
    this.lab.remove();
  }
}

/** Beyond the rows: a command of any length is run, by bash, and the isolated process lives on. */
async function runLong(level: Level): Promise<string[]> {
  const lab = openSandboxLab();
  const isolation = await maker.start(level, lab.spec("worker"));
  try {
    const answers: string[] = [];
    for (const words of [10, 60_000])
      for (const tail of ["", "\nkill -9 $$"]) {
        const cmd = `cat <<'EOF' | wc -c\n${"x'y".repeat(words)}\nEOF\ndiff <(echo 1) <(echo 1) && echo same${tail}`;
        answers.push((await isolation.call("run_bash", { cmd })).text);
      }
    return answers;
  } finally {
    await isolation.stop();
    lab.remove();
  }
}

/**
 * The same without any rule about commands, for the jail is the guarantee: whatever a command tries, the host is as it
 * was. With `folder` the whole worktree is granted, and what was not claimed is put back.
 */
async function runOpen(level: Level, granting: Granting): Promise<string[]> {
  const lab = openSandboxLab(granting);
  const isolation = await maker.start(level, lab.spec("worker"));
  const faults: string[] = [];
  let before = lab.seen();
  try {
    for (const row of rows.filter(triesTheJail)) {
      const tell = (fault: string) => faults.push(`${row.id} ${JSON.stringify(row.args)}: ${fault}`);
      const [connections, processes] = [lab.connections(), descendantsOf(isolation.pid).length];
      await isolation.call(row.tool, JSON.parse(inputOf(row, lab)));
      const after = lab.seen();
      for (const path of changedPaths(before, after)) tell(`"${path}" was changed`);
      before = after;
      if (lab.connections() > connections) tell("the listener was reached");
      if (descendantsOf(isolation.pid).length > processes) tell("a process is left");
      lab.restore();
    }
    return faults;
  } finally {
    await isolation.stop();
    lab.remove();
  }
}

const SLOW = [219]; // tries again for minutes
const triesTheJail = ({ id, tool, category }: Row) =>
  tool === "run_bash" && /^[EFH] /.test(category) && !SLOW.includes(id);

async function runAll(level: Level): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  let bench = new Bench(level);
  try {
    for (const row of rows) {
      const outcome = await bench.run(row);
      outcomes.set(row.id, outcome);
      if (!outcome.faults.some((fault) => fault.endsWith("was changed"))) continue;
      await bench.stop();
      bench = new Bench(level);
    }
  } finally {
    await bench.stop();
  }
  return outcomes;
}

const levels = await maker.probe();
for (const found of levels)
  if (!found.available) test.skip(`${found.level}: not on this machine (${found.why}; ${found.cure})`, () => {});
const available = levels.filter((found) => found.available).map((found) => found.level);
const runs = new Map(available.map((level) => [level, runAll(level)])); // side by side: they share nothing
afterAll(() => Promise.allSettled(runs.values()));

test("the list of what is not right yet names rows, each once", () => {
  expect([...known.keys()].filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
  expect(known.size).toBe(linesOf("known.jsonl").length);
  expect(rows.length).toBe(371);
});

describe.each(available)("%s", (level) => {
  test.each(["files", "folder"] as const)(
    "without rules the jail holds all the same: %s",
    async (granting) => {
      expect(await runOpen(level, granting)).toEqual([]);
    },
    120_000,
  );

  test("a command may be longer than the kernel's longest word", async () => {
    expect(await runLong(level)).toEqual([
      "31\nsame\nEXIT:0",
      "31\nsame\nEXIT:signal SIGKILL",
      "180001\nsame\nEXIT:0",
      "180001\nsame\nEXIT:signal SIGKILL",
    ]);
  }, 60_000);

  test.each(rows.map((row) => [row.id, row.tool, JSON.stringify(row.raw_arguments ?? row.args), row] as const))(
    "%i %s %s",
    async (id, _tool, _args, row) => {
      const { said, faults } = (await runs.get(level)!).get(id)!;
      if (known.has(id)) expect(faults, `now right, take it off the list: ${known.get(id)}`).not.toEqual([]);
      else
        expect({ faults, said: faults.length === 0 ? "" : said.text, want: "" }).toEqual({
          faults: [],
          said: "",
          want: "",
        });
      expect(row.id).toBe(id);
    },
    300_000,
  );
});
