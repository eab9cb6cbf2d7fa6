import { describe, expect, test } from "bun:test";
import type { LiveTask, Served } from "@dgov/governor/served";
import { width } from "../ansi.ts";
import { type Canvas, screenOf } from "./screen.ts";
import { first, heard, press, renewed, type Shown } from "./state.ts";
import { keysIn } from "./terminal.ts";

const NOW_MS = 1_763_700_000_000;
const CANVAS: Canvas = { columns: 72, rows: 14, colour: false, unicode: true, now_ms: NOW_MS };

const task = (name: string, attention: LiveTask["attention"], more: Partial<LiveTask> = {}): LiveTask => ({
  ...{
    task: name,
    state: "active",
    phase: "",
    attempt: 1,
    doing: "",
    since_ms: NOW_MS - 65_000,
    heard_ms: NOW_MS,
    attention,
  },
  ...more,
});

function served(tasks: readonly LiveTask[], more: Partial<Served> = {}): Served {
  const run = {
    ...{
      run: "r1",
      plan: "limits",
      plan_dir: ".dgov/plans/limits",
      target: "refs/heads/main",
      state: "running" as const,
    },
    ...{ result: null, process: "alive" as const, sandbox: null, started_at_ms: NOW_MS, unverified: [], whole: null },
  };
  const status = {
    ...{
      status: "active" as const,
      tasks: tasks.length,
      active: 0,
      settling: 0,
      attention: 0,
      state_counts: {},
      task_list: [],
      run,
    },
  };
  return { status, tasks, findings: [], paused: null, page: null, why: null, last_seq: 1, ...more };
}

const TASKS = [
  task("core/a.one", "working", { doing: "edits src/limiter.py", attempt: 2 }),
  task("core/a.two", "needs_you", { state: "ready", phase: "waits for approval" }),
  task("core/b.three", "failed", { state: "failed", phase: "refused by tests" }),
  task("core/b.four", "done", { state: "landed" }),
];
const typed = (shown: Shown, keys: string) => keysIn(keys).reduce((now, key) => press(now, key).shown, shown);

describe("the screen", () => {
  test("has each task with what it asks for, and what is chosen is marked", () => {
    expect(screenOf(first(served(TASKS)), CANVAS)).toEqual([
      "limits → main  (running)",
      "1 needs you · 1 failed · 1 working · 1 done",
      "[1:tasks]  2:problems   3:events ",
      "─".repeat(72),
      "> ▶ core/a.one    working 1m05s (attempt 2)  edits src/limiter.py",
      "  ● core/a.two    needs you  waits for approval",
      "  ✘ core/b.three  failed  refused by tests",
      "  ✔ core/b.four   done",
      ...["", "", "", "", "", "? help   Enter all of it   q leave"],
    ]);
  });

  test("has the problems alone, those that only a person can move on first", () => {
    const lines = screenOf(typed(first(served(TASKS)), "2"), CANVAS);
    expect(lines.slice(4, 7)).toEqual([
      "> ● core/a.two  needs you [approve, reject]: waits for approval; Look a…",
      "  ✘ core/b.three  failed [retry]: refused by tests",
      "",
    ]);
  });

  test.each([
    [20, 5],
    [1, 1],
    [200, 3],
    [72, 40],
    [24, 30],
    [3, 60],
  ])("fits into %d columns and %d rows, whatever there is", (columns, rows) => {
    const many = Array.from({ length: 200 }, (_, at) =>
      task(`core/a.${"x".repeat(at)}`, "working", { doing: "\x1b[2Jüber 日本\n" }),
    );
    for (const unicode of [true, false])
      for (const shown of [
        first(served(many)),
        first(served([])),
        typed(first(served(many)), "?"),
        typed(first(served(many)), "Gc"),
        typed(first(served(many)), "G\r"),
        typed({ ...first(served(many)), events: [`12:00:00  ${"word ".repeat(90)}`] }, "3\r"),
      ]) {
        const lines = screenOf(shown, { ...CANVAS, columns, rows, unicode });
        expect(lines.length).toBe(rows);
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
        expect(lines.join("")).not.toContain("\x1b");
        if (!unicode) expect(lines.join("")).toMatch(/^[ -~]*$/);
      }
  });

  test("has all of what is chosen, also what a line has no room for, and goes back", () => {
    const long = `refused by tests: ${"a long story ".repeat(9)}end`;
    const tasks = [task("core/a.one", "failed", { state: "failed", phase: long, attempt: 2 }), TASKS[3]!];
    const small = { ...CANVAS, columns: 40, rows: 20 };
    const listed = typed(first(served(tasks)), "2");
    expect(screenOf(listed, small).join("\n")).not.toContain("end");
    const whole = screenOf(typed(listed, "\r"), small);
    expect(whole[4]).toBe("  core/a.one: failed (attempt 2)");
    expect(whole.slice(4).join(" ").replaceAll(/ +/g, " ")).toContain(long);
    expect(whole.join("\n")).toContain("You may: retry");
    expect(whole.at(-1)).toContain("Enter back");
    expect(screenOf(typed(listed, "\r\r"), small)).toEqual(screenOf(listed, small));
    expect(screenOf(typed(listed, "\r\x1b"), small)).toEqual(screenOf(listed, small));
    expect(screenOf(typed(first(served([])), "\r"), small)[4]).toBe("  the run: nothing is chosen");
  });

  test("has what reviewers hold against what is chosen, and against nothing else", () => {
    const one = { seat: "oak", attempt: 1, path: "src/a.py", line: 3, message: "nobody asked for that", said: null };
    const said = { does: "dismiss", by: "ann", reason: "we want it so", taken: false } as const;
    const findings = [
      { ...one, task: "core/b.three", finding: "oak-1" },
      { ...one, task: "core/b.three", finding: "elm-2", path: null, line: null, said },
    ];
    const listed = first(served(TASKS, { findings }));
    const whole = screenOf(typed(listed, "jj\r"), CANVAS).join(" ").replaceAll(/ +/g, " ");
    expect(whole).toContain("oak-1 at src/a.py:3: nobody asked for that");
    expect(whole).toContain("elm-2: nobody asked for that (dismissed by ann, not heard yet: we want it so)");
    expect(whole).toContain('"dgov answer"');
    expect(screenOf(typed(listed, "\r"), CANVAS).join(" ")).not.toContain("oak");
  });

  test("goes back in the events, stays there while more come, and shows all of each", () => {
    const events = Array.from({ length: 50 }, (_, at) => `12:00:00  event ${at} ${"of many words ".repeat(8)}`);
    const newest = typed({ ...first(served(TASKS)), events }, "3");
    const shows = (shown: Shown) => screenOf(shown, CANVAS).slice(4, -1).join("\n");
    expect(shows(newest)).toMatch(/event 41 [\s\S]*event 49 /);
    const back = typed(newest, "kkk");
    expect(shows(back)).toMatch(/event 38 [\s\S]*event 46 /);
    expect(shows(heard(back, [...events, "12:00:01  more"]))).toBe(shows(back));
    expect(shows(heard(newest, [...events, "12:00:01  more"]))).toContain("more");
    expect(shows(typed(newest, "g"))).toContain("event 0 ");
    expect(shows(typed(newest, "gG"))).toBe(shows(newest));
    expect(shows(newest)).toContain("…");
    expect(shows(typed(newest, "\r"))).not.toContain("…");
    expect(shows(typed(newest, "\r"))).toContain("event 49 ");
  });

  test("shows what is chosen also where there are more tasks than rows", () => {
    const many = Array.from({ length: 100 }, (_, at) => task(`core/a.t${at}`, "waiting"));
    const lines = screenOf(typed(first(served(many)), "G"), CANVAS);
    expect(lines.some((line) => line.startsWith("> · core/a.t99"))).toBe(true);
  });

  test("has colours only where they are wanted", () => {
    expect(screenOf(first(served(TASKS)), { ...CANVAS, colour: true }).join("")).toContain("\x1b[31m");
  });
});

describe("a key", () => {
  test("that changes something is asked for once more, and any other key is no", () => {
    const chosen = typed(first(served(TASKS)), "\x1b[B");
    const asked = press(chosen, "a");
    expect(asked).toMatchObject({
      wish: null,
      shown: { asking: { do: "steer", verb: "approve", task: "core/a.two" } },
    });
    expect(screenOf(asked.shown, CANVAS).at(-1)).toBe("Approve core/a.two? y, or any other key for no");
    expect(press(asked.shown, "y")).toMatchObject({
      wish: { do: "steer", verb: "approve", task: "core/a.two" },
      shown: { asking: null },
    });
    expect(press(asked.shown, "n")).toMatchObject({
      wish: null,
      shown: { asking: null, said: "Nothing was asked for" },
    });
    expect(press(press(chosen, "C").shown, "y").wish).toEqual({ do: "steer", verb: "cancel", task: null });
    expect(press(press(chosen, "p").shown, "y").wish).toEqual({ do: "pause" });
    const paused = first(served(TASKS, { paused: "lunch" }));
    expect(press(press(paused, "p").shown, "y").wish).toEqual({ do: "unpause" });
  });

  test("leaves, also while something is asked, and pasted keys are keys", () => {
    expect(press(first(served(TASKS)), "q").quits).toBe(true);
    expect(press(typed(first(served(TASKS)), "c"), "\x03").quits).toBe(true);
    expect(keysIn("jj\x1b[A\x1b[1;5Cq")).toEqual(["j", "j", "\x1b[A", "\x1b[1;5C", "q"]);
    expect(typed(first(served([])), "jkGgc\t\t\tx")).toMatchObject({
      at: 0,
      asking: null,
      said: "Choose a task first",
    });
  });

  test("what was chosen stays so when the list changes", () => {
    const chosen = typed(first(served(TASKS)), "2");
    const fewer = renewed(chosen, served(TASKS.slice(1)));
    expect(fewer.at).toBe(0);
    const third = typed(first(served(TASKS)), "jj");
    expect(renewed(third, served([task("core/a.zero", "waiting"), ...TASKS])).at).toBe(3);
    expect(renewed(third, served(TASKS.slice(0, 1))).at).toBe(0);
  });
});
