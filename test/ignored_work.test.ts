import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, eventsOf, type Place } from "./repo.ts";
import { bash, type Call, done, layTasks } from "./scripted.ts";

// Work that git ignores is no work, and the worker must hear that it was its own: not what the setup had made before it.

setDefaultTimeout(120_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const SETUP = "mkdir -p node_modules/left-pad && echo x > node_modules/left-pad/index.js && echo y > setup.log";

/** What a worker is told whose calls are these, on a base that ignores `node_modules/`, `*.log` and `out/`. */
function told(calls: readonly Call[], setup_cmd: string): string[] {
  const claims = 'files.edit = ["src/a.txt"]\nfiles.create = ["out/"]';
  const tables = "[limits]\nretries = 0\nsettlement_retries = 0\n";
  const files = { ".gitignore": "node_modules/\n*.log\nout/\n" };
  const place = layTasks({ one: { claims, attempts: [calls] } }, { project: { setup_cmd }, tables, files });
  open.push(place);
  expect(dgov(place, "run", ".dgov/plans/p").status).not.toBe(0);
  return eventsOf(place).flatMap((event) =>
    event.kind === "candidate_rejected" ? event.findings.map(({ code, message }) => `${code}: ${message}`) : [],
  );
}

test.each<[what: string, calls: readonly Call[], setup: string, says: string]>([
  ["nothing", [done], SETUP, "empty_diff: The worker said done, and nothing has changed"],
  ["nothing, without a setup", [done], "", "empty_diff: The worker said done, and nothing has changed"],
  [
    "what is ignored",
    [bash("mkdir -p out && echo x > out/x.txt"), done],
    SETUP,
    'ignored_by_git: Nothing has changed but what git ignores: "out/"',
  ],
  [
    "what is ignored, without a setup",
    [bash("mkdir -p out && echo x > out/x.txt"), done],
    "",
    'ignored_by_git: Nothing has changed but what git ignores: "out/"',
  ],
])("a worker that has made %s is told so", (_, calls, setup, says) => {
  expect(told(calls, setup)).toEqual([says]);
});
