import type { ComponentAnswer, ComponentOrder } from "../component/order.ts";
import type { AnswerGit } from "../git_question.ts";
import type { FileSearch } from "../interpreted/file_search.ts";
import type { ToolPolicy } from "../policy.ts";
import type { EvaluateOrder, EvaluateResult } from "../script/order.ts";
import type { SymbolBreach } from "../symbol_claims.ts";
import type { Answer, Scope } from "../tool.ts";
import type { Level, LimitsKept, Network, ResourceLimits } from "./confinement.ts";
import type { Lend } from "./proxy.ts";
import type { Strike } from "./watch.ts";

/**
 * What one isolated process may do. All of it is fixed before it starts; nothing can be widened later.
 *
 * `root`     absolute path of the worktree or checkout it works in
 * `write`    "all": everything under `root` (a gate's throw-away checkout); else paths relative to `root`, see `Grant`
 * `git_dir`  absolute path of the repository's common git folder, which stays readable and is never writable; null: none
 * `tmp`      absolute path of a private folder that the caller made and will remove: HOME, TMPDIR and tool caches go there
 * `read`     absolute paths that commands may read beyond `root`, `tmp`, `git_dir`, the system and the toolchain that `env`
 *            names; "all": any
 * `programs` absolute paths of programs that the project's own commands name: they are readable with their installations
 * `network`  "none": no sockets at all; hosts: a network of its own, whose one way out is a proxy for these hosts
 * `env`      the whole environment of what runs inside; the caller has built it from an allow-list
 * `scope`    for the tools that run inside; null for a process that only executes commands
 * `lend`     takes over what inside connects to `LENT` through the way out; absent: nothing is there. It needs `network` hosts
 * `git`      answers, outside, what the tools ask git at level "wasm"; other levels do not use it. Absent: nobody does
 */
export type IsolationSpec = {
  root: string;
  write: "all" | readonly Grant[];
  git_dir: string | null;
  tmp: string;
  read: "all" | readonly string[];
  programs?: readonly string[];
  network: Network;
  limits: ResourceLimits;
  env: Readonly<Record<string, string>>;
  scope: Scope | null;
  git?: AnswerGit;
  lend?: Lend | undefined;
};

/**
 * A writable place. `file` exists and is granted by itself. `directory` is granted with all in it, so for a claimed file
 * that does not exist yet the nearest folder must be granted: then `only` says what in it is claimed (regular expressions
 * over paths relative to `root`), and whatever else was changed is put back after each call.
 */
export type Grant =
  | { kind: "file"; path: string }
  | { kind: "directory"; path: string; only: readonly string[] | null };

/**
 * `command` goes to `/bin/sh`, or to bash where it asks for it and the machine has it. `output_max_bytes` is where the
 * whole log stops and the tree is killed.
 */
export type ExecRequest = {
  command: string;
  shell?: "bash"; // default: `/bin/sh`
  cwd?: string; // relative to root; default: the root
  timeout_ms: number;
  output_max_bytes: number;
  clip_bytes: number; // how much of head and of tail is kept in the result, each
  env?: Readonly<Record<string, string>>;
  fresh?: boolean; // it finds an empty HOME and TMPDIR, whatever was run before
  search?: FileSearch; // where commands are interpreted: this instead of the command
};

/**
 * How a command is talked with while it runs: its standard output is heard as it comes and is no part of its log, and what
 * is said is its standard input. `begin` comes before anything is heard. `say(null)` ends the talk: the command's input is at
 * its end, and what has not ended by itself a moment later is ended. What is said later is lost.
 */
export type Talk = { begin(say: Say): void; heard(bytes: Uint8Array): void };
type Say = (bytes: Uint8Array | null) => Promise<void>;

/**
 * How a command ended. By the time this is returned every process it started is dead, also double forks.
 *
 * `exit`     null when a signal, the time limit or the output limit ended it
 * `ended`    `cut`: its script had no more time, though it had not used up its own
 * `log`      absolute path, under the private folder, of the whole output (stdout and stderr as they came)
 * `refused_hosts` in words, what of the network it asked for and was refused; absent: nothing
 * `unreadable` in words, the paths that its output names as not opened and that it may not read; absent: none
 */
export type ExecResult = Undone & {
  exit: number | null;
  ended: "exit" | "signal" | "timeout" | "cut" | "output_limit" | Strike | "not_started";
  signal: string | null;
  took_ms: number;
  head: string;
  tail: string;
  omitted_bytes: number;
  log: string | null;
  unreadable?: readonly string[];
  refused_hosts?: readonly string[];
};

/**
 * What a command changed and should not have.
 *
 * `put_back` unclaimed paths that were restored
 * `lost`     unclaimed paths that could not be restored: neither memory nor git had them
 * `breaches` files that it changed beside the symbols that are claimed in them; absent: none
 */
export type Undone = {
  put_back: readonly string[];
  lost?: readonly string[];
  breaches?: readonly SymbolBreach[];
};

/** One isolated process, serving tool calls and commands over a pipe, one at a time per caller, several callers in turn. */
export interface Isolation {
  readonly level: Level;
  readonly pid: number;
  readonly limits_kept: LimitsKept;
  /**
   * Runs one tool inside. Never throws for what the tool or the model did; throws `IsolationLost` when the process is gone.
   * `policy` judges what a script calls in turn: without it no script runs.
   */
  call(tool: string, input: unknown, policy?: ToolPolicy): Promise<Answer>;
  /** Runs modules in an interpreter, with nothing at hand. @throws IsolationLost; whatever the modules do is in the result */
  evaluate(order: EvaluateOrder): Promise<EvaluateResult>;
  /** Compiles or runs a WASM component in a child. @throws IsolationLost; whatever the component does is in the answer */
  component(order: ComponentOrder): Promise<ComponentAnswer>;
  /** @throws IsolationLost when the isolated process is gone; the command's own failure is in the result; with `talk` its output stops too where
   * `output_max_bytes` of it were heard. At level "wasm" nothing is talked with. */
  exec(request: ExecRequest, talk?: Talk): Promise<ExecResult>;
  /** Ends the process and every process below it. Idempotent; never throws. */
  stop(): Promise<void>;
}

/** The isolated process died or stopped answering. The attempt is lost; its files are not. */
export class IsolationLost extends Error {
  override name = "IsolationLost";
}

/** Whether a level can be had on this machine, tried for real, and if not the one command or setting that mends it. */
export type Availability =
  | { level: Level; available: true; detail: string }
  | { level: Level; available: false; why: string; cure: string };

/**
 * What starts isolated processes. `self` is the argv prefix that starts this very program again
 * (the executable alone, or Bun and the entry file); the isolated side is entered by the word `__isolated` after it.
 */
export type IsolationMaker = {
  self: readonly string[];
  start(level: Level, spec: IsolationSpec): Promise<Isolation>;
  /** Tries each level, strongest first, until one that can be had is enough; default: all. */
  probe(isEnough?: (level: Level) => boolean): Promise<Availability[]>;
};
