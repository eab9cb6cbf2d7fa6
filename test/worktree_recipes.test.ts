import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, git, type Place, writeIn } from "./repo.ts";
import { bash, done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000);
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const IGNORES = {
  ".gitignore": ".env*\nlocal/\nsecret.txt\n",
  ".worktreeinclude": ".env.test\nlocal/**\nsecret.txt\nsrc/new.txt\nalias\n",
};

function lay(tables: string, project: Record<string, string> = {}, cmd = "true"): Place {
  const place = layTasks(
    { a: { attempts: [[bash(cmd), edit("src/a.txt", "alpha", "omega"), done]] } },
    { project, tables, files: IGNORES },
  );
  open.push(place);
  writeIn(place.root, ".env.test", "PORT=1\n");
  writeIn(place.root, ".env", "not listed\n");
  writeIn(place.root, "local/db/data.txt", "rows\n");
  writeIn(place.root, "secret.txt", `key = AKIA${"Q7Z2M4X9K1B8"}W3RT\n`);
  symlinkSync("/etc/hostname", join(place.root, "local/link"));
  return place;
}

const said = (place: Place): string =>
  eventsOf(place)
    .flatMap((event) => (event.kind === "tool_called" && event.tool === "run_bash" ? [event.text] : []))
    .join("\n");

test("what .worktreeinclude lists and git ignores is there for workers and gates, without secrets, and never lands", () => {
  const look = "cat .env.test local/db/data.txt; ls -a . local";
  const place = lay(
    "[worktree]\ninclude = true\n",
    { test_cmd: "grep -q rows local/db/data.txt && grep -q PORT .env.test" },
    look,
  );
  const { status, stderr } = dgov(place, "run", "p");
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: expect.stringContaining('Not copied into worktrees: "secret.txt": there is an AWS access key'),
  });
  expect(stderr).toContain('"local/link": it is no file');
  expect(said(place)).toContain("PORT=1\nrows\n");
  expect(said(place)).not.toMatch(/^(secret\.txt|\.env|link)$/m);
  expect(git(place, "ls-tree", "-r", "--name-only", "HEAD")).not.toMatch(/\.env|local|secret/);
});

test("without a word of the project nothing is copied, and what git does not ignore never is", () => {
  const place = lay("", {}, "ls -a . src");
  expect(dgov(place, "run", "p").status).toBe(0);
  expect(said(place)).not.toContain(".env.test");
  const other = lay("[worktree]\ninclude = true\n", {}, "ls -a . src");
  writeFileSync(join(other.root, ".git/info/exclude"), "src/new.txt\n"); // this checkout's own rule: to the others it is work
  writeIn(other.root, "src/new.txt", "would land\n");
  expect(dgov(other, "run", "p").status).toBe(0);
  expect(said(other)).not.toContain("new.txt");
});

test("packages that were fetched for one worktree are there for the next, and no candidate has a part in them", () => {
  const setup =
    'mkdir -p "$npm_config_cache"; cat "$npm_config_cache"/seen >> seen.txt 2>/dev/null; head -c 5 src/a.txt >> "$npm_config_cache"/seen; echo >> "$npm_config_cache"/seen; true';
  const tasks = {
    a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] },
    b: {
      attempts: [[bash("cat seen.txt"), edit("src/b.txt", "beta", "gamma"), done]],
      claims: 'files.edit = ["src/b.txt"]\ndepends_on = ["a"]',
    },
  };
  const place = layTasks(tasks, {
    project: { setup_cmd: setup, test_cmd: "true" },
    tables: "[worktree]\ncache = true\n",
    files: { ".gitignore": "seen.txt\n" },
  });
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(0);
  // Of the first task's worktree alone: the gates of its candidate, which says omega, have fetched as well.
  expect(said(place).trim()).toStartWith("alpha");
  expect(said(place)).not.toContain("omega");
  expect(existsSync(join(place.folder, ".dgov-worktrees-repo/cache/npm/seen"))).toBe(true);
});

test("what a trusted setup has built is there for workers and gates, and what those do to it is seen by nobody else", () => {
  const seen = '"$GOCACHE"/seen';
  const tests = { tool: "run_tests", args: {} };
  const spoil = (who: string) => `echo ${who} >> ${seen}; echo ${who} > ../cache/go/seen`;
  const tasks = {
    a: {
      attempts: [
        [bash(spoil("worker")), edit("src/a.txt", "alpha", "omega"), done],
        [bash(`cat ${seen}`), edit("src/a.txt", "omega", "gamma"), tests, done],
      ],
    },
    b: {
      attempts: [[bash(`cat ${seen}`), edit("src/b.txt", "beta", "gamma"), done]],
      claims: 'files.edit = ["src/b.txt"]\ndepends_on = ["a"]',
    },
  };
  const place = layTasks(tasks, {
    project: {
      setup_cmd: `mkdir -p "$GOCACHE"; echo set >> ${seen}; ! grep -q omega src/a.txt || { ${spoil("candidate")}; true; }`,
      lint_cmd: `grep -q set ${seen}`,
      test_cmd: `! grep -v set ${seen} && ! grep -q omega src/a.txt; is=$?; ${spoil("gate")}; exit $is`,
    },
    tables: "[worktree]\ncache = true\n",
  });
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(0);
  const judged = eventsOf(place).flatMap((event) =>
    event.kind === "gate_judged" && event.gate === "tests" ? [event.verdict] : [],
  );
  expect(judged).toEqual(["reject", "pass", "pass"]);
  expect(said(place)).toContain("set");
  expect(said(place)).not.toMatch(/^(worker|candidate|gate)$/m);
  const kept = readFileSync(join(place.folder, ".dgov-worktrees-repo/cache/go/seen"), "utf8");
  expect(kept).toBe("set\nset\n"); // of the setups before the first attempts of both tasks
});

test("what was built is there for a reviewer's seat, for the head that a complaint is compared with, and for preflight", () => {
  const approves =
    `tree=$(cat | sed -n 's/^Tree that would land: //p'); test -e "$GOCACHE"/seen && ` +
    `echo "{\\"tree\\":\\"$tree\\",\\"vote\\":\\"approve\\",\\"summary\\":\\"looked\\",\\"conditions\\":[]}" > $DGOV_ANSWER`;
  const agent = `[agents.one]\ncommand = ${JSON.stringify(["sh", "-c", approves])}\n`;
  const place = layTasks(
    { a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] } },
    {
      project: {
        setup_cmd: 'mkdir -p "$GOCACHE" && touch "$GOCACHE"/seen',
        type_check_cmd: 'test -e "$GOCACHE"/seen && echo "src/b.txt:1: as it was"; exit 1', // of the head, too
        test_cmd: 'test -e "$GOCACHE"/seen',
      },
      tables: `[worktree]\ncache = true\n[review.seats.oak]\nagent = "one"\nfamily = "oak"\n${agent}`,
    },
  );
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(0);
  writeIn(place.root, "src/b.txt", "beta, changed\n");
  git(place, "add", "src/b.txt");
  expect(dgov(place, "preflight").status).toBe(0);
  rmSync(join(place.folder, ".dgov-worktrees-repo/cache"), { recursive: true });
  writeIn(place.root, "src/b.txt", "beta, changed again\n");
  git(place, "add", "src/b.txt");
  expect(dgov(place, "preflight").status).toBe(1);
});

test("without a word of the project nothing that was built is kept", () => {
  const place = lay("", {
    setup_cmd: 'mkdir -p "$GOCACHE" && touch "$GOCACHE"/seen',
    test_cmd: '! ls "$GOCACHE"/seen',
  });
  expect(dgov(place, "run", "p").status).toBe(0);
  expect(existsSync(join(place.folder, ".dgov-worktrees-repo/cache"))).toBe(false);
});

test("each isolated process has ports of its own", () => {
  const place = layTasks({
    a: { attempts: [[bash('echo "port $DGOV_PORT"'), edit("src/a.txt", "alpha", "omega"), done]] },
    b: {
      attempts: [[bash('echo "port $DGOV_PORT"'), edit("src/b.txt", "beta", "gamma"), done]],
      claims: 'files.edit = ["src/b.txt"]',
    },
  });
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(0);
  const ports = [...said(place).matchAll(/port (\d+)/g)].map(([, port]) => Number(port));
  expect(ports.length).toBe(2);
  expect(Math.abs(ports[0]! - ports[1]!)).toBeGreaterThanOrEqual(10);
});

test("what a setup makes of the files that it reads is made once, for workers, gates and preflight, and nobody spoils it", () => {
  const stamp = '"$(cat made/stamp)"';
  const spoil = "echo spoilt > made/stamp; echo spoilt >> ../cache/setups/*/made/made/stamp; true";
  const one = (name: string, from: string) => ({
    attempts: [[bash(`echo "<$(cat made/stamp)>"; ${spoil}`), edit(`src/${name}.txt`, from, "omega"), done]],
  });
  const tasks = {
    a: one("a", "alpha"),
    b: { ...one("b", "beta"), claims: 'files.edit = ["src/b.txt"]\ndepends_on = ["a"]' },
  };
  const place = layTasks(tasks, {
    project: {
      setup_cmd: "test ! -e src && mkdir -p made && cat lock.txt /proc/sys/kernel/random/uuid > made/stamp",
      test_cmd: `test ${stamp} != spoilt && ${spoil}`,
    },
    tables: '[worktree]\nsetup_reads = ["lock.txt"]\n',
    files: { ".gitignore": "made/\n", "lock.txt": "one\n" },
  });
  open.push(place);
  expect(dgov(place, "run", "p").status).toBe(0);
  const stamps = () => [...new Set(said(place).match(/<one\n[^>]+>/g))];
  expect(said(place).match(/<one\n[^>]+>/g)).toHaveLength(2);
  expect(stamps()).toHaveLength(1);
  const kept = join(place.folder, ".dgov-worktrees-repo/cache/setups");
  const [key = ""] = readdirSync(kept);
  expect([`<${readFileSync(join(kept, key, "made/made/stamp"), "utf8").trim()}>`]).toEqual(stamps());
  const setups = () => {
    const { gates } = JSON.parse(dgov(place, "preflight", "--json").stdout);
    return gates.filter(({ gate }: { gate: string }) => gate === "setup" || gate === "tests");
  };
  writeIn(place.root, "src/c.txt", "new\n");
  git(place, "add", "src/c.txt");
  expect(setups()).toMatchObject([{ verdict: "pass", command: null }, { verdict: "pass" }]);
  expect(readdirSync(kept)).toEqual([key]);
  writeIn(place.root, "lock.txt", "two\n");
  git(place, "add", "lock.txt");
  expect(setups()).toMatchObject([{ verdict: "pass" }, { verdict: "pass" }]);
  expect(readdirSync(kept)).toHaveLength(2);
  for (const [wrong, why] of [
    ["../lock.txt", 'it has ".."'],
    ["a.py::f", "names a symbol"],
  ] as const) {
    const path = ".dgov/project.toml";
    const text = readFileSync(join(place.root, path), "utf8");
    writeFileSync(join(place.root, path), text.replace('setup_reads = ["lock.txt"]', `setup_reads = ["${wrong}"]`));
    const { status, stderr } = dgov(place, "validate", "p");
    expect([status, stderr]).toEqual([3, expect.stringContaining(why)]);
    expect(stderr).toContain("setup_reads");
    writeFileSync(join(place.root, path), text);
  }
});
