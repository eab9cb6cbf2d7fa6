import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, git, type Place, readIn, startDgov, writeIn } from "./repo.ts";
import { bash, done, edit, layTasks } from "./scripted.ts";

// What the person does to their repository while a run is at work, and the repositories that people have. Nothing of
// theirs is undone, the work is not lost, and what the log says has landed is where it says.

setDefaultTimeout(60_000);

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const WORK = [edit("src/a.txt", "alpha", "omega"), bash("until test -e LAB/go; do sleep 0.02; done"), done];
// Where the person's sign is looked for: a worker reads nothing beside its worktree otherwise.
const READ = '[sandbox]\nread = ["LAB"]\n';

function lay(name = "repo", files: Record<string, string> = {}, calls = WORK): Place {
  const place = layTasks({ a: { attempts: [calls] } }, { name, files, tables: calls === WORK ? READ : "" });
  open.push(place);
  const signs = join(place.folder, "signs");
  mkdirSync(signs);
  for (const path of [".dgov/plans/p/script.json", ".dgov/project.toml"])
    writeIn(place.root, path, readIn(place, path).replaceAll("LAB", signs));
  commitAll(place, "second");
  return place;
}

/** Starts a run, lets the person act while its worker is at work, and waits for the end. */
async function during(place: Place, act: () => void): Promise<{ status: number; said: string }> {
  const run = startDgov(place, "run", ".dgov/plans/p");
  const said = Promise.all([new Response(run.stderr).text(), new Response(run.stdout).text()]);
  for (let tries = 0; tries < 2_000 && !eventsIn(place).includes("tool_called"); tries++) await Bun.sleep(20);
  act();
  writeFileSync(join(place.folder, "signs/go"), "");
  return { status: await run.exited, said: (await said).join("") };
}

/** Kinds of the events so far; none while the log is being made. */
function eventsIn(place: Place): string[] {
  try {
    return eventsOf(place).map(({ kind }) => kind);
  } catch {
    return [];
  }
}

const again = (place: Place) => dgov(place, "run", ".dgov/plans/p");
const landings = (place: Place) => eventsIn(place).filter((kind) => kind === "task_landed").length;
const onMain = (place: Place, path = "src/a.txt") => git(place, "show", `main:${path}`);
const status = (place: Place) => git(place, "status", "--porcelain");

type Move = { name: string; act: (place: Place) => void; left?: string };

// In all of these the work lands on main at once; `left`: what git status says afterwards.
const MOVES: Move[] = [
  { name: "puts the branch back", act: (place) => git(place, "reset", "-q", "--hard", "HEAD~1") },
  {
    name: "amends the last commit",
    act: (place) => {
      writeIn(place.root, "src/b.txt", "beta, amended\n");
      git(place, "commit", "-qa", "--amend", "-m", "amended");
    },
  },
  {
    name: "begins the history anew",
    act: (place) => git(place, "reset", "-q", "--hard", git(place, "commit-tree", "HEAD^{tree}", "-m", "root").trim()),
  },
  {
    name: "stages another file and leaves a new one",
    left: "M  src/b.txt\n?? new.txt\n",
    act: (place) => {
      writeIn(place.root, "src/b.txt", "beta, mine\n");
      git(place, "add", "src/b.txt");
      writeIn(place.root, "new.txt", "mine\n");
    },
  },
  { name: "checks out another branch", act: (place) => git(place, "checkout", "-q", "-b", "other") },
  { name: "detaches HEAD", act: (place) => git(place, "checkout", "-q", "--detach") },
  {
    name: "collects garbage",
    act: (place) => {
      git(place, "reflog", "expire", "--expire=now", "--all");
      git(place, "gc", "-q", "--prune=now");
    },
  },
  {
    name: "prunes worktrees and packs refs",
    act: (place) => git(place, "worktree", "prune", "--expire=now") + git(place, "pack-refs", "--all"),
  },
  {
    name: "breaks the plan",
    left: " M .dgov/plans/p/tasks/main.toml\n",
    act: (place) => writeIn(place.root, ".dgov/plans/p/tasks/main.toml", "no TOML ["),
  },
  {
    name: "removes the worktrees",
    act: (place) => rmSync(join(place.folder, ".dgov-worktrees-repo"), { recursive: true }),
  },
];

test.each(MOVES)("the person $name", async ({ act, left = "" }) => {
  const place = lay();
  const ran = await during(place, () => act(place));
  expect(ran).toMatchObject({ status: 0 });
  expect(onMain(place)).toBe("omega\n");
  expect(landings(place)).toBe(1);
  expect(status(place)).toBe(left);
  expect(Bun.spawnSync(["git", "fsck", "--no-dangling"], { cwd: place.root, env: place.env }).exitCode).toBe(0);
});

test("the person holds the index, and the work that waits is not done again", async () => {
  const place = lay();
  const lock = join(place.root, ".git/index.lock");
  expect(await during(place, () => writeFileSync(lock, ""))).toMatchObject({ status: 0 });
  expect(onMain(place)).toBe("alpha\n");
  rmSync(lock);
  const second = again(place);
  expect(second).toMatchObject({ status: 0 });
  expect(second.stdout).toContain("git merge --ff-only refs/dgov/pending/main");
  expect(landings(place)).toBe(1);
  git(place, "merge", "-q", "--ff-only", "refs/dgov/pending/main");
  expect(readIn(place, "src/a.txt")).toBe("omega\n");
});

test("the person renames the branch: the work is kept, and the next run begins anew where it is", async () => {
  const place = lay();
  const ran = await during(place, () => git(place, "branch", "-m", "main", "trunk"));
  expect(ran.status).toBe(4);
  expect(ran.said).toContain('Cannot land on "refs/heads/main"');
  expect(git(place, "for-each-ref", "refs/dgov/attempts")).toContain("tasks/main.a/1");
  expect(again(place)).toMatchObject({ status: 0 });
  expect(git(place, "show", "trunk:src/a.txt")).toBe("omega\n");
  const targets = eventsOf(place).flatMap((event) => (event.kind === "run_started" ? [event.target] : []));
  expect(targets).toEqual(["refs/heads/main", "refs/heads/trunk"]);
});

test("the person has the branch in a linked worktree, which is brought along", async () => {
  const place = lay();
  const linked = join(place.folder, "linked");
  await during(place, () => {
    git(place, "checkout", "-q", "--detach");
    git(place, "worktree", "add", "-q", linked, "main");
  });
  expect(readIn({ root: linked }, "src/a.txt")).toBe("omega\n");
  expect(git({ root: linked, env: place.env }, "status", "--porcelain")).toBe("");
});

const QUICK = [edit("src/a.txt", "alpha", "omega"), bash("ls src"), done];

/** How a repository is made from the plain one; what it gives is where the run is started. */
type Kind = {
  name: string;
  folder?: string;
  files?: Record<string, string>;
  change?: (place: Place) => Place | undefined;
};

const KINDS: Kind[] = [
  ...["a b", 'it\'s "so"', "ünïcode", "new\nline", "-dash", "$HOME`x`", "back\\slash"].map((folder) => ({
    name: `at ${JSON.stringify(folder)}`,
    folder,
  })),
  {
    name: "with sha256 objects",
    change: (place) => {
      rmSync(join(place.root, ".git"), { recursive: true });
      git(place, "init", "-q", "-b", "main", "--object-format=sha256");
      commitAll(place, "base");
      return undefined;
    },
  },
  {
    name: "whose git folder is elsewhere",
    change: (place) => void git(place, "init", "-q", "--separate-git-dir", join(place.folder, "elsewhere")),
  },
  {
    name: "reached by a link",
    change: (place) => {
      symlinkSync(place.root, join(place.folder, "link"));
      return { ...place, root: join(place.folder, "link") };
    },
  },
  { name: "with names that differ by case", files: { "src/A.txt": "upper\n" } },
  {
    name: "with a filter like that of LFS",
    files: { ".gitattributes": "*.bin filter=big -text\n", "x.bin": "pointer\n" },
    change: (place) => {
      const ran = join(place.folder, "ran");
      git(place, "config", "filter.big.smudge", `sh -c 'touch ${ran}; cat'`);
      git(place, "config", "filter.big.clean", "cat"); // git itself asks for it when a file is as young as the index
      return void git(place, "config", "filter.big.required", "true");
    },
  },
  {
    name: "with a submodule",
    change: (place) => {
      const other = lay("sub");
      git(place, "-c", "protocol.file.allow=always", "submodule", "add", "-q", other.root, "sub");
      return void commitAll(place, "a submodule");
    },
  },
  { name: "checked out in part", change: (place) => void git(place, "sparse-checkout", "set", "src", ".dgov") },
  {
    name: "with hooks that refuse everything",
    change: (place) => {
      const hooks = join(place.root, ".git/hooks");
      mkdirSync(hooks, { recursive: true });
      for (const name of ["pre-commit", "post-checkout", "reference-transaction", "post-merge"])
        writeFileSync(join(hooks, name), `#!/bin/sh\ntouch ${place.folder}/ran\nexit 1\n`, { mode: 0o755 });
      return undefined;
    },
  },
];

test.each(KINDS)("a repository $name", ({ folder, files, change }) => {
  const plain = lay(folder, files, QUICK);
  const place = change?.(plain) ?? plain;
  expect(again(place)).toMatchObject({ status: 0 });
  expect(readIn(place, "src/a.txt")).toBe("omega\n");
  expect(onMain(place)).toBe("omega\n");
  expect(status(place)).toBe("");
  expect(Bun.file(join(plain.folder, "ran")).size).toBe(0);
});

test("a person whose git turns line ends around gets theirs, and the repository keeps its own", () => {
  const place = lay("repo", {}, QUICK);
  writeFileSync(join(place.env.HOME ?? "", ".gitconfig"), "[core]\n autocrlf = true\n");
  rmSync(join(place.root, "src/a.txt"));
  git(place, "checkout", "--", "src/a.txt");
  expect(again(place)).toMatchObject({ status: 0 });
  expect(readIn(place, "src/a.txt")).toBe("omega\r\n");
  expect(onMain(place)).toBe("omega\n");
  expect(status(place)).toBe("");
});
