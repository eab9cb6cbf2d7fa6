import type { ComponentAnswer } from "../component/order.ts";
import type { GitQuestion, GitReply } from "../git_question.ts";
import type { ExecRequest, ExecResult } from "../isolate/isolation.ts";
import type { ToolPolicy } from "../policy.ts";
import type { Answer, BoundCall, HostErrorCode, Scope } from "../tool.ts";
import type { EvaluateOrder, ScriptFailure, ScriptLimits } from "./order.ts";

/**
 * What the isolated process tells the child that runs scripts: once who it works for, then one order after another.
 * `asks_git`: nothing native is started, so git is asked outside.
 */
export type ScriptSetup = { root: string; tmp: string; scope: Scope | null; asks_git?: boolean };
export type ScriptOrder =
  | ({ kind: "modules"; input: string } & Pick<EvaluateOrder, "modules" | "entry" | "limits">)
  | { kind: "tools"; code: string; policy: ToolPolicy; limits: ScriptLimits };

/**
 * What the child says, in this order: that it is ready, once; then for each order `started`, what happened, and `ended`.
 * A call that may change something is told before it begins; `ask` waits for a `ScriptReply`. `json` null: no result;
 * `last`: this child takes no more orders.
 */
export type ScriptWord =
  | { ready: true }
  | { started: true }
  | { log: string }
  | { begun: BoundCall }
  | { called: BoundCall }
  | { ask: ScriptAsk }
  | { ended: ScriptEnding };
export type ScriptEnding = { last: boolean } & ({ ok: true; json: string | null } | ({ ok: false } & ScriptFailure));

/**
 * What the child may not do itself: commands and changes to files are the server's, which no deadline of a script cuts off.
 * `component` is the name of one of the task's own; what it is, and what it may, the server knows. `tool` is one that reads
 * code, which only the server is lent.
 */
export type ScriptAsk =
  | { exec: ExecRequest }
  | { component: string; input: string; timeout_ms: number }
  | { tool: string; input: unknown; timeout_ms: number }
  | { git: GitQuestion }
  | { write: string; content: string; base64: boolean }
  | { remove: string };

/** Tools that want what reads code. None of them changes anything. */
export const READING_CODE: readonly string[] = [
  "find_references",
  "file_symbols",
  "related_files",
  "check_syntax",
  "ast_grep",
];

export type ScriptReply =
  | { result: ExecResult | null }
  | { git: GitReply }
  | { component: ComponentAnswer }
  | { answer: Answer }
  | { refused: { code: HostErrorCode; message: string } }
  | { failed: string };

/** How a script of the model ended, and each call it made. */
export type ScriptReport = { ending: ScriptEnding; log: string; calls: readonly BoundCall[] };
