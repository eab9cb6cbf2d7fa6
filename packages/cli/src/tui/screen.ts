import type { HeldFinding, LiveTask } from "@dgov/governor/served";
import { type Colour, fit, paint, plain, width, wrap } from "../ansi.ts";
import { clock } from "../live.ts";
import { problemsIn } from "../serve/problems.ts";
import { saidText } from "../speaking.ts";
import { rowsOf, type Shown, TABS, type Wish } from "./state.ts";

/** Where it is drawn. `unicode`: the terminal's locale has more than ASCII. */
export type Canvas = { columns: number; rows: number; colour: boolean; unicode: boolean; now_ms: number };

type Attention = LiveTask["attention"];
const LOOKS: Readonly<Record<Attention, { sign: string; ascii: string; words: string; colour: Colour | null }>> = {
  needs_you: { sign: "●", ascii: "!", words: "needs you", colour: "yellow" },
  stuck: { sign: "◌", ascii: "?", words: "stuck", colour: "yellow" },
  failed: { sign: "✘", ascii: "x", words: "failed", colour: "red" },
  working: { sign: "▶", ascii: ">", words: "working", colour: "cyan" },
  waiting: { sign: "·", ascii: ".", words: "waiting", colour: "dim" },
  done: { sign: "✔", ascii: "v", words: "done", colour: "green" },
  left_out: { sign: "–", ascii: "-", words: "left out", colour: "dim" },
};

const HELP = [
  ["1 2 3, Tab", "tasks, problems, events"],
  ["j k g G, arrows", "choose, or go back and forth in the events"],
  ["Enter", "all of what is chosen, and back"],
  ["c s r a x", "cancel, skip, retry, approve, reject what is chosen"],
  ["C", "cancel the run"],
  ["p", "pause, or go on"],
  ["q, Ctrl-C", "leave; the run goes on"],
  ["y", "yes: whatever changes something is asked for once more"],
] as const;
const KEYS_WIDE = 18;

/** The whole screen, a line for each row of the terminal, none wider than it. */
export function screenOf(shown: Shown, canvas: Canvas): string[] {
  const { rows } = canvas;
  const head = headOf(shown, canvas);
  const foot = footOf(shown, canvas);
  const room = Math.max(0, rows - head.length - foot.length);
  const body = shown.helps ? helpOf(canvas) : bodyOf(shown, canvas, room);
  const filled = [...body.slice(0, room), ...Array.from({ length: Math.max(0, room - body.length) }, () => "")];
  return [...head, ...filled, ...foot].slice(0, rows).map((line) => (canvas.unicode ? line : asciiOf(line)));
}

const helpOf = ({ columns }: Canvas): string[] =>
  HELP.flatMap(([keys, does]) => {
    const indent = columns < 2 * KEYS_WIDE ? 4 : KEYS_WIDE;
    return lined(`  ${keys}`.padEnd(KEYS_WIDE), does, { columns, indent });
  });

/** A text over as many lines as it takes, none wider than the terminal. */
const lined = (start: string, text: string, { columns, indent }: { columns: number; indent: number }): string[] =>
  `${start}${wrap(text, columns, { first: width(start), indent })}`.split("\n").map((line) => fit(line, columns));

/** What has no place in ASCII would shift the columns of a terminal that cannot show it. */
const asciiOf = (line: string): string =>
  line
    .replaceAll("…", "~")
    .replaceAll("→", ">")
    .replaceAll("─", "-")
    .replaceAll("·", "|")
    .replace(/[^\p{ASCII}]/gu, "?");

const tinted = (text: string, colour: Colour | null, { colour: on }: Canvas) =>
  colour === null ? text : paint(colour, text, on);

function headOf({ served, tab }: Shown, canvas: Canvas): string[] {
  const { run } = served.status;
  const branch = run?.target.replace(/^refs\/heads\//, "") ?? "";
  const title = run === null ? "dgov: nothing was ever run here" : `${plain(run.plan)} → ${plain(branch)}`;
  const state = run === null ? "" : stateOf(served);
  const counts = (Object.keys(LOOKS) as Attention[]).flatMap((one) => {
    const number = served.tasks.filter(({ attention }) => attention === one).length;
    return number === 0 ? [] : [`${number} ${LOOKS[one].words}`];
  });
  const tabs = TABS.map((one, at) => (one === tab ? `[${at + 1}:${one}]` : ` ${at + 1}:${one} `)).join(" ");
  const most = canvas.columns;
  return [
    tinted(fit(state === "" ? title : `${title}  (${state})`, most), "bold", canvas),
    fit(counts.join(" · "), most),
    fit(tabs, most),
    fit("─".repeat(most), most),
  ];
}

function stateOf({ status: { run }, paused }: Shown["served"]): string {
  if (run === null) return "";
  if (run.state === "ended") return run.result ?? "over";
  if (paused !== null) return paused === "" ? "paused" : `paused: ${plain(paused)}`;
  return run.process === "gone" ? "its process is gone" : run.state;
}

function bodyOf(shown: Shown, canvas: Canvas, room: number): string[] {
  if (shown.tab === "events") return storyOf(shown, canvas, room);
  if (shown.whole) return wholeOf(shown, canvas);
  const lines = shown.tab === "tasks" ? taskLines(shown, canvas) : problemLines(shown, canvas);
  if (lines.length === 0) return [fit(shown.tab === "tasks" ? "  No task" : "  Nothing needs you", canvas.columns)];
  const from = Math.max(0, Math.min(shown.at - Math.floor(room / 2), lines.length - room));
  return lines.slice(from, from + room);
}

function storyOf({ events, at, whole }: Shown, { columns }: Canvas, room: number): string[] {
  const end = Math.max(Math.min(room, events.length), events.length - at);
  const lines = events.slice(Math.max(0, end - room), end).flatMap((line) => {
    return whole ? lined("", plain(line), { columns, indent: TIME_WIDE }) : [fit(plain(line), columns)];
  });
  return room > 0 ? lines.slice(-room) : [];
}

const TIME_WIDE = 10;

/** All that is known of the task that is chosen, or of the run. */
function wholeOf(shown: Shown, { columns, now_ms }: Canvas): string[] {
  const name = rowsOf(shown)[shown.at] ?? null;
  const problem = problemsIn(shown.served).find(({ task }) => task === name);
  const live = shown.served.tasks.find(({ task }) => task === name);
  const unit = shown.served.page?.review.units.find(({ unit: id }) => id === name);
  const again = live && live.attempt > 1 ? ` (attempt ${live.attempt})` : "";
  const since = live && name !== null ? `, for ${clock(now_ms - live.since_ms)}` : "";
  const busy = live?.attention === "working" || live?.attention === "stuck" ? since : "";
  const kind = live ? LOOKS[live.attention].words : problem ? LOOKS[problem.kind].words : "nothing is chosen";
  const texts = [
    `${name ?? "the run"}: ${kind}${again}${busy}`,
    unit?.summary ?? "",
    problem?.text ?? live?.phase ?? "",
    live?.doing ?? "",
    problem?.cure ?? "",
    unit?.done_summary ? `It said: ${unit.done_summary}` : "",
    unit?.commit_sha ? `Landed as ${unit.commit_sha.slice(0, 12)}` : "",
    problem && problem.verbs.length > 0 ? `You may: ${problem.verbs.join(", ")}` : "",
    ...heldOf(shown.served.findings, name),
  ];
  const told = [...new Set(texts.map(plain))].filter((text) => text !== "");
  return told.flatMap((text) => lined("  ", text, { columns, indent: 4 }));
}

/** What reviewers hold against a task, and by which command they are spoken to: a reason has to be written. */
function heldOf(findings: readonly HeldFinding[], name: string | null): string[] {
  const own = findings.filter(({ task }) => task === name);
  const lines = own.map(({ finding, path, line, message, said }) => {
    const place = path === null ? "" : ` at ${path}:${line ?? "?"}`;
    return `${finding}${place}: ${message}${said === null ? "" : ` (${saidText(said)})`}`;
  });
  return [...lines, ...(own.length === 0 ? [] : ['"dgov answer" and "dgov dismiss" speak to the reviewer'])];
}

function taskLines({ served: { tasks }, at }: Shown, canvas: Canvas): string[] {
  const wide = Math.min(Math.max(0, ...tasks.map(({ task }) => width(task))), Math.floor(canvas.columns / 2));
  return tasks.map(({ task, attention, phase, attempt, doing, since_ms }, row) => {
    const { sign, ascii, words, colour } = LOOKS[attention];
    const name = fit(plain(task), wide);
    const busy = attention === "working" || attention === "stuck" ? ` ${clock(canvas.now_ms - since_ms)}` : "";
    const again = attempt > 1 ? ` (attempt ${attempt})` : "";
    const what = attention === "working" && doing !== "" ? doing : phase === words ? "" : phase;
    const mark = row === at ? ">" : " ";
    const text = `${mark} ${canvas.unicode ? sign : ascii} ${name}${" ".repeat(Math.max(0, wide - width(name)))}  ${words}${busy}${again}  ${plain(what)}`;
    return tinted(fit(text.trimEnd(), canvas.columns), row === at ? "bold" : colour, canvas);
  });
}

function problemLines({ served, at }: Shown, canvas: Canvas): string[] {
  return problemsIn(served).map(({ task, kind, text, cure, verbs }, row) => {
    const { sign, ascii, words, colour } = LOOKS[kind];
    const keys = verbs.length === 0 ? "" : ` [${verbs.join(", ")}]`;
    const line = `${row === at ? ">" : " "} ${canvas.unicode ? sign : ascii} ${plain(task ?? "the run")}  ${words}${keys}: ${plain(text)}${cure === "" ? "" : `; ${plain(cure)}`}`;
    return tinted(fit(line, canvas.columns), row === at ? "bold" : colour, canvas);
  });
}

function footOf({ asking, said, whole }: Shown, canvas: Canvas): string[] {
  const line =
    asking === null
      ? said === ""
        ? `? help   Enter ${whole ? "back" : "all of it"}   q leave`
        : plain(said)
      : `${questionOf(asking)} y, or any other key for no`;
  return [tinted(fit(line, canvas.columns), asking === null ? "dim" : "yellow", canvas)];
}

function questionOf(wish: Wish): string {
  if (wish.do === "pause") return "Let the run begin nothing more?";
  if (wish.do === "unpause") return "Let the run go on?";
  const what = wish.task === null ? "the run" : plain(wish.task);
  return `${wish.verb[0]!.toUpperCase()}${wish.verb.slice(1)} ${what}?`;
}
