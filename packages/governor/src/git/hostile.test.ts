import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freeze, keep } from "./candidate.ts";
import { describeCommits, patchOf } from "./describe.ts";
import { createGit, type Git } from "./git.ts";
import { carryOver, integrate } from "./integrate.ts";
import { land, targetHead } from "./land.ts";
import { landingCommit } from "./landing_commit.ts";
import { lineChanges } from "./line_changes.ts";
import { dirtyPaths, inspect } from "./readiness.ts";
import { type Repository, repository, writeFiles } from "./testing/repository.ts";
import { diffTrees } from "./tree_changes.ts";
import { type Lease, openPool } from "./worktrees.ts";

// Git as the governor runs it, in repositories and worktrees that somebody has prepared: whatever the jail keeps a worker
// from writing is written here. No program of theirs runs, and the trees are what the files say.

setDefaultTimeout(120_000); // many processes each, and the machine may be busy

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

const BASE = {
  "a.txt": "1\n2\n3\n",
  "both.txt": "1\n2\n3\n4\n5\n",
  "b.txt": "1\n",
  "src/c.py": "c\n",
  ".gitignore": "*.log\n",
};
const WORK = { "a.txt": "1\n2\nthree\n", "both.txt": "1\n2\n3\n4\nfive\n", "new.py": "new\n", "b.txt": null };
const LANDED = "A new.py, D b.txt, M a.txt, M both.txt, M other.txt"; // `other.txt` has landed meanwhile

/** `program` writes the file that tells on it; `git_dir` is the shared folder, `slot` the worktree that holds the work. */
type Scene = { repo: Repository; git_dir: string; slot: Lease; program: string; outside: string };
type Trick = (scene: Scene) => unknown;

const config =
  (text: string): Trick =>
  ({ git_dir, program, outside }) =>
    appendFileSync(
      join(git_dir, "config"),
      `\n${text.replaceAll("PROGRAM", program).replaceAll("OUTSIDE", outside)}\n`,
    );
const attributes =
  (text: string): Trick =>
  ({ git_dir }) => {
    mkdirSync(join(git_dir, "info"), { recursive: true });
    writeFileSync(join(git_dir, "info/attributes"), text);
  };
const all =
  (...tricks: Trick[]): Trick =>
  async (scene) => {
    for (const trick of tricks) await trick(scene);
  };
const HOOKS =
  "pre-commit post-commit post-checkout post-merge post-index-change reference-transaction update pre-auto-gc " +
  "post-rewrite pre-merge-commit prepare-commit-msg commit-msg push-to-checkout fsmonitor-watchman sendemail-validate";
const hooks: Trick = ({ git_dir, program }) => {
  mkdirSync(join(git_dir, "hooks"), { recursive: true });
  writeFiles(
    join(git_dir, "hooks"),
    Object.fromEntries(HOOKS.split(" ").map((name) => [name, { run: `#!/bin/sh\n${program}\n` }])),
  );
};
/** Another repository with a configuration of its own, where git looks for the worktree's. */
const evil = (scene: Scene): string => {
  const folder = join(scene.outside, "evil");
  for (const name of ["objects/x", "refs/heads"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "HEAD"), "ref: refs/heads/main\n");
  writeFileSync(join(folder, "config"), `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = ${scene.program}\n`);
  return folder;
};
const FILTER = '[filter "x"]\n\tclean = PROGRAM; cat\n\tsmudge = PROGRAM; cat\n\trequired = true';

const TRICKS: Record<string, Trick> = {
  "nothing at all": () => undefined,
  "a monitor of the file system": config("[core]\n\tfsmonitor = PROGRAM"),
  "hooks of every name": hooks,
  "a folder of hooks elsewhere": all(hooks, ({ git_dir, outside }) => {
    const from = join(git_dir, "hooks");
    mkdirSync(outside, { recursive: true });
    appendFileSync(join(git_dir, "config"), `\n[core]\n\thooksPath = ${from}\n`);
  }),
  "filters by name": all(config(FILTER), attributes("* filter=x\n")),
  "a filter that is a process": all(
    config('[filter "x"]\n\tprocess = PROGRAM\n\trequired = true'),
    attributes("* filter=x\n"),
  ),
  "a filter without a name": all(
    config('[filter ""]\n\tclean = PROGRAM; cat\n\tsmudge = PROGRAM; cat'),
    attributes("* filter=\n"),
  ),
  "a filter with dots, spaces and lines in its name": all(
    config('[filter "a. b\\"c"]\n\tclean = PROGRAM; cat\n\tsmudge = PROGRAM; cat'),
    attributes('"*" filter=a.\n* filter=a.\n'),
  ),
  "filters for all files, named elsewhere": all(
    config(`${FILTER}\n[core]\n\tattributesFile = OUTSIDE/attributes`),
    ({ outside }) => {
      mkdirSync(outside, { recursive: true });
      writeFileSync(join(outside, "attributes"), "* filter=x\n");
    },
  ),
  "configuration by way of another file": all(
    config("[include]\n\tpath = OUTSIDE/more"),
    attributes("* filter=x\n"),
    (scene) => {
      mkdirSync(scene.outside, { recursive: true });
      writeFileSync(join(scene.outside, "more"), FILTER.replaceAll("PROGRAM", scene.program));
    },
  ),
  "configuration of the worktree alone": all(
    config("[extensions]\n\tworktreeConfig = true"),
    attributes("* filter=x\n"),
    ({ git_dir, program }) => {
      const text = `${FILTER.replaceAll("PROGRAM", program)}\n[core]\n\tfsmonitor = ${program}\n`;
      writeFileSync(join(git_dir, "config.worktree"), text);
      for (const name of ["s1", "s2"])
        if (existsSync(join(git_dir, "worktrees", name)))
          writeFileSync(join(git_dir, "worktrees", name, "config.worktree"), text);
    },
  ),
  "a driver for merges": all(
    config('[merge "x"]\n\tdriver = PROGRAM\n[merge]\n\tdefault = x'),
    attributes("* merge=x\n"),
  ),
  "a driver for what no attribute speaks of": config('[merge "x"]\n\tdriver = PROGRAM\n[merge]\n\tdefault = x'),
  "a merge driver without a name": all(config('[merge ""]\n\tdriver = PROGRAM'), attributes("* merge=\n")),
  "programs that show differences": all(
    config(
      '[diff]\n\texternal = PROGRAM\n[diff "x"]\n\tcommand = PROGRAM\n\ttextconv = PROGRAM\n\tcachetextconv = true',
    ),
    attributes("* diff=x\n"),
  ),
  "programs that ask, page, edit, sign and transport": config(
    "[core]\n\tpager = PROGRAM\n\teditor = PROGRAM\n\taskPass = PROGRAM\n\tsshCommand = PROGRAM\n\tgitProxy = PROGRAM\n\talternateRefsCommand = PROGRAM\n" +
      '[gpg]\n\tprogram = PROGRAM\n\tformat = openpgp\n[gpg "ssh"]\n\tprogram = PROGRAM\n\tdefaultKeyCommand = PROGRAM\n' +
      "[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n[log]\n\tshowSignature = true\n[merge]\n\tverifySignatures = true\n" +
      "[credential]\n\thelper = !PROGRAM\n[sequence]\n\teditor = PROGRAM\n[pager]\n\tlog = PROGRAM\n\tshow = PROGRAM\n\tstatus = PROGRAM\n\tdiff-tree = PROGRAM\n",
  ),
  "a repository that fetches what is missing": config(
    '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\tpromisor = true\n\turl = ext::PROGRAM\n[protocol]\n\tallow = always\n[protocol "ext"]\n\tallow = always',
  ),
  "aliases for what is asked": config(
    "[alias]\n\tread-tree = !PROGRAM\n\tupdate-index = !PROGRAM\n\tcat-file = !PROGRAM\n\tls-files = !PROGRAM\n\tdiff-tree = !PROGRAM",
  ),
  "settings that hide what changed": config(
    "[core]\n\tignoreStat = true\n\ttrustctime = false\n\tcheckStat = minimal\n\tsparseCheckout = true\n\texcludesFile = OUTSIDE/x\n\tsafecrlf = true\n\teol = crlf\n\tautocrlf = true\n" +
      "[status]\n\tshowUntrackedFiles = no\n[diff]\n\tignoreSubmodules = all\n\torderFile = OUTSIDE/none\n[feature]\n\tmanyFiles = true",
  ),
  "settings about words and colours": config(
    "[i18n]\n\tcommitEncoding = ISO-8859-1\n\tlogOutputEncoding = ISO-8859-1\n[color]\n\tui = always\n[column]\n\tui = always\n[log]\n\tdate = relative\n[format]\n\tpretty = raw\n[diff]\n\tnoprefix = true\n\tmnemonicPrefix = true\n\tsuppressBlankEmpty = true",
  ),
  "rules that ignore everything": ({ git_dir }) => {
    mkdirSync(join(git_dir, "info"), { recursive: true });
    writeFileSync(join(git_dir, "info/exclude"), "*\n");
  },
  "an index that looks away": async ({ slot }) => {
    const env = { PATH: process.env.PATH ?? "" };
    const sh = (command: string) => Bun.spawnSync(["sh", "-c", command], { cwd: slot.path, env });
    sh(
      "git update-index --assume-unchanged a.txt; git update-index --skip-worktree src/c.py; git update-index --fsmonitor",
    );
  },
  "a .git of its own": (scene) => {
    writeFileSync(join(scene.slot.path, ".git"), `gitdir: ${evil(scene)}\n`);
  },
  "a .git that is a folder": (scene) => {
    rmSync(join(scene.slot.path, ".git"));
    Bun.spawnSync(["cp", "-r", evil(scene), join(scene.slot.path, ".git")]);
  },
  "a .git that is a link": (scene) => {
    rmSync(join(scene.slot.path, ".git"));
    Bun.spawnSync(["ln", "-s", evil(scene), join(scene.slot.path, ".git")]);
  },
  "objects that stand for others": async ({ repo }) => {
    const head = await repo.user("rev-parse", "HEAD");
    const other = await repo.user("commit-tree", await repo.user("mktree"), "-m", "other");
    const blob = await repo.user("rev-parse", "HEAD:a.txt");
    writeFileSync(join(repo.folder, "x"), "replaced\n");
    await repo.user("replace", blob, await repo.user("hash-object", "-w", join(repo.folder, "x")));
    await repo.user("replace", head, other);
  },
  "work that is to be done elsewhere": config("[core]\n\tworktree = OUTSIDE"),
  "objects that are elsewhere": ({ git_dir, outside }) =>
    writeFileSync(join(git_dir, "objects/info/alternates"), `${outside}/objects\n`),
  "parents that are made up": async ({ repo, git_dir }) => {
    const head = await repo.user("rev-parse", "HEAD");
    mkdirSync(join(git_dir, "info"), { recursive: true });
    writeFileSync(join(git_dir, "info/grafts"), `${head}\n`);
  },
};

/** Everything the governor does with git to one piece of work, from the worktree to the branch. @returns what landed */
async function through(git: Git, repo: Repository, trick: Trick) {
  const base = await repo.user("rev-parse", "HEAD");
  const outside = join(repo.folder, "outside");
  const program = join(repo.folder, "program");
  writeFiles(repo.folder, { program: { run: `#!/bin/sh\necho "$0 $*" >> ${repo.folder}/pwned\n` } });
  const pool = openPool(git, { folder: join(repo.folder, "pool"), now_ms: () => 0 });
  const slot = await pool.acquire(base);
  try {
    writeFiles(slot.path, WORK);
    await repo.commit({ "other.txt": "2\n", "both.txt": "one\n2\n3\n4\n5\n" }, "meanwhile");
    mkdirSync(outside, { recursive: true });
    await trick({ repo, git_dir: join(repo.root, ".git"), slot, program, outside });
    const frozen = await freeze(slot, { base, ignores: () => false });
    const of = { run: "r", task: "t", attempt: 1, tree: frozen.tree, base, message: "m \u00e9", at_ms: 1e12 };
    const candidate = await keep(git, of);
    const head = await targetHead(git, "refs/heads/main");
    const carried = await carryOver(git, { kept: candidate, head, only: () => true });
    const merged = await integrate(git, { base, candidate, head });
    if (merged.kind !== "clean") return { merged };
    const commit = await landingCommit(
      git,
      { head, tree: merged.tree },
      { message: "m \u00e9", trailers: {}, at_ms: 1e12 },
    );
    const judged = await pool.acquire(head, { tree: merged.tree });
    const checkout = readFileSync(join(judged.path, "a.txt"), "utf8");
    writeFileSync(join(judged.path, "src/c.py"), "d\n");
    const again = await freeze(judged, { base: commit, ignores: () => false });
    judged.release();
    const landing = { target: "refs/heads/main", head, commit, message: "land", at_ms: 1e12 };
    const landed = await land(git, landing);
    const changes = (await diffTrees(git, base, commit)).map(({ kind, path }) => `${kind[0]?.toUpperCase()} ${path}`);
    const described = (await describeCommits(git, [commit])).get(commit);
    return {
      carried: carried === merged.tree,
      checkout,
      again: again.changes.map(({ path }) => path),
      landed: landed.kind,
      changes: changes.sort().join(", "),
      lines: [...(await lineChanges(git, head, commit)).keys()].sort(),
      words: described?.message,
      patch: (await patchOf(git, commit))?.includes("+three"),
      state: (await inspect(git)).kind,
      dirty: await dirtyPaths(git),
      missing: await git.objects.info(["1".repeat(40)]),
      signed: (await describeCommits(git, [await signed(repo)])).size,
      header: (await git.text(["cat-file", "commit", commit])).includes("encoding"),
      content: new TextDecoder().decode(await git.objects.content(`${commit}:a.txt`)),
    };
  } finally {
    slot.release();
    await pool.close();
  }
}

const RIGHT = {
  carried: true,
  checkout: WORK["a.txt"],
  again: ["src/c.py"],
  landed: "branch",
  changes: LANDED,
  lines: ["a.txt", "both.txt", "new.py"],
  words: "m \u00e9",
  patch: true,
  state: "ready",
  dirty: [],
  missing: [null],
  signed: 1,
  header: false,
  content: WORK["a.txt"],
};

/** The landed commit, signed by somebody. */
async function signed(repo: Repository): Promise<string> {
  const text = await repo.git.text(["cat-file", "commit", "refs/heads/main"]);
  const sign = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----\n";
  const stdin = text.replace(/\n\n/, `\n${sign}\n`);
  return repo.git.text(["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], { stdin: `${stdin}\n` });
}

async function lay() {
  const repo = await repository({ ...BASE });
  made.push(repo);
  await repo.commit({ "other.txt": "1\n" });
  return repo;
}
const pwned = ({ folder }: Repository) =>
  existsSync(join(folder, "pwned")) ? readFileSync(join(folder, "pwned"), "utf8") : "";

test.each(Object.entries(TRICKS))("C17 %s", async (name, trick) => {
  const repo = await lay();
  const { git } = repo;
  await git.text(["rev-parse", "HEAD"]); // it has begun when the trick is played
  const got = await through(git, repo, trick);
  expect(pwned(repo)).toBe("");
  const conflict = { merged: { kind: "conflict", conflicts: [{ path: "both.txt", kind: "content" }] } };
  expect(got).toMatchObject(name.includes("merge") ? conflict : RIGHT); // nobody merges for the driver that is not run
});

test("what the environment and the user's own configuration say of git", async () => {
  const repo = await lay();
  const program = join(repo.folder, "program");
  const text = `[core]\n\tfsmonitor = ${program}\n\thooksPath = ${repo.folder}\n\tattributesFile = ${repo.folder}/all\n`;
  writeFileSync(join(repo.folder, "all"), "* filter=x diff=x\n");
  const home = join(repo.folder, "home"); // not the one of the person who commits meanwhile
  mkdirSync(home);
  writeFileSync(join(home, ".gitconfig"), `${text}${FILTER.replaceAll("PROGRAM", program)}\n`);
  const names =
    "GIT_EXTERNAL_DIFF GIT_PAGER GIT_EDITOR GIT_ASKPASS GIT_SSH GIT_SSH_COMMAND GIT_PROXY_COMMAND PAGER EDITOR";
  const elsewhere = "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR GIT_CONFIG GIT_NAMESPACE";
  const trace = "GIT_TRACE GIT_TRACE2 GIT_TRACE2_EVENT";
  const more = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.fsmonitor", GIT_CONFIG_VALUE_0: program };
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    ...more,
    GIT_CONFIG_PARAMETERS: `'core.fsmonitor=${program}'`,
    ...Object.fromEntries(names.split(" ").map((name) => [name, program])),
    ...Object.fromEntries(`${elsewhere} ${trace}`.split(" ").map((name) => [name, join(repo.folder, "pwned")])),
  };
  expect(await through(createGit(repo.root, env), repo, () => undefined)).toMatchObject(RIGHT);
  expect(pwned(repo)).toBe("");
});

test("a worktree whose shared folder is said to be another", async () => {
  const repo = await lay();
  const trick: Trick = (scene) =>
    writeFileSync(join(scene.git_dir, "worktrees", "s1", "commondir"), `${evil(scene)}\n`);
  await expect(through(repo.git, repo, trick)).rejects.toMatchObject({ code: "git_failed" });
  expect(pwned(repo)).toBe("");
});
