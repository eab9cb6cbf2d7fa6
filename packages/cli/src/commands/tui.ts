import { DgovError } from "@dgov/governor/error";
import { pause, unpause } from "@dgov/governor/pause";
import { lastSeq, readServed, type Served } from "@dgov/governor/served";
import { watch } from "@dgov/governor/watching";
import { z } from "zod";
import { defineCommand, type Here } from "../command.ts";
import { lineOf, liveColour } from "../live.ts";
import { ask, saySteered } from "../steering.ts";
import { type Canvas, screenOf } from "../tui/screen.ts";
import { first, heard, press, renewed, type Shown, type Wish } from "../tui/state.ts";
import { openScreen, type Screen } from "../tui/terminal.ts";

const LOOK_EVERY_MS = 250;
const EVENTS_MAX = 500;

/** `unicode`: whether the locale has more than ASCII. */
type View = Pick<Served, "status" | "tasks" | "findings" | "paused" | "last_seq"> & {
  now_ms: number;
  unicode: boolean;
};

export const tui = defineCommand({
  name: "tui",
  summary: "Show the run that is under way on the whole terminal, with what needs you, and steer it there",
  details:
    "Tasks with what each asks for (working, waiting, stuck, failed, needs you, done), the problems alone, and the events. ? shows the keys. Leaving it ends nothing. Without a terminal it prints the screen once.",
  examples: ["dgov tui"],
  args: z.strictObject({
    plan: z.string().optional().describe("Only runs of this plan; absent: whichever was run last"),
  }),
  flags: z.strictObject({}),
  async run({ plan = null }, here): Promise<View | undefined> {
    const served = await readServed(here, plan);
    const { isTty, inIsTty } = here.terminal;
    if (here.json || !isTty || !inIsTty) {
      const { status, tasks, findings, paused, last_seq } = served;
      return { status, tasks, findings, paused, last_seq, now_ms: here.now_ms(), unicode: isUnicode(here.env) };
    }
    await live(here, plan, first(served));
    return undefined;
  },
  text(view) {
    if (view === undefined) return "";
    const { now_ms, unicode, ...known } = view;
    const plainly = { columns: 120, rows: known.tasks.length + 5, colour: false, unicode, now_ms };
    return screenOf(first({ ...known, page: null, why: null }), plainly)
      .slice(0, -1)
      .join("\n")
      .trimEnd();
  },
});

/** POSIX: the first of these that says anything holds. */
const isUnicode = ({ LC_ALL, LC_CTYPE, LANG }: Here["env"]): boolean =>
  /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");

/** Until the person leaves, or a signal comes. */
async function live(here: Here, plan: string | null, begin: Shown): Promise<void> {
  const screen = openScreen();
  const left = Promise.withResolvers<void>();
  const now = { shown: begin, quits: false };
  const draw = () => screen.draw(screenOf(now.shown, canvasOf(screen, here)));
  const show = (change: Partial<Shown>) => {
    now.shown = { ...now.shown, ...change };
    draw();
  };
  screen.resized(draw);
  screen.keys((key) => {
    const { shown, wish, quits } = press(now.shown, key);
    now.shown = shown;
    now.quits ||= quits;
    draw();
    if (wish) perform(wish, here).then((said) => show({ said }), left.reject);
    if (quits) left.resolve();
  });
  here.signal.addEventListener("abort", () => left.resolve(), { once: true });
  const follow = async () => {
    while (!now.quits && !here.signal.aborted) {
      const { last_seq } = now.shown.served;
      if ((await lastSeq(here.cwd)) !== last_seq) now.shown = renewed(now.shown, await readServed(here, plan));
      if (now.shown.tab === "events") now.shown = heard(now.shown, await eventLines(here, plan));
      draw();
      await here.sleep_ms(LOOK_EVERY_MS);
    }
  };
  try {
    draw();
    await Promise.race([left.promise, follow()]);
  } finally {
    now.quits = true;
    screen.end();
  }
}

const canvasOf = (screen: Screen, { env, now_ms }: Here): Canvas => ({
  ...screen.size(),
  colour: liveColour(env),
  unicode: isUnicode(env),
  now_ms: now_ms(),
});

/** @returns what came of it, in a line: also what is refused, for the screen stays */
async function perform(wish: Wish, here: Here): Promise<string> {
  try {
    if (wish.do === "steer") return saySteered(await ask(wish.verb, wish.task, { reason: "", wait: 2 }, here));
    if (wish.do === "pause") return `Paused by ${pause(here.cwd, "asked for on the screen").file}`;
    unpause(here.cwd);
    return "It goes on: an ended run with dgov run";
  } catch (error) {
    if (error instanceof DgovError) return `${error.message}. ${error.hint}`;
    throw error;
  }
}

async function eventLines(here: Here, plan: string | null): Promise<string[]> {
  const lines: string[] = [];
  const wait = { poll_ms: LOOK_EVERY_MS, sleep_ms: here.sleep_ms, signal: here.signal };
  for await (const stored of watch(here.cwd, { plan, all: false, after: null, follow: false }, wait)) {
    const line = lineOf(stored, { weight: "stream" });
    if (line !== null) lines.push(line);
  }
  return lines.slice(-EVENTS_MAX);
}
