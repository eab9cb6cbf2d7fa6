import type { z } from "zod";
import type { Claim } from "./claim.ts";
import type { ReadCode } from "./code.ts";
import type { ToolComponent } from "./component/component.ts";
import type { ComponentAnswer, ComponentOrder } from "./component/order.ts";
import type { FileKind, Listing } from "./facts.ts";
import type { GitQuestion, GitReply } from "./git_question.ts";
import type { ExecRequest, ExecResult } from "./isolate/isolation.ts";
import type { PlanDraft } from "./plan_draft.ts";
import type { RunFacts } from "./run_facts.ts";
import type { ToldPaths } from "./told_paths.ts";
import type { StatedCheck } from "./tools/done.ts";

/** What a call would touch. The policy judges these, and nothing else, before `run` is entered. Paths are normalised. */
export type Access =
  | { kind: "read"; path: string }
  | { kind: "write"; path: string } // create, change or delete
  | { kind: "exec"; command: string } // a shell command that the model wrote
  | { kind: "recipe"; recipe: RecipeName; targets: readonly string[] }; // a command of the project, on targets the model named

/** The project's own commands. The model chooses targets, never words of the command. */
export type RecipeName = "test" | "lint" | "lint_fix" | "format" | "type_check";

/** What the task may do; what the model is told in `scope_status`; what the recipes are. Plain data: it crosses the pipe. */
export type Scope = {
  task: string;
  role: "worker" | "researcher" | "reviewer" | "planner" | "test_author";
  write: readonly Claim[]; // create, edit, delete and touch claims; [] for a read-only role
  read: readonly Claim[]; // files the task was told it may need to read; they stay unwritable
  deny: readonly string[]; // `[scope] deny_files`, fnmatch patterns: `*` crosses `/`; a trailing slash means all in it
  allow: readonly string[]; // `[scope] allow_files`; []: no such restriction
  recipes: Readonly<Record<RecipeName, string | null>>; // with `{file}` or `{test_dir}`; null: the project has none
  test_targets: readonly string[]; // what `run_tests` may name; normalised
  src_dir: string;
  base: string; // commit the worktree was made from: diffs are against it
  components?: readonly ToolComponent[]; // the project's own tools; absent: none
  editor?: true; // it is an agent of its own, which asks for files and commands as it would ask an editor
};

/** The only door to the machine. Inside isolation it is the real thing; in tests it may be a fake. Paths are relative to the root. */
export interface Host {
  readonly scope: Scope;
  /** @throws HostError: missing, not a file, a link, too large, outside */
  readBytes(path: string): Promise<Uint8Array>;
  /** Reads UTF-8. @throws HostError also when the bytes are not text */
  readText(path: string): Promise<string>;
  /** Writes atomically, keeps the mode, makes parent folders. @throws HostError when not claimed, a link, read-only */
  write(path: string, content: string | Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** null: nothing there. Links are not followed. */
  stat(path: string): Promise<{ kind: FileKind; size_bytes: number; mode: number } | null>;
  /** By name; never `.git`. At most so many are looked at and given; default: all. */
  list(path: string, most?: number): Promise<Listing>;
  exec(request: ExecRequest): Promise<ExecResult>;
  /** There where no native process may be started: git is asked outside, and `exec` interprets. */
  git?(question: GitQuestion): Promise<GitReply>;
  /** Runs a WASM component on the task's files. Absent where there is no process that could. */
  component?(order: ComponentOrder): Promise<ComponentAnswer>;
  /** What reads code. Absent where nobody has lent it: then texts are searched as texts. */
  code?(): Promise<ReadCode>;
}

/** A refusal by the file host, with the words for the model. `code` is what a test or a rule looks at. */
export class HostError extends Error {
  override name = "HostError";
  readonly code: HostErrorCode;
  constructor(code: HostErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
export type HostErrorCode =
  | "missing"
  | "exists"
  | "outside"
  | "link"
  | "not_a_file"
  | "binary"
  | "too_large"
  | "not_claimed"
  | "reserved"
  | "read_only"
  | "io";

/** `checks`: what a worker states of its work; absent: nothing, or the role cannot. */
type Ended = { outcome: "done" | "incomplete" | "blocked"; summary: string; checks?: readonly StatedCheck[] };

/**
 * What a tool answers. `ok: false` is an answer the model can act on, never a crash of ours.
 *
 * `touched`    paths the call wrote, created or deleted (also such as it put back)
 * `refused_by` the rule or layer that refused, for the record: `claim`, `tool_policy.deny_shell_commands`, `jail`, …
 * `ended`      set by the role's ending tool alone, when it is accepted; `plan` is what a planner hands in
 * `missing`    it named a file that is not there
 * `exit`       of the program that the call ran; null: it came to no end of its own; absent: it ran none
 * `whole`      what a program is given in place of `text`, uncut: a file as it is; absent: `text` is all
 * `calls`      what a script called, in order; set by `run_script` alone
 */
export type Answer = {
  ok: boolean;
  text: string;
  touched?: readonly string[];
  refused_by?: string;
  ended?: Ended & { plan?: PlanDraft };
  exit?: number | null;
  missing?: true;
  whole?: string;
  calls?: readonly BoundCall[];
} & RunFacts;

/**
 * One call that a script made. `accesses`: what it did beyond reading, without the words of commands; refused: none; too
 * many: the last is a command, which may have done anything.
 */
export type BoundCall = ToldPaths &
  RunFacts & {
    tool: string;
    input: string; // JSON, shortened
    ok: boolean;
    refused_by: string | null;
    text: string; // shortened
    took_ms: number;
    accesses: readonly Access[];
  };

/** A tool is one file and one text. `access` is asked outside, before; `run` runs inside the isolation. */
export interface Tool<Input extends z.ZodType = z.ZodType> {
  name: string;
  description: string;
  input: Input;
  access(input: z.infer<Input>, scope: Scope): Access[];
  run(input: z.infer<Input>, host: Host): Promise<Answer>;
}

export const defineTool = <Input extends z.ZodType>(tool: Tool<Input>): Tool<Input> => tool;
