import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { DGOV, dgov, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000);
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** One task has landed, one has failed. */
function ran(): Place {
  const place = layTasks({
    good: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] },
    idle: { attempts: [[done], [done]], claims: 'files.edit = ["src/b.txt"]' },
  });
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(1);
  return place;
}

/** Starts it on a terminal of its own, and waits until that shows what is looked for. */
function onTerminal(place: Place) {
  const shown = { all: "" };
  const hear = (bytes: Uint8Array) => {
    shown.all += new TextDecoder().decode(bytes);
  };
  const child = Bun.spawn([...DGOV, "tui"], {
    cwd: place.root,
    env: { ...place.env, TERM: "xterm", LANG: "C.UTF-8" },
    terminal: { cols: 80, rows: 12, data: (_, bytes) => hear(bytes) },
  });
  const until = async (text: string) => {
    for (let tries = 0; tries < 2400 && !shown.all.includes(text); tries++) await Bun.sleep(50);
    expect(shown.all).toContain(text);
  };
  return { child, shown, until, type: (keys: string) => void child.terminal?.write(keys) };
}

test("without a terminal the screen is printed once, and --json is what it is made of", () => {
  const place = ran();
  const { status, stdout } = dgov(place, "tui");
  expect(status).toBe(0);
  expect(stdout).toContain("p > main  (partial)\n1 failed | 1 done\n");
  expect(stdout).toMatch(/^ {2}x tasks\/main\.idle {2}failed/m);
  expect(stdout).not.toContain("\x1b");
  const { tasks } = JSON.parse(dgov(place, "tui", "--json").stdout);
  expect(tasks.map(({ attention }: { attention: string }) => attention)).toEqual(["done", "failed"]);
});

test("on a terminal it takes the whole of it, asks before it changes anything, and gives it back", async () => {
  const { child, shown, until, type } = onTerminal(ran());
  await until("tasks/main.idle");
  expect(shown.all).toStartWith("\x1b[?1049h");
  type("jr");
  await until("Retry tasks/main.idle? y");
  type("y");
  await until('Cannot retry "tasks/main.idle"'); // the run is over: what is refused is told, and the screen stays
  type("3");
  await until("some tasks have landed"); // the last of the events: which of two tasks ended first is not said
  type("q");
  expect(await child.exited).toBe(0);
  expect(shown.all).toEndWith("\x1b[?1049l");
});

test("a signal gives the terminal back as well", async () => {
  const { child, shown, until } = onTerminal(ran());
  await until("tasks/main.idle");
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  expect(shown.all).toEndWith("\x1b[?1049l");
});
