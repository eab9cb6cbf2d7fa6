import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Level } from "../packages/sandbox/src/index.ts";
import { descendantsOf } from "../packages/sandbox/src/process_tree.ts";
import { DGOV } from "./repo.ts";
import { type Granting, openSandboxLab } from "./sandbox/lab.ts";
import { changedPaths } from "./sandbox/look.ts";
import { makerOf, type Outcome } from "./sandbox/rig.ts";
import { inputOf, type Row, readRows } from "./sandbox/row.ts";
import { gather, runLevel } from "./sandbox/suite.ts";

/**
 * Several hundred tool calls, most of them hostile, through the real toolbox and the real jail at each level that this
 * machine has. After each the host is looked at from outside. The same runner serves `scripts/sandbox-suite.ts`.
 */
const FOLDER = join(import.meta.dir, "fixtures/sandbox");
const maker = makerOf(DGOV);

const Known = z.strictObject({
  id: z.union([z.int(), z.string()]),
  level: z.string().optional(),
  why: z.string().min(20),
});

/** What flows through a pipe is kept by nobody: a tenth of nine gigabytes shows it as well, and in a tenth of the time. */
const shortened = (row: Row): Row => (row.id === 441 ? { ...row, args: { cmd: "yes | head -c 900M | wc -c" } } : row);

const textOf = (name: string): string => readFileSync(join(FOLDER, name), "utf8");
const rows = readRows(textOf("cases.jsonl"), "cases.jsonl");
/** Of the same kind, in other words: each trick by another program, and what looks like it and is harmless. */
const siblings = ["siblings.jsonl", "spellings.jsonl"].flatMap((name) => readRows(textOf(name), name));
/**
 * What is not right yet (at one level, or at all), with the reason. A row that comes right fails until it is taken off,
 * so the list only shrinks.
 */
const known = textOf("known.jsonl")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => Known.parse(JSON.parse(line)));

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

/** What else is wrong with how one row went. */
function demandFaults({ id, text, files, absent }: Outcome): string[] {
  if (absent) return []; // there is no program that could say it
  const { says, holds } = DEMANDS[Number(id)] ?? {};
  const faults = says && !says.test(text) ? [`the answer does not say ${says}`] : [];
  return holds && files[holds[0]] !== holds[1] ? [...faults, `"${holds[0]}" is not as it should be`] : faults;
}

/** Beyond the rows: a command of any length is run, by bash, and the isolated process lives on. */
async function runLong(level: Level): Promise<string[]> {
  const lab = await openSandboxLab();
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
  const lab = await openSandboxLab(granting);
  const isolation = await maker.start(level, lab.spec("worker"));
  const faults: string[] = [];
  let before = lab.seen();
  try {
    for (const row of rows.filter(triesTheJail)) {
      const tell = (fault: string) => faults.push(`${row.id} ${JSON.stringify(row.args)}: ${fault}`);
      const [hits, processes] = [lab.hits(), descendantsOf(isolation.pid).length];
      await isolation.call(row.tool, JSON.parse(inputOf(row, lab)));
      const after = lab.seen();
      for (const path of changedPaths(before, after)) tell(`"${path}" was changed`);
      before = after;
      if (lab.hits() > hits) tell("the listener was reached");
      if (descendantsOf(isolation.pid).length > processes) tell("a process is left");
      lab.restore();
    }
    return faults;
  } finally {
    await isolation.stop();
    lab.remove();
  }
}

/** They try again, or wait for a terminal, for minutes. */
const SLOW: readonly Row["id"][] = [219, "E10"];
const triesTheJail = ({ id, tool, category }: Row) =>
  tool === "run_bash" && /^[EFH] /.test(category) && !SLOW.includes(id);

const levels = await maker.probe();
for (const found of levels)
  if (!found.available) test.skip(`${found.level}: not on this machine (${found.why}; ${found.cure})`, () => {});
const available = levels.filter((found) => found.available).map((found) => found.level);
const [own] = gather({ user: null, as_root: true }).runners;
const tried = [...rows.map(shortened), ...siblings.filter(({ id }) => !SLOW.includes(id))];
const runs = new Map(available.map((level) => [level, runLevel(own!, level, tried)])); // they share nothing
afterAll(() => Promise.allSettled(runs.values()));

test("the list of what is not right yet names rows, each once", () => {
  expect(known.filter(({ id }) => ![...rows, ...siblings].some((row) => row.id === id))).toEqual([]);
  expect(new Set(known.map(({ id }) => id)).size).toBe(known.length);
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

  test.skipIf(level === "wasm")(
    "a command may be longer than the kernel's longest word",
    async () => {
      expect(await runLong(level)).toEqual([
        "31\nsame\nEXIT:0",
        "31\nsame\nEXIT:signal SIGKILL",
        "180001\nsame\nEXIT:0",
        "180001\nsame\nEXIT:signal SIGKILL",
      ]);
    },
    60_000,
  );

  test.each(
    tried.map((row) => [`${row.id} ${row.tool} ${row.raw_arguments ?? JSON.stringify(row.args)}`, row.id] as const),
  )(
    "%s",
    async (_name, id) => {
      const outcome = (await runs.get(level)!).outcomes.find((one) => one.id === id)!;
      const faults = [...outcome.faults, ...demandFaults(outcome)];
      const excuse = known.find((one) => one.id === id && (one.level ?? level) === level);
      if (excuse && !outcome.absent) expect(faults, `now right, take it off the list: ${excuse.why}`).not.toEqual([]);
      else expect(faults, outcome.text).toEqual([]);
    },
    300_000,
  );
});
