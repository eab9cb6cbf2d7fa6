import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DgovError } from "../error.ts";
import { run } from "../process.ts";
import { disarming } from "./disarm.ts";
import { startedByUs } from "./left_running.ts";
import { createObjects, type Objects } from "./objects.ts";

/**
 * `cwd`         default: the root
 * `index_file`  another index than the worktree's own
 * `bare`        without a worktree: no `.gitattributes` of any checkout has a say
 * `user`        for the user's own checkout: the settings that decide how its files look are the user's
 * `plumbing`    it reads and writes objects and the index alone: no filter, driver or hook has a part in it, so that none
 *               need be looked for and turned off first
 * `at_ms`       the date of the commit that is made; needed by commands that make one
 * `ok`          exit statuses that are an answer; default: [0]
 */
export type GitOptions = {
  cwd?: string;
  stdin?: string | Uint8Array;
  index_file?: string;
  bare?: boolean;
  user?: boolean;
  plumbing?: boolean;
  config?: Readonly<Record<string, string>>;
  at_ms?: number;
  ok?: readonly number[];
  signal?: AbortSignal;
};

export type GitAnswer = { exit: number; bytes: Uint8Array; stderr: string };

/** Git in one worktree, with every setting pinned that could run a program or change what a command does. */
export type Git = {
  readonly root: string;
  /** The objects and refs that all worktrees share. */
  readonly objects: Objects;
  /** @throws DgovError `git_missing`, or `git_failed` for an exit status that is not in `ok` */
  ask(args: readonly string[], options?: GitOptions): Promise<GitAnswer>;
  /** Standard output as text without the newline at its end. @throws like `ask` */
  text(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The absolute path of the folder that all worktrees share. */
  commonDir(): Promise<string>;
  /** The absolute path of the folder that is this worktree's own. */
  ownDir(): Promise<string>;
  /** Whether the repository leaves it to git how its files are written: by whoever writes, for nobody else, and without waiting. */
  writesPlainly(): Promise<boolean>;
  /** The same git in another worktree. With `git_dir` no `.git` in the folder is believed, for a stranger may have put it there. */
  at(root: string, git_dir?: string): Git;
};

/** The merge in memory (`merge-tree --write-tree`) came with this one. */
export const OLDEST_GIT = "2.38";
const TIMEOUT_MS = 10 * 60_000;
const STDOUT_MAX_BYTES = 1024 * 1024 * 1024;
/** What git may know of our environment: enough to find itself and the user's ignore file. */
const KEPT_ENV = ["PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "USER", "LOGNAME"];

const keptOf = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(KEPT_ENV.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]]])));

/** Nothing here may depend on the machine, the user or the repository, and nothing may start a program of theirs. */
const PINNED = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.untrackedCache": "false",
  "core.trustctime": "true",
  "core.checkStat": "default",
  "core.splitIndex": "false",
  "core.quotePath": "false",
  "core.precomposeUnicode": "false",
  "core.protectHFS": "true",
  "core.protectNTFS": "true",
  "core.pager": "cat",
  "core.editor": "false",
  "core.askPass": "",
  "core.sshCommand": "false",
  "credential.helper": "",
  "core.alternateRefsCommand": "false",
  "core.ignoreStat": "false", // it would take what is checked out for unchanged for ever
  "commit.gpgSign": "false",
  "tag.gpgSign": "false",
  "gpg.program": "false",
  "gpg.openpgp.program": "false",
  "gpg.x509.program": "false",
  "gpg.ssh.program": "false",
  "gpg.ssh.defaultKeyCommand": "false",
  "log.showSignature": "false",
  "i18n.commitEncoding": "UTF-8",
  "i18n.logOutputEncoding": "UTF-8",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "protocol.allow": "never",
  "submodule.recurse": "false",
  "advice.detachedHead": "false",
  "advice.graftFileDeprecated": "false", // there is none, and its hint stands in front of what went wrong
  "merge.renames": "false", // a task owns paths: see integrate.ts, for git older than 2.50 does it all the same
  "merge.directoryRenames": "false",
  "merge.default": "text",
  "merge.renormalize": "false",
  "diff.renames": "false",
  "diff.orderFile": "/dev/null",
  "safe.directory": "*", // git's check guards what is pinned away here, and the user's own list is not read
};
/** How files look in our own worktrees: as they are in the repository. */
const AS_STORED = {
  "core.autocrlf": "false",
  "core.attributesFile": "/dev/null",
  "core.excludesFile": "/dev/null",
  "core.safecrlf": "false",
  "core.eol": "lf",
  "core.symlinks": "true",
  "core.sparseCheckout": "false",
  "core.sparseCheckoutCone": "false",
  "index.sparse": "false",
  "index.version": "2",
  "index.threads": "true",
  "checkout.workers": "2",
};

/** Git for the worktree at `root` (absolute). Starts nothing until it is asked. */
export function createGit(root: string, env: Readonly<Record<string, string | undefined>> = process.env): Git {
  const kept = keptOf(env);
  const objects = createObjects(async () => [
    ["git", "--no-pager", "cat-file", "--batch-command"],
    { cwd: root, env: { ...kept, ...ENV, ...pins(PINNED) } },
  ]);
  return gitAt(root, { kept, version: once(() => checkVersion(root, kept)), known: new Map(), objects }, {});
}

/** `version`: checked once, for all worktrees. `known`: each worktree's settings are read once. */
type Shared = {
  kept: Record<string, string>;
  version: () => Promise<void>;
  known: Map<string, Git>;
  objects: Objects;
};

function gitAt(root: string, shared: Shared, place: Record<string, string>): Git {
  const plain = (args: readonly string[], options: GitOptions) => {
    // A checkout is where it was found, whatever `core.worktree` says by now.
    const where = options.user ? { GIT_WORK_TREE: root, ...place } : place;
    return spawn(args, { cwd: root, ...options }, { ...shared.kept, ...(options.bare ? {} : where) });
  };
  const disarm = disarming(plain);
  const user = once(() => userSettings(root, shared.kept));
  const common = once(() => git.text(["rev-parse", "--path-format=absolute", "--git-common-dir"]));
  const git: Git = {
    root,
    objects: shared.objects,
    async ask(args, options = {}) {
      if (options.plumbing) return plain(args, { ...options, config: AS_STORED });
      await shared.version();
      const looks = options.user ? await user() : AS_STORED;
      const config = { ...looks, ...(await disarm()).off, ...options.config };
      const bare = options.bare ? ["--git-dir", await common(), "-c", "core.bare=true"] : [];
      return plain([...bare, ...args], { ...options, config });
    },
    async text(args, options) {
      return new TextDecoder().decode((await git.ask(args, options)).bytes).replace(/\n$/, "");
    },
    commonDir: common,
    ownDir: async () => place.GIT_DIR ?? linkedDir(root) ?? git.text(["rev-parse", "--absolute-git-dir"]),
    writesPlainly: async () => (await disarm()).plain,
    at(other, git_dir) {
      const key = `${other}\0${git_dir ?? ""}`;
      const known = other === root && git_dir === place.GIT_DIR ? git : shared.known.get(key);
      if (known) return known;
      const made = gitAt(other, shared, git_dir === undefined ? {} : { GIT_DIR: git_dir, GIT_WORK_TREE: other });
      shared.known.set(key, made);
      return made;
    },
  };
  return git;
}

/** The folder of a checkout's own where that is plain to see, as git sees it; null: git has to be asked. */
function linkedDir(root: string): string | null {
  const own = join(root, ".git");
  const stat = lstatSync(own, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return own;
  const linked = stat?.isFile() ? /^gitdir: ([^\n]+)\n?$/.exec(readFileSync(own, "utf8"))?.[1] : undefined;
  return linked === undefined ? null : resolve(root, linked);
}

/** Splits output that ends each item with a NUL. Bytes that are not UTF-8 become U+FFFD. */
export function items(bytes: Uint8Array): string[] {
  const parts = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\0");
  if (parts.at(-1) === "") parts.pop();
  return parts;
}

/** Settings by environment: a key may have "=" in it, and no list of arguments grows long. */
function pins(config: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(config);
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(pairs.length) };
  pairs.forEach(([key, value], at) => {
    env[`GIT_CONFIG_KEY_${at}`] = key;
    env[`GIT_CONFIG_VALUE_${at}`] = value;
  });
  return env;
}

async function spawn(
  args: readonly string[],
  options: GitOptions & { cwd: string },
  kept: Readonly<Record<string, string>>,
): Promise<GitAnswer> {
  const { cwd, stdin, index_file, at_ms, ok = [0], signal, config } = options;
  const date = at_ms === undefined ? {} : dates(at_ms);
  const exit = await run(["git", "--no-pager", "--literal-pathspecs", ...args], {
    cwd,
    env: {
      ...kept,
      ...ENV,
      ...startedByUs(),
      ...pins({ ...PINNED, ...config }),
      ...date,
      ...(index_file === undefined ? {} : { GIT_INDEX_FILE: index_file }),
    },
    timeout_ms: TIMEOUT_MS,
    bytes_max: STDOUT_MAX_BYTES,
    ...(stdin === undefined ? {} : { stdin }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (exit.ended === "exit" && exit.code !== null && ok.includes(exit.code))
    return { exit: exit.code, bytes: exit.stdout, stderr: exit.stderr };
  const command = `git ${args.join(" ")}`.slice(0, 500);
  if (exit.ended === "not_started" && existsSync(cwd))
    throw new DgovError("git_missing", `Cannot run "${command}": ${exit.why}`);
  const said =
    exit.stderr.trim().split("\n").slice(-5).join("\n") || exit.why || `it ended by ${exit.signal ?? exit.ended}`;
  throw new DgovError("git_failed", `Cannot run "${command}" in "${cwd}": ${said}`);
}

const EMAIL = "dgov@localhost";
/** Whoever makes a commit of ours, as its object has it. */
export const WHO = `dgov <${EMAIL}>`;

const ENV = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_NO_REPLACE_OBJECTS: "1", // an object is what its name says, and a commit has the parents that it names
  GIT_GRAFT_FILE: "/dev/null",
  GIT_ALLOW_PROTOCOL: "none", // a setting for one protocol would overrule `protocol.allow`
  GIT_NO_LAZY_FETCH: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_AUTHOR_NAME: "dgov",
  GIT_AUTHOR_EMAIL: EMAIL,
  GIT_COMMITTER_NAME: "dgov",
  GIT_COMMITTER_EMAIL: EMAIL,
  LC_ALL: "C",
};

const dates = (at_ms: number) => {
  const date = `@${Math.floor(at_ms / 1000)} +0000`; // without the sign, git takes a small number for something else
  return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
};

async function checkVersion(cwd: string, kept: Readonly<Record<string, string>>): Promise<void> {
  const said = new TextDecoder().decode((await spawn(["--version"], { cwd }, kept)).bytes).trim();
  const found = /(\d+)\.(\d+)/.exec(said);
  const [major, minor] = OLDEST_GIT.split(".").map(Number);
  if (found && (Number(found[1]) > major! || (Number(found[1]) === major && Number(found[2]) >= minor!))) return;
  throw new DgovError("git_missing", `Cannot use "${said}": it is older than ${OLDEST_GIT}`);
}

/** How files look, and how conflicts are marked in them. */
const USERS = "^(core\\.(autocrlf|eol|safecrlf|excludesfile)|merge\\.conflictstyle)$";

/** Read from all of the user's configuration: reading runs nothing. */
async function userSettings(root: string, kept: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const exit = await run(["git", "config", "-z", "--get-regexp", USERS], {
    cwd: root,
    env: { ...kept, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" },
    timeout_ms: TIMEOUT_MS,
    bytes_max: STDOUT_MAX_BYTES,
  });
  const pairs = items(exit.stdout).map((pair) => pair.split("\n", 2));
  return Object.fromEntries(pairs.map(([key = "", value = "true"]) => [key, value]));
}

/**
 * The absolute path of the folder whose hooks git runs for the user, whoever has set it.
 *
 * @throws DgovError `git_failed`
 */
export async function hooksFolder(root: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const kept = keptOf(env);
  const argv = ["git", "rev-parse", "--path-format=absolute", "--git-path", "hooks"];
  const exit = await run(argv, { cwd: root, env: kept, timeout_ms: TIMEOUT_MS, bytes_max: STDOUT_MAX_BYTES });
  if (exit.code === 0) return new TextDecoder().decode(exit.stdout).replace(/\n$/, "");
  throw new DgovError("git_failed", `Cannot find the hooks of "${root}": ${exit.stderr.trim() || exit.why}`);
}

/** The words by which a person pushes a branch. They run in that person's environment, with their credentials and hooks. */
export const pushWords = ({ remote, branch }: { remote: string; branch: string }): string[] => [
  ...["git", "push", "--set-upstream", remote, `refs/heads/${branch}`],
];

/** A promise made at the first call and shared; a failure is not kept. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
