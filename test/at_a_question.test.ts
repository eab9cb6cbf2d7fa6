import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DGOV, eventsOf, git, makeRepository, type Place } from "./repo.ts";
import { done, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000);
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});
const kept = (place: Place): Place => {
  open.push(place);
  return place;
};

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const ICANON_AND_ECHO = 2 | 8; // of a terminal that takes lines and shows what is typed

/** Starts dgov on a terminal of its own, types `keys` once it shows the question, and waits for its end. */
async function leftAt(place: Place, words: readonly string[], question: string, keys: string) {
  let shown = "";
  const hear = (bytes: Uint8Array) => {
    shown += new TextDecoder().decode(bytes);
  };
  const child = Bun.spawn([...DGOV, ...words], {
    cwd: place.root,
    env: { ...place.env, TERM: "xterm", LANG: "C.UTF-8" },
    terminal: { cols: 100, rows: 30, data: (_, bytes) => hear(bytes) },
  });
  for (let tries = 0; tries < 1200 && !shown.includes(question); tries++) await Bun.sleep(50);
  expect(shown).toContain(question);
  await Bun.sleep(200); // the prompt is drawn before it listens
  child.terminal?.write(keys);
  const status = await child.exited;
  const mode = (child.terminal?.localFlags ?? 0) & ICANON_AND_ECHO;
  child.terminal?.close();
  const cursor = shown.lastIndexOf("\x1b[?25l") <= shown.lastIndexOf("\x1b[?25h");
  return { status, shown, restored: { mode, cursor } };
}
const LEFT = { status: 130, restored: { mode: ICANON_AND_ECHO, cursor: true } };

test.each([
  ["Ctrl-C", CTRL_C],
  ["the end of the input", CTRL_D],
])("setup: %s at a question ends with 130, and writes nothing", async (_, keys) => {
  const place = kept(makeRepository({ "go.mod": "module x\n" }));
  const left = await leftAt(place, ["setup"], "Name of the provider", keys);
  expect(left).toMatchObject(LEFT);
  expect(left.shown).toContain("Nothing was written");
  expect(left.shown).toMatch(/^Name of the provider \[openai\]\r\n/); // and not in the colour of errors
  expect(git(place, "status", "--porcelain", "--ignored")).toBe("");
  expect(existsSync(join(place.env.HOME ?? "", ".config"))).toBe(false);
});

test("run: Ctrl-C at the question about hooks approves of nothing and begins nothing", async () => {
  const place = kept(layTasks({ a: { attempts: [[done]] } }, { tables: '[hooks]\npre_task = "true"\n' }));
  expect(await leftAt(place, ["run", "p"], "outside of the jail?", CTRL_C)).toMatchObject(LEFT);
  expect(eventsOf(place)).toEqual([]);
  expect(existsSync(join(place.env.HOME ?? "", ".local"))).toBe(false);
});

test("plan create: Ctrl-C at a question makes no plan, and what was found out before is not asked for again", async () => {
  const question = { id: "w", question: "Which word?", why: "It is written", options: ["hi", "ho"], recommended: "hi" };
  const found = { summary: "One text", findings: [{ path: "src/a.txt", note: "alpha" }], questions: [question] };
  const tasks = { "consult/researcher.recon": { turns: [{ calls: [{ tool: "submit_recon", args: found }] }] } };
  const place = kept(
    layTasks(
      { a: { attempts: [[done]] } },
      {
        tables: '[providers.scripted]\nscript = "script.json"\n',
        files: { "script.json": JSON.stringify({ version: 1, tasks }) },
      },
    ),
  );
  for (let again = 0; again < 2; again++)
    expect(await leftAt(place, ["plan", "create", "Greet"], "Which word?", CTRL_C)).toMatchObject(LEFT);
  expect(eventsOf(place).filter(({ kind }) => kind === "answer_given")).toHaveLength(1);
  expect(existsSync(join(place.root, ".dgov/runtime/auto-plans"))).toBe(false);
});
