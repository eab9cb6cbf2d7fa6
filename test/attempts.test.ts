import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EventOf } from "../packages/kernel/src/index.ts";
import { dgov, eventsOf, git, type Place, readIn, startDgov, writeIn } from "./repo.ts";
import { bash, done, edit, layTasks, newMark, untilRunning } from "./scripted.ts";

setDefaultTimeout(180_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

function lay(...asked: Parameters<typeof layTasks>): Place {
  const place = layTasks(...asked);
  open.push(place);
  return place;
}

const kindOf = <Kind extends EventOf<"run_ended">["kind"] | "task_dispatched" | "attempt_failed" | "tool_called">(
  place: Place,
  kind: Kind,
) => eventsOf(place).filter((event): event is EventOf<Kind> => event.kind === kind);

const change = edit("src/a.txt", "alpha", "omega");

test("C3 an attempt has a worktree of its own beside the repository, and the checkout, its index and its stash are left alone", async () => {
  const mark = newMark();
  const place = lay({ a: { attempts: [[change, bash(`sleep ${mark}`)]] } });
  writeIn(place.root, "src/b.txt", "put away\n");
  git(place, "stash");
  const index = readFileSync(join(place.root, ".git/index"));
  const seen = () => ({
    head: git(place, "rev-parse", "HEAD"),
    stash: git(place, "stash", "list", "--format=%H %s"),
    files: ["src/a.txt", "src/b.txt"].map((path) => readIn(place, path)),
  });
  const before = seen();
  const run = startDgov(place, "run", "p");
  await untilRunning(`sleep ${mark}`);
  const [, own] = git(place, "worktree", "list", "--porcelain")
    .split("\n\n")
    .map((text) => text.split("\n"));
  const worktree = own?.[0]?.replace("worktree ", "") ?? "";
  expect(own?.slice(1, 3)).toEqual([`HEAD ${before.head.trim()}`, "detached"]);
  expect(worktree.startsWith(`${place.root}/`)).toBe(false);
  expect(readFileSync(join(worktree, "src/a.txt"), "utf8")).toBe("omega\n");
  // Above it there is no repository that a program could take for its own.
  const above = Bun.spawnSync(["git", "rev-parse", "--show-toplevel"], { cwd: dirname(worktree), env: place.env });
  expect(above.exitCode).toBe(128);
  run.kill("SIGTERM");
  expect(await run.exited).toBe(130);
  expect(seen()).toEqual(before);
  expect(readFileSync(join(place.root, ".git/index"))).toEqual(index);
});

test("C9 who is out of turns says so, and what it did by then is kept", () => {
  const turns = [change, bash("true"), bash("true"), bash("true")];
  const claims = 'files.edit = ["src/a.txt"]\nmax_fork_depth = 0\niteration_budget = 3';
  const place = lay({ a: { claims, attempts: [turns] } }, { tables: "[limits]\nretries = 0\n" });
  expect(dgov(place, "run", "p").status).toBe(1);
  const [failed, ...more] = kindOf(place, "attempt_failed");
  expect({ more, failed }).toMatchObject({ more: [], failed: { attempt: 1, cause: "turns" } });
  expect(git(place, "show", `${failed?.kept}:src/a.txt`)).toBe("omega\n");
  expect(readIn(place, "src/a.txt")).toBe("alpha\n");
});

test("C17 hooks, signing and filters of the repository have no part in a run", () => {
  const place = lay({ a: { attempts: [[change, done]] } }, { files: { ".gitattributes": "*.txt filter=loud\n" } });
  const ran = join(place.folder, "ran");
  const program = join(place.folder, "program");
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${ran}\nexit 1\n`);
  chmodSync(program, 0o755);
  for (const hook of [
    "pre-commit",
    "commit-msg",
    "post-checkout",
    "post-commit",
    "reference-transaction",
    "post-merge",
    "post-index-change",
  ])
    writeFileSync(join(place.root, ".git/hooks", hook), readFileSync(program), { mode: 0o755 });
  for (const [key, value] of [
    ["commit.gpgSign", "true"],
    ["gpg.program", program],
    ["filter.loud.smudge", program],
    ["filter.loud.clean", program],
    ["filter.loud.required", "true"],
    ["core.fsmonitor", program],
  ] as const)
    Bun.spawnSync(["git", "config", key, value], { cwd: place.root, env: place.env });
  const { status, stderr } = dgov(place, "run", "p");
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(readdirSync(place.folder)).not.toContain("ran");
  const landed = Bun.spawnSync(["git", "cat-file", "-p", "HEAD:src/a.txt"], { cwd: place.root, env: place.env });
  expect(landed.stdout.toString()).toBe("omega\n");
});

test("C7 a write outside of the claim is refused at the call, and the log says by which rule", () => {
  const place = lay({ a: { attempts: [[edit("src/b.txt", "beta", "gamma"), change, done]] } });
  expect(dgov(place, "run", "p").status).toBe(0);
  const [refused, allowed] = kindOf(place, "tool_called");
  expect(refused).toMatchObject({ tool: "edit_file", ok: false, refused_by: "claim", touched: [] });
  expect(allowed).toMatchObject({ ok: true, refused_by: null, touched: ["src/a.txt"] });
  expect(["src/a.txt", "src/b.txt"].map((path) => readIn(place, path))).toEqual(["omega\n", "beta\n"]);
  expect(existsSync(join(place.root, ".git/dgov.lock"))).toBe(false);
});
