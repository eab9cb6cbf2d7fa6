import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DGOV, dgov, eventsOf, git, type Place, startDgov } from "./repo.ts";
import { bash, done, edit, layTasks, newMark, type Played, processesWith, untilRunning, write } from "./scripted.ts";

setDefaultTimeout(300_000); // a run each, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const WORK: Played = { attempts: [[edit("src/a.txt", "alpha", "new"), done]] };

function lay(
  hooks: Readonly<Record<string, string>>,
  more: { tasks?: Record<string, Played>; tables?: string } = {},
): Place {
  const { tasks = { a: WORK }, tables = "" } = more;
  const table = Object.entries(hooks).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const place = layTasks(tasks, { tables: `[limits]\nretries = 0\n${tables}[hooks]\n${table.join("\n")}\n` });
  open.push(place);
  return place;
}

const home = (place: Place, name: string) => join(place.env.HOME ?? "", name);
const saidIn = (place: Place, name: string) =>
  existsSync(home(place, name)) ? readFileSync(home(place, name), "utf8") : "";
const isApproved = (place: Place) => JSON.parse(dgov(place, "hooks", "list", "--json").stdout).state === "approved";

/** A run on a terminal of its own, which is answered with these keys once it asks. */
async function answering(place: Place, keys: string) {
  const shown = { all: "" };
  const hear = (bytes: Uint8Array) => {
    shown.all += new TextDecoder().decode(bytes);
  };
  const child = Bun.spawn([...DGOV, "run", "p"], {
    cwd: place.root,
    env: { ...place.env, TERM: "xterm", LANG: "C.UTF-8" },
    terminal: { cols: 100, rows: 30, data: (_, bytes) => hear(bytes) },
  });
  for (let tries = 0; tries < 1200 && !shown.all.includes("outside of the jail?"); tries++) await Bun.sleep(50);
  expect(shown.all).toContain("Let these commands run outside of the jail?");
  expect(shown.all).toContain('echo of-mine >> "$HOME/said"');
  expect(saidIn(place, "said")).toBe("");
  child.terminal?.write(keys);
  return { status: await child.exited, shown: shown.all };
}

test.each([
  ["y", "y", 0, true],
  ["Return, which is no", "\r", 4, false],
  ["n", "n", 4, false],
  ["Ctrl-C", "\x03", 130, false],
])(
  "on a terminal a run shows hooks that nobody has approved of, and %s is heard",
  async (_, keys, wanted, approved) => {
    const place = lay({ pre_task: 'echo of-mine >> "$HOME/said"' });
    const { status, shown } = await answering(place, keys);
    expect({ status, shown }).toMatchObject({ status: wanted });
    expect([isApproved(place), saidIn(place, "said")]).toEqual([approved, approved ? "of-mine\n" : ""]);
    expect(eventsOf(place).length > 0).toBe(approved);
    if (wanted === 4) expect(shown).toContain("nobody has approved of them");
  },
);

/** Children, and one that will not hear of it. */
const tree = (mark: string) =>
  `(sleep ${mark}1 & sleep ${mark}2) & (trap '' TERM INT; sleep ${mark}3) & sleep ${mark}4; sleep ${mark}5`;

const HANGING = ["pre_worktree", "pre_task", "post_task", "pre_gate", "post_landing"];
const ENDS: [string, NodeJS.Signals[], number][] = [
  ["SIGTERM", ["SIGTERM"], 130],
  ["Ctrl-C twice", ["SIGINT", "SIGINT"], 130],
  ["SIGKILL", ["SIGKILL"], 137],
];
test.each(HANGING.flatMap((hook, at) => ENDS.slice(at % 3, (at % 3) + 1).map((end) => [hook, ...end] as const)))(
  "a %s that hangs is ended with its tree by %s, and the next run goes on",
  async (hook, _, signals, status) => {
    const mark = newMark();
    const place = lay({ [hook]: `test -e "$HOME/go" || { ${tree(mark)}; }` });
    expect(dgov(place, "hooks", "approve").status).toBe(0);
    const run = startDgov(place, "run", "p");
    await untilRunning(`sleep ${mark}4`);
    for (const signal of signals) run.kill(signal);
    expect(await Promise.race([run.exited, Bun.sleep(60_000)])).toBe(status);
    for (let tries = 0; tries < 250 && processesWith(mark).length > 0; tries++) await Bun.sleep(20);
    expect(processesWith(mark)).toEqual([]);
    writeFileSync(home(place, "go"), "");
    expect(dgov(place, "run", "p")).toMatchObject({ status: 0 });
    expect(git(place, "show", "main:src/a.txt")).toBe("new\n");
    expect(eventsOf(place).filter(({ kind }) => kind === "task_landed")).toHaveLength(1);
  },
);

test("what is judged as a batch is asked once, with its first task, and each landing is told", () => {
  const slugs = ["a", "b", "c"];
  const waiting = bash(`until [ "$(git worktree list | wc -l)" -gt ${slugs.length} ]; do sleep 0.1; done`); // all are at work
  const tasks = slugs.map((slug): [string, Played] => {
    const path = `src/${slug}_new.txt`;
    return [slug, { claims: `files.create = ["${path}"]`, attempts: [[waiting, write(path, "1\n"), done]] }];
  });
  const note = 'echo "$DGOV_HOOK $DGOV_TASK" >> "$HOME/said"';
  const hooks = { pre_gate: `sleep 2; ${note}`, post_gate: note, pre_landing: note, post_landing: note };
  const place = lay(hooks, { tasks: Object.fromEntries(tasks), tables: "[settlement]\nbatch = 8\n" });
  expect(dgov(place, "hooks", "approve").status).toBe(0);
  expect(dgov(place, "run", "p", "--jobs", "3")).toMatchObject({ status: 0 });
  const events = eventsOf(place);
  const batches = events.flatMap((event) => (event.kind === "batch_judged" ? [event] : []));
  expect(batches.length).toBeGreaterThan(0);
  const together = batches.flatMap(({ tasks: all }) => all.map(({ task }) => String(task)));
  const said = saidIn(place, "said").trim().split("\n");
  const asked = (hook: string) =>
    said.filter((line) => line.startsWith(`${hook} `)).map((line) => line.split(" ")[1] ?? "");
  const alone = slugs.map((slug) => `tasks/main.${slug}`).filter((id) => !together.includes(id));
  const first = batches.map(({ tasks: [one] }) => String(one?.task));
  for (const hook of ["pre_gate", "post_gate", "pre_landing"])
    expect([hook, ...asked(hook).toSorted()]).toEqual([hook, ...[...alone, ...first].toSorted()]);
  expect(asked("post_landing").toSorted()).toEqual(slugs.map((slug) => `tasks/main.${slug}`));
  for (const batch of batches)
    expect(batch.gates.filter(({ gate }) => gate === "lifecycle").map(({ verdict }) => verdict)).toEqual([
      "pass",
      "pass",
    ]);
});

test("a batch whose hook refuses lands nothing", () => {
  const tasks = Object.fromEntries(
    ["a", "b"].map((slug): [string, Played] => [
      slug,
      {
        claims: `files.create = ["src/${slug}_new.txt"]`,
        attempts: [
          [
            bash('until [ "$(git worktree list | wc -l)" -gt 2 ]; do sleep 0.1; done'),
            write(`src/${slug}_new.txt`, "1\n"),
            done,
          ],
        ],
      },
    ]),
  );
  const place = lay(
    { pre_landing: "sleep 2; exit 1" },
    { tasks, tables: "settlement_retries = 0\n[settlement]\nbatch = 8\n" },
  );
  expect(dgov(place, "hooks", "approve").status).toBe(0);
  const before = git(place, "rev-parse", "main");
  expect(dgov(place, "run", "p", "--jobs", "2").status).toBe(1);
  expect(git(place, "rev-parse", "main")).toBe(before);
});

test("bench refuses a project with hooks: nobody has approved of them in a repository of its own", () => {
  const place = lay({ pre_task: 'echo of-mine >> "$HOME/said"' }, { tables: "[profiles.fine]\n" });
  expect(dgov(place, "hooks", "approve").status).toBe(0);
  const before = readdirSync(home(place, ".local/state/dgov/hooks"));
  const { status, stdout } = dgov(place, "bench", "p", "--profiles", "fine", "--json");
  const { rows } = JSON.parse(stdout).summary;
  expect(rows).toMatchObject([{ profile: "fine", outcome: "refused", error: { code: "hooks_unapproved" } }]);
  expect([status, saidIn(place, "said"), eventsOf(place).length]).toEqual([1, "", 0]);
  expect(readdirSync(home(place, ".local/state/dgov/hooks"))).toEqual(before);
});
