import type { Cause } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import { z } from "zod";
import type { Program } from "../agent_file.ts";
import { type Said, unanswered } from "../project_command.ts";
import type { Turn } from "./acp/conversation.ts";
import { type Leaves, type Lent, type Of, type ProgramSite, type Ran, runProgram, secretsOf } from "./program.ts";
import { type Secret, withoutSecrets } from "./secrets.ts";

export type Ended = { done: true; summary: string } | { done: false; cause: Cause; detail: string };

const OUTCOME: Leaves = { variable: "DGOV_OUTCOME", file: "dgov-outcome.json", most_bytes: 16_000 };

/**
 * Runs a command-line agent for a whole attempt, in the isolation that a worker's tools have. How it ends decides what
 * became of the attempt, and the file that it may leave; what it prints is kept for people and read by nobody.
 *
 * @returns null when the signal ended it
 * @throws IsolationLost when it has killed what serves it
 */
export async function workByProgram(site: ProgramSite, of: Of, lent: Lent): Promise<Ended | null> {
  const { program, scope } = lent;
  const ran = await runProgram(site, of, { lent, leaves: OUTCOME });
  return (
    ran && withoutSecretsIn(outcomeOf(ran, { program, reports: !changesFiles(scope.role) }), secretsOf(site, program))
  );
}

export const withoutSecretsIn = (ended: Ended, secrets: readonly Secret[]): Ended =>
  ended.done
    ? { ...ended, summary: withoutSecrets(ended.summary, secrets) }
    : { ...ended, detail: withoutSecrets(ended.detail, secrets) };

/** What a program may say of its own work, as the tool `done` takes it from a model. */
const Outcome = z.strictObject({ outcome: z.enum(["done", "incomplete", "blocked"]), summary: z.string().min(1) });

const NO_PROTOCOL = ", and wrote no message of the Agent Client Protocol: is it started in that mode?";
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** How it failed, by its end alone; null: it came to its own end, whatever it has to say. */
export function failureOf({ said, turn, timeout_ms }: Ran, { name }: Pick<Program, "name">): Ended | null {
  const { exit, ended } = said.result;
  const named = `"${name}"`;
  const failed = (cause: Cause, detail: string): Ended => ({ done: false, cause, detail });
  if (ended === "timeout") {
    const rest = "what it had done is kept, and a further attempt goes on from it";
    return failed("timeout", `${named} was ended after ${timeout_ms / 1000} s: ${rest}`);
  }
  if (exit === NOT_FOUND || exit === NOT_EXECUTABLE || ended === "not_started")
    return failed("setup", `Cannot start ${named}: ${lastLine(said) || `exit status ${exit}`}`);
  if (turn?.ended === "failed") return failed(turn.cause, turn.detail);
  // The end of its turn is that of its work: what it still did then, and how it was ended, is nothing of it.
  if (exit !== 0 && turn?.ended !== "turn") return failed("error", wordsFor(said, { named, timeout_ms }));
  if (turn?.ended === "closed")
    return failed("error", `${named} ended before its turn did${turn.strange ? NO_PROTOCOL : ""}`);
  return null;
}

/** What one that speaks the protocol said last; "": nothing, or it speaks none. */
export const wordsIn = (turn: Turn | null): string => (turn?.ended === "turn" ? turn.said : "");

/** `reports`: what it has to say is all its work. */
function outcomeOf(ran: Ran, { program, reports }: { program: Program; reports: boolean }): Ended {
  const { left, turn } = ran;
  const named = `"${program.name}"`;
  const failed = failureOf(ran, program);
  if (failed !== null) return failed;
  const said = wordsIn(turn);
  const words = said || `${named} ended ${turn === null ? "with exit status 0" : "its turn"}`;
  if (left.trim() === "" && reports && said === "")
    return {
      done: false,
      cause: "error",
      detail: `${named} ended without a report: nothing is in the file that DGOV_OUTCOME names`,
    };
  if (left.trim() === "") return { done: true, summary: words };
  const outcome = Outcome.safeParse(parsed(left));
  if (!outcome.success)
    return {
      done: false,
      cause: "error",
      detail: `${named} left an outcome that cannot be read: ${clip(left.trim())}`,
    };
  const { outcome: how, summary } = outcome.data;
  return how === "done" ? { done: true, summary } : { done: false, cause: how, detail: summary };
}

function wordsFor(said: Said, { named, timeout_ms }: { named: string; timeout_ms: number }): string {
  const { exit } = said.result;
  const last = lastLine(said);
  if (exit !== null) return `${named} ended with exit status ${exit}${last === "" ? "" : `: ${last}`}`;
  const why = unanswered({ ...said, command: named.slice(1, -1) }, timeout_ms);
  return why?.message ?? `${named} was ended by ${said.result.ended}`;
}

const lastLine = ({ output }: Said): string => clip((output.tail || output.head).trim().split("\n").at(-1) ?? "");
const clip = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null; // which is no outcome
    throw error;
  }
}
