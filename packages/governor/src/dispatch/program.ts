import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cause, EventOf, TaskId } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import type { Isolation, Scope } from "@dgov/sandbox";
import { shellQuote } from "@dgov/sandbox/shell_quote";
import { z } from "zod";
import { PROMPT, PROMPT_FILE, type Program } from "../agent_file.ts";
import { runProjectCommand, type Said, unanswered } from "../project_command.ts";
import { outOf } from "../root.ts";
import type { Site } from "../site.ts";
import type { Turn } from "./acp/conversation.ts";
import type { Editor } from "./acp/editor.ts";
import type { WorkOrder } from "./order.ts";
import { endedBy } from "./prepare.ts";
import { type Secret, withoutSecrets } from "./secrets.ts";
import { recordCalls } from "./talk.ts";

/** What a program is lent. `start` makes a further jail as its own is, for tools of that scope. */
export type Lent = {
  program: Program;
  isolation: Isolation;
  signal: AbortSignal;
  order: WorkOrder;
  scope: Scope;
  root: string;
  start: (scope: Scope) => Promise<Isolation>;
};
type Of = { task: TaskId; attempt: number };
type Ended = { done: true; summary: string } | { done: false; cause: Cause; detail: string };

/**
 * Runs a command-line agent for a whole attempt, in the isolation that a worker's tools have. How it ends decides what
 * became of the attempt, and the file that it may leave; what it prints is kept for people and read by nobody.
 *
 * @returns null when the signal ended it
 * @throws IsolationLost when it has killed what serves it
 */
export async function workByProgram(
  site: Pick<Site, "session" | "world" | "out" | "project">,
  of: Of,
  lent: Lent,
): Promise<Ended | null> {
  const { program, isolation, signal, order } = lent;
  const { name, passed, hosts, command, output_max_bytes, protocol } = program;
  const timeout_ms = Math.max(1, order.limits.time_ms ?? LONGEST_MS);
  const words = { agent: name, command: [...command], passed: [...passed], hosts: [...hosts] };
  const spoken = protocol === "acp" ? { protocol } : {};
  const { level } = isolation;
  site.session.record({ kind: "agent_started", ...of, ...words, level, time_ms: timeout_ms, ...spoken });
  const secrets = passed.map((variable): Secret => ({ name: variable, value: site.world.env[variable] ?? "" }));
  const given = Object.fromEntries(secrets.map(({ name: variable, value }) => [variable, value]));
  const prompt = order.messages.map(({ text }) => text).join("\n\n");
  const editor = protocol === "acp" ? await editorFor(site, of, { ...lent, prompt }) : null;
  const asking = {
    command: scriptOf(program, prompt),
    timeout_ms,
    out: site.out,
    log: `${outOf(of)}/agent.log`,
    output_max_bytes,
    env: { ...program.env, ...given },
    ...(editor === null ? {} : { talk: editor.talk }),
  };
  const { said, turn } = await untilEnded(editor, () =>
    endedBy(signal, isolation, () => runProjectCommand(isolation, asking)),
  );
  if (said === null) return null;
  const told = redacted(said, site.out, secrets);
  site.session.record(endOf(told, { ...of, agent: name }));
  if (signal.aborted) return null;
  const left = await endedBy(signal, isolation, () => readOutcome(isolation));
  if (left === null) return null;
  const reports = !changesFiles(lent.scope.role);
  const ended = { program, left: withoutSecrets(left, secrets), timeout_ms, turn, reports };
  return withoutSecretsIn(outcomeOf(told, ended), secrets);
}

type Editing = Lent & { prompt: string };

/** Loaded with the first agent of the protocol: its library takes longer than all else that a run loads. */
async function editorFor(site: Pick<Site, "session" | "world" | "project">, of: Of, lent: Editing): Promise<Editor> {
  const { openEditor } = await import("./acp/editor.ts");
  const { program, isolation, root, prompt } = lent;
  const scope: Scope = { ...lent.scope, editor: true };
  const writes = changesFiles(scope.role);
  return openEditor(
    { name: program.name, cwd: root, prompt, writes },
    {
      ...{ root, scope, policy: site.project.rules.tool_policy, now_ms: site.world.now_ms },
      start: () => lent.start(scope),
      record: recordCalls(site.session, { ...of, level: isolation.level }),
    },
  );
}

/** Whatever becomes of the process, what it had asked for is ended with it. */
async function untilEnded(
  editor: Editor | null,
  work: () => Promise<Said | null>,
): Promise<{ said: Said | null; turn: Turn | null }> {
  if (editor === null) return { said: await work(), turn: null };
  try {
    const said = await work();
    return { said, turn: await editor.close() };
  } finally {
    await editor.close();
  }
}

const withoutSecretsIn = (ended: Ended, secrets: readonly Secret[]): Ended =>
  ended.done
    ? { ...ended, summary: withoutSecrets(ended.summary, secrets) }
    : { ...ended, detail: withoutSecrets(ended.detail, secrets) };

const LONGEST_MS = 86_400_000;
const TASK_FILE = '"$TMPDIR/dgov-task.md"';
const OUTCOME_FILE = '"$TMPDIR/dgov-outcome.json"';

/** The kernel takes no longer word (128 KiB): a longer task is pointed to. */
const WORD_MAX_BYTES = 120_000;

/** What the shell is given: the task goes into a file of the private folder, and from there to where the command wants it. */
function scriptOf({ command, protocol }: Program, prompt: string): string {
  const end = endMark(prompt);
  const long = Buffer.byteLength(prompt) > WORD_MAX_BYTES;
  const text = long
    ? '"Your task is in the file $TMPDIR/dgov-task.md: read it whole, then do what it says."'
    : `"$(cat ${TASK_FILE})"`;
  const fill = (word: string) =>
    word
      .split(/(\{prompt(?:_file)?\})/)
      .map((part) => (part === PROMPT ? text : part === PROMPT_FILE ? TASK_FILE : part === "" ? "" : shellQuote(part)))
      .join("") || "''";
  const named = command.some((word) => word.includes(PROMPT) || word.includes(PROMPT_FILE));
  const input = protocol === "acp" ? "" : ` < ${named ? "/dev/null" : TASK_FILE}`;
  return [
    `cat > ${TASK_FILE} <<'${end}'`,
    prompt.endsWith("\n") ? prompt.slice(0, -1) : prompt,
    end,
    `rm -rf ${OUTCOME_FILE}`,
    `export DGOV_OUTCOME=${OUTCOME_FILE}`,
    `exec ${command.map(fill).join(" ")}${input}`,
  ].join("\n");
}

/** A line that is none of the text's. */
function endMark(prompt: string): string {
  for (let at = 0; ; at++) {
    const mark = `END_OF_TASK_${at}`;
    if (!prompt.includes(mark)) return mark;
  }
}

/** A key that a program prints stays no key in what is kept. */
function redacted(said: Said, out: string, secrets: readonly Secret[]): Said {
  const { output } = said;
  if (output.log !== null && secrets.length > 0) {
    const path = join(out, output.log);
    writeFileSync(path, withoutSecrets(readFileSync(path, "latin1"), secrets), "latin1");
  }
  const [head, tail] = [withoutSecrets(output.head, secrets), withoutSecrets(output.tail, secrets)];
  return { ...said, output: { ...output, head, tail } };
}

const PUT_BACK_MAX = 50;

function endOf({ result, output }: Said, of: Of & { agent: string }): EventOf<"agent_ended"> {
  const { put_back, ended, exit } = result;
  const more = put_back.length - PUT_BACK_MAX;
  return {
    kind: "agent_ended",
    ...of,
    ended,
    exit,
    output,
    put_back: put_back.slice(0, PUT_BACK_MAX),
    ...(more > 0 ? { put_back_more: more } : {}),
    took_ms: Math.round(result.took_ms),
  };
}

/** What a program may say of its own work, as the tool `done` takes it from a model. */
const Outcome = z.strictObject({ outcome: z.enum(["done", "incomplete", "blocked"]), summary: z.string().min(1) });
const OUTCOME_MAX_BYTES = 16_000;

/** @returns what stands in the file of the outcome; "" where there is none */
async function readOutcome(isolation: Isolation): Promise<string> {
  const command = `f=${OUTCOME_FILE}; if [ -f "$f" ] && [ ! -L "$f" ]; then head -c ${OUTCOME_MAX_BYTES} "$f"; fi`;
  const limits = { timeout_ms: 10_000, output_max_bytes: 2 * OUTCOME_MAX_BYTES, clip_bytes: OUTCOME_MAX_BYTES };
  const { head, tail } = await isolation.exec({ command, ...limits });
  return `${head}${tail}`;
}

/** `reports`: what it has to say is all its work. */
type Left = { program: Program; left: string; timeout_ms: number; turn: Turn | null; reports: boolean };

const NO_PROTOCOL = ", and wrote no message of the Agent Client Protocol: is it started in that mode?";
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

function outcomeOf(said: Said, { program, left, timeout_ms, turn, reports }: Left): Ended {
  const { exit, ended } = said.result;
  const named = `"${program.name}"`;
  if (ended === "timeout") {
    const rest = "what it had done is kept, and a further attempt goes on from it";
    return { done: false, cause: "timeout", detail: `${named} was ended after ${timeout_ms / 1000} s: ${rest}` };
  }
  if (exit === NOT_FOUND || exit === NOT_EXECUTABLE || ended === "not_started")
    return { done: false, cause: "setup", detail: `Cannot start ${named}: ${lastLine(said) || `exit status ${exit}`}` };
  if (turn?.ended === "failed") return { done: false, cause: turn.cause, detail: turn.detail };
  // The end of its turn is that of its work: what it still did then, and how it was ended, is nothing of it.
  if (exit !== 0 && turn?.ended !== "turn")
    return { done: false, cause: "error", detail: wordsFor(said, { named, timeout_ms }) };
  if (turn?.ended === "closed")
    return {
      done: false,
      cause: "error",
      detail: `${named} ended before its turn did${turn.strange ? NO_PROTOCOL : ""}`,
    };
  const words = turn?.said || `${named} ended ${turn === null ? "with exit status 0" : "its turn"}`;
  if (left.trim() === "" && reports && !turn?.said)
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
