import { afterEach, expect, test } from "bun:test";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, git, makeRepository, type Place, startDgov, writeIn } from "./repo.ts";

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** The governor as a process that kills itself once event `seq` is in its log. */
function killedAfter(seq: number, { root, env }: Place) {
  const argv = [process.execPath, join(import.meta.dir, "crash_main.ts"), String(seq), ".dgov/plans/p"];
  const bin = Bun.env.DGOV_TEST_BIN;
  return Bun.spawn(argv, {
    cwd: root,
    env: { ...env, ...(bin ? { DGOV_TEST_BIN: bin } : {}) },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 120_000,
  });
}

/** Waits for a process. @returns all there is to tell about its end */
async function endOf(run: Bun.Subprocess<"ignore", "pipe" | "ignore", "pipe">) {
  const [exit, said] = await Promise.all([run.exited, new Response(run.stderr).text()]);
  return { exit, signal: run.signalCode, said };
}

/** A plan of one task that makes a file. */
function makesAFile(): Place {
  const turns = [
    { calls: [{ tool: "write_file", args: { path: "src/new.txt", content: "new\n" } }] },
    { calls: [{ tool: "done", args: { summary: "It is done" } }] },
  ];
  const none = ["test", "lint", "lint_fix", "format", "format_check"].map((name) => `${name}_cmd = ""\n`);
  const made = makeRepository({
    "src/a.txt": "alpha\n",
    ".dgov/.gitignore": "state.db*\nout/\nruntime/\nplans/*/_compiled.toml\n",
    ".dgov/project.toml": `[project]\nprovider = "scripted"\n${none.join("")}`,
    ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nsections = ["tasks"]\n',
    ".dgov/plans/p/tasks/main.toml":
      '[tasks.a]\nsummary = "Do it"\nprompt = "Orient\\nEdit\\nVerify"\nfiles.create = ["src/new.txt"]\n',
    ".dgov/plans/p/script.json": JSON.stringify({ version: 1, tasks: {}, default: { turns } }),
  });
  open.push(made);
  return made;
}

test("a run killed right after the branch moved, before it could say so, goes on though the file is there", async () => {
  const whole = makesAFile();
  expect(dgov(whole, "run", ".dgov/plans/p").status).toBe(0);
  const seq = 1 + eventsOf(whole).findIndex(({ kind }) => kind === "landing_started");
  const killed = makesAFile();
  expect(await endOf(killedAfter(seq, killed))).toMatchObject({ signal: "SIGKILL" });
  const begun = eventsOf(killed).at(-1);
  if (begun?.kind !== "landing_started") throw new Error(`It was killed after "${begun?.kind}"`);
  git(killed, "merge", "-q", "--ff-only", begun.commit);
  expect(dgov(killed, "run", ".dgov/plans/p")).toMatchObject({ status: 0 });
  expect(git(killed, "rev-list", "--count", "main").trim()).toBe("2");
}, 60_000);

/** Puts a `git` before the real one that does `first` when its words are like `words`, and says nothing to a reader who is gone. */
function gitThat(words: string, first: string, { folder, env }: Place, name: string): Record<string, string> {
  const real = Bun.which("git");
  const quiet = `${real} "$@" >"$0.$$" 2>/dev/null; status=$?; cat "$0.$$"; exit $status`;
  writeIn(folder, `${name}/git`, `#!/bin/sh\ncase " $* " in ${words}) ${first}; ${quiet};; esac\nexec ${real} "$@"\n`);
  chmodSync(join(folder, name, "git"), 0o755);
  return { ...env, PATH: `${join(folder, name)}:${env.PATH}` };
}

test("what git still does for a run that was killed is waited for, and not taken for a person's changes", async () => {
  const place = makesAFile();
  const at = (name: string) => join(place.folder, name);
  const until = (condition: string) =>
    `tries=0; until ${condition} || [ $tries -gt 600 ]; do tries=$((tries+1)); sleep 0.05; done`;
  const held = `touch ${at("begun")}; ${until(`[ -e ${at("go")} ]`)}; trap 'touch ${at("ended")}' EXIT`;
  const slow = gitThat('*" update-ref --create-reflog "*', held, place, "slow");
  const first = startDgov({ ...place, env: slow }, "run", ".dgov/plans/p");
  for (let tries = 0; tries < 1_500 && !existsSync(at("begun")); tries++) await Bun.sleep(20);
  first.kill("SIGKILL");
  await first.exited;
  // The next run must not have looked for a landing and then see the branch move: its own look lets the other git go.
  const look = `touch ${at("go")}; ${until(`[ -e ${at("ended")} ]`)}`;
  const next = startDgov({ ...place, env: gitThat('*" status "*', look, place, "next") }, "run", ".dgov/plans/p");
  const timer = setTimeout(() => writeIn(place.folder, "go", ""), 1_000);
  const [status, said] = await Promise.all([next.exited, new Response(next.stderr).text()]);
  clearTimeout(timer);
  expect({ status, said }).toMatchObject({ status: 0 });
  expect(existsSync(at("ended"))).toBe(true);
  expect(git(place, "rev-list", "--count", "main").trim()).toBe("2");
  expect(git(place, "status", "--porcelain")).toBe("");
}, 90_000);
