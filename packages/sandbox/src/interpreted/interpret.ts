import { readFileSync } from "node:fs";
import { Bash, InMemoryFs, MountableFs } from "just-bash/browser";
import { parseClaim } from "../claim.ts";
import { createFiles, createHost } from "../host.ts";
import { type Host, HostError, type Scope } from "../tool.ts";
import { type FileSearch, searchInFiles } from "./file_search.ts";
import { INTERPRETED } from "./names.ts";
import { createWorktreeFs, type Refusals } from "./worktree_fs.ts";

/**
 * What an interpreted command is given, by a file, since it has no standard input.
 *
 * `root`  absolute path of the worktree, under which the shell sees it, too
 * `tmp`   absolute path of the private folder, which it sees as $TMPDIR
 * `scope` null for a command of the project in a throw-away checkout: it writes anywhere but in git's and dgov's folders
 */
export type InterpretOrder = {
  root: string;
  tmp: string;
  scope: Scope | null;
  command: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  search?: FileSearch; // then there is no command
};

/** A name that no worktree is below: a mount in a mount is not possible. */
const TMPDIR = "/dgov-tmp";

const NOTES_MAX = 5;

/**
 * Interprets one command without starting any process. Runs in a child of its own, which the parent can kill: the
 * interpreter's own limits are only as good as its next look at the clock.
 *
 * @returns the output of both streams and the exit status
 */
export async function interpret(order: InterpretOrder): Promise<{ output: string; exit: number }> {
  if (order.search) return searchInFiles(reader(order), order.search);
  const refusals: Refusals = [];
  const temporary = createWorktreeFs(hostAt(`${order.tmp}/tmp`, null, order.tmp), refusals);
  const worktree = createWorktreeFs(hostAt(order.root, order.scope, order.tmp), refusals);
  const fs = new MountableFs({
    base: new InMemoryFs({}),
    mounts: [
      { mountPoint: TMPDIR, filesystem: temporary },
      { mountPoint: order.root, filesystem: worktree },
    ],
  });
  const shell = new Bash({
    fs,
    cwd: order.cwd,
    env: { ...order.env, HOME: TMPDIR, TMPDIR, PATH: "/usr/bin:/bin" },
    sleep: async () => {}, // nothing runs beside a command, not even after "&": there is nothing to wait for
  });
  const { stdout, stderr, exitCode } = await shell.exec(order.command, { rawScript: true }).catch(cutShort);
  const output = [stdout, stderr].filter((text) => text !== "").join(stdout.endsWith("\n") ? "" : "\n");
  return { output: [output.trimEnd(), ...notes(refusals, stderr)].join("\n"), exit: exitCode };
}

/** What cannot be read, as a link or a file that has gone, has no matches. */
function reader({ root, tmp, scope }: InterpretOrder): (path: string) => Uint8Array | null {
  const files = createFiles({ root, tmp, scope: scope ?? OPEN_SCOPE });
  return (path) => {
    try {
      return files.stat(path)?.kind === "file" ? files.readBytes(path) : null;
    } catch (error) {
      if (error instanceof HostError) return null;
      throw error;
    }
  };
}

/** A redirection that is refused ends the whole command there, and so does a fault of the interpreter. */
const cutShort = (error: unknown) => ({
  stdout: "",
  stderr: `bash: ${error instanceof Error ? error.message : String(error)}: the command ended here\n`,
  exitCode: 1,
});

/** The order that the isolated process has written to a file for this child of it. */
export const readOrder = (path: string): InterpretOrder => JSON.parse(readFileSync(path, "utf8")) as InterpretOrder;

const EVERYTHING = parseClaim("**");

function hostAt(root: string, scope: Scope | null, tmp: string): Host {
  const exec = () => Promise.reject(new HostError("io", "Cannot start a command: there are no native processes here"));
  return createHost({ root, tmp, scope: scope ?? OPEN_SCOPE, exec });
}

const OPEN_SCOPE: Scope = {
  task: "",
  role: "worker",
  write: [EVERYTHING],
  read: [],
  deny: [],
  allow: [],
  recipes: { test: null, lint: null, lint_fix: null, format: null, type_check: null },
  test_targets: [],
  src_dir: "",
  base: "",
};

/** Why things went wrong, for the model: no program of ours reads it. */
function notes(refusals: Refusals, stderr: string): string[] {
  const told = [...new Set(refusals)].slice(0, NOTES_MAX).map((words) => `CONFINED: ${words}`);
  if (!/: command not (found|available)/.test(stderr)) return told;
  return [
    ...told,
    `CONFINED: no jail confines this task, so no native program can be started; there are ${INTERPRETED.join(", ")}`,
  ];
}
