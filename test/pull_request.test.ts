import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, git, type Place } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000);
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** A plan of which one task lands and, with `fails`, another does nothing; its remote is a bare repository beside it. */
function ran({ fails = false, remote = true } = {}): Place {
  const place = layTasks({
    good: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] },
    ...(fails ? { idle: { attempts: [[done], [done]], claims: 'files.edit = ["src/b.txt"]' } } : {}),
  });
  open.push(place);
  if (remote) {
    git(place, "init", "-q", "--bare", "-b", "main", join(place.folder, "hub.git"));
    git(place, "remote", "add", "origin", join(place.folder, "hub.git"));
    git(place, "push", "-q", "origin", "main");
  }
  expect(dgov(place, "run", "p").status).toBe(fails ? 1 : 0);
  return place;
}

const json = (place: Place, ...args: string[]) => JSON.parse(dgov(place, "pr", ...args, "--json").stdout);

test("I8 a pull request has a branch of what landed, and a body with the verdicts, and nothing leaves the machine", () => {
  const place = ran();
  const before = git(place, "for-each-ref");
  const dry = json(place, "--dry-run");
  expect(dry).toMatchObject({
    branch: "dgov/p",
    base: "main",
    remote: "origin",
    draft: false,
    done: [],
    title: "feat: completed tasks/main.good",
  });
  expect(git(place, "for-each-ref")).toBe(before);
  expect(existsSync(join(place.root, dry.body_file))).toBe(false);
  const made = json(place);
  expect(made).toMatchObject({ head: git(place, "rev-parse", "HEAD").trim(), done: ["branch", "body"] });
  expect(git(place, "rev-parse", "dgov/p").trim()).toBe(made.head);
  const body = readFileSync(join(place.root, made.body_file), "utf8");
  expect(body).toContain("1 of 1 tasks landed");
  expect(body).toMatch(/\| `tasks\/main\.good` \| deployed \| `[0-9a-f]{12}` \| \d+ passed \|/);
  expect(body).not.toContain("**");
  expect(made.commands[0].slice(0, 2)).toEqual(["git", "push"]);
  expect(git(place, "ls-remote", "origin")).not.toContain("dgov/p");
  expect(dgov(place, "pr").stdout).toContain("gh pr create --base main --head dgov/p");
});

test("I8 what is asked to be pushed and opened is, as a draft where not all has landed", () => {
  const place = ran({ fails: true });
  const bin = join(place.folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "gh"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${join(place.folder, "asked")}\n`);
  chmodSync(join(bin, "gh"), 0o755);
  place.env.PATH = `${bin}:${place.env.PATH}`;
  const made = json(place, "--open");
  expect(made).toMatchObject({ draft: true, done: ["branch", "body", "push", "open"], commands: [] });
  expect(made.body).toContain("**The run is partial: not all of its plan is in here.**");
  expect(git(place, "ls-remote", "origin")).toContain(`${made.head}\trefs/heads/dgov/p`);
  const asked = readFileSync(join(place.folder, "asked"), "utf8").split("\n");
  expect(asked).toEqual(expect.arrayContaining(["--draft", "--base", "main", "--head", "dgov/p"]));
});

test("I8 a push that is refused, and a gh that is not there, are told and nothing is half said", () => {
  const place = ran();
  git(place, "remote", "set-url", "origin", join(place.folder, "nowhere.git"));
  expect(json(place, "--push")).toMatchObject({
    error: { code: "pull_request_refused", message: expect.stringContaining("git push") },
  });
  git(place, "remote", "set-url", "origin", join(place.folder, "hub.git"));
  place.env.PATH = place.env
    .PATH!.split(":")
    .filter((folder) => !existsSync(join(folder, "gh")))
    .join(":");
  expect(dgov(place, "pr", "--open")).toMatchObject({
    status: 5,
    stderr: expect.stringContaining('Cannot start "gh"'),
  });
});

test("I8 refused are a run that landed nothing, a branch with commits of its own, and the branch it merges into", () => {
  const place = ran({ remote: false });
  const refused = { error: { code: "pull_request_refused" } };
  expect(json(place, "--branch", "main")).toMatchObject(refused);
  expect(json(place, "--branch", "a..b")).toMatchObject(refused);
  git(place, "switch", "-q", "-c", "dgov/p");
  commitAll(place, "somebody's");
  git(place, "switch", "-q", "main");
  expect(json(place)).toMatchObject(refused);
  expect(json(place, "--branch", "other")).toMatchObject({ remote: null, commands: [], done: ["branch", "body"] });
  expect(git(place, "log", "-1", "--format=%s", "dgov/p").trim()).toBe("somebody's");
  const empty = layTasks({ idle: { attempts: [[done], [done]] } });
  open.push(empty);
  dgov(empty, "run", "p");
  expect(json(empty)).toMatchObject(refused);
});
