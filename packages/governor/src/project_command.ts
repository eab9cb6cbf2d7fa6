import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Finding, Output } from "@dgov/kernel";
import type { ExecResult, Isolation, Talk } from "@dgov/sandbox";
import { readLeft } from "./left_file.ts";

/** What a command of the project left behind. `kept`: the absolute path of our own copy of its log. */
export type Said = { command: string; result: ExecResult; output: Output; kept: string | null };

/**
 * `timeout_ms` is the command's own; `log` is the file for its whole output, relative to `out`, and `out` a folder.
 */
export type Asking = {
  command: string;
  timeout_ms: number;
  out: string;
  log: string;
  output_max_bytes?: number; // default: `LOG_MAX_BYTES`
  env?: Readonly<Record<string, string>>;
  talk?: Talk; // what it says is then heard, and what it says of itself is its output
};

const LOG_MAX_BYTES = 64 * 1024 * 1024;
const CLIP_BYTES = 8 * 1024;

/** Runs a command of the project and keeps its whole output. By then every process it started is dead. */
export async function runProjectCommand(
  isolation: Isolation,
  { command, timeout_ms, out, log, output_max_bytes = LOG_MAX_BYTES, env = {}, talk }: Asking,
): Promise<Said> {
  const request = { command, timeout_ms, output_max_bytes, clip_bytes: CLIP_BYTES, env };
  const result = await isolation.exec(request, talk);
  const { head, tail, omitted_bytes } = result;
  const kept = keepLog(result.log, join(out, log));
  return { command, result, output: { head, tail, omitted_bytes, log: kept === null ? null : log }, kept };
}

/** All that a command said, also where the record has only the ends of it. */
export const wholeText = ({ result, kept }: Said): string =>
  result.omitted_bytes > 0 && kept !== null ? readFileSync(kept, "utf8") : `${result.head}${result.tail}`;

/** @returns where it is kept, or null when there is no log to keep */
function keepLog(from: string | null, to: string): string | null {
  const bytes = from === null ? null : readLeft(from, LOG_MAX_BYTES);
  if (bytes === null) return null;
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(`${to}.part`, bytes);
  renameSync(`${to}.part`, to);
  return to;
}

/** Statuses a shell gives when the program could not be started at all: nothing was checked then. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** A shell adds this to the number of the signal that ended what it ran. No signal has a number above 64. */
const BY_SIGNAL = 128;
const SIGNAL_MAX = 64;

/** Why a command has not answered its question, or null when its exit status is an answer. */
export function unanswered({ command, result, output }: Said, timeout_ms: number): Finding | null {
  const { exit, ended, signal } = result;
  const said = (output.tail || output.head).trim();
  const last = said.split("\n").at(-1) ?? "";
  if (exit === NOT_FOUND || exit === NOT_EXECUTABLE || (exit !== null && exit !== 0 && isMissing(command, said)))
    return { code: "tool_missing", message: `Cannot run "${command}": ${last || `exit status ${exit}`}` };
  if (exit !== null && exit > BY_SIGNAL && exit <= BY_SIGNAL + SIGNAL_MAX)
    return { code: "gate_signal", message: `"${command}" was ended by signal ${exit - BY_SIGNAL}` };
  if (ended === "exit") return null;
  if (ended === "timeout")
    return {
      code: "gate_timeout",
      message: `"${command}" did not end within ${timeout_ms / 1000} s, and was ended with all it had started`,
    };
  if (ended === "output_limit")
    return {
      code: "gate_output",
      message: `"${command}" wrote more than ${LOG_MAX_BYTES / 1024 / 1024} MiB, and was ended`,
    };
  const limit = LIMITS_OF_TASKS[ended];
  if (limit !== undefined) return { code: "gate_limit", message: `"${command}" ${limit}, and was ended` };
  if (ended === "signal") return { code: "gate_signal", message: `"${command}" was ended by ${signal ?? "a signal"}` };
  return { code: "gate_not_started", message: `Cannot start "${command}"` };
}

/** The limits of all processes of a command together, with the key that moves each. */
const LIMITS_OF_TASKS: Readonly<Partial<Record<ExecResult["ended"], string>>> = {
  memory_limit: "took more memory than [sandbox] memory_mb",
  process_limit: "had more processes, or threads in them, than [sandbox] processes",
  disk_limit: "wrote more than [sandbox] tmp_mb",
};

/** What starts tools by name and says in its own words, with a status of no meaning, that there is no such tool. */
function isMissing(command: string, said: string): boolean {
  const lines = said.split("\n").map((line) => line.trim());
  const [, module] = /\bpython[\d.]*\s+-m\s+([\w.]+)/.exec(command) ?? [];
  const names = module === undefined ? [] : [module, module.split(".")[0] ?? module];
  if (lines.some((line) => names.some((name) => new RegExp(`python[\\d.]*: No module named '?${name}'?$`).test(line))))
    return true;
  if (/\buv\s+run\b/.test(command) && lines.some((line) => /^error: Failed to spawn: `/.test(line))) return true;
  return /\bnpx\s/.test(command) && lines.every((line) => /^(?:npm (?:error|ERR!|warn|WARN)|$)/.test(line));
}
