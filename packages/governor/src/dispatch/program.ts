import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EventOf, TaskId } from "@dgov/kernel";
import { changesFiles } from "@dgov/kernel/role";
import type { Isolation, Scope } from "@dgov/sandbox";
import { shellQuote } from "@dgov/sandbox/shell_quote";
import type { Order } from "@dgov/worker";
import { PROMPT, PROMPT_FILE, type Program, TOOLS_SERVER } from "../agent_file.ts";
import { runProjectCommand, type Said } from "../project_command.ts";
import { outOf } from "../root.ts";
import { endedBy } from "../run_setup.ts";
import type { Site } from "../site.ts";
import type { Turn } from "./acp/conversation.ts";
import type { Editor } from "./acp/editor.ts";
import { type Door, type Lending, openLending } from "./lending.ts";
import { type Secret, withoutSecrets } from "./secrets.ts";
import { recordCalls } from "./talk.ts";

/**
 * What a program is lent. `start` makes a further jail as its own is, for tools of that scope; `seat`: of the review, where
 * it holds one; `door`: where its own processes ask for those tools, absent: it is lent none.
 */
export type Lent = {
  program: Program;
  isolation: Isolation;
  signal: AbortSignal;
  order: Pick<Order, "messages" | "limits">;
  scope: Scope;
  root: string;
  start: (scope: Scope) => Promise<Isolation>;
  seat?: string;
  door?: Door;
};
export type Of = { task: TaskId; attempt: number };

/** The file in which it says something of its own, and the variable that names this file to it. */
export type Leaves = { variable: string; file: string; most_bytes: number };

/** What became of a program. `left`: what stands in that file, "" for nothing; `turn`: of one that speaks the protocol. */
export type Ran = { said: Said; left: string; turn: Turn | null; timeout_ms: number };

export type ProgramSite = Pick<Site, "session" | "world" | "out" | "project">;

/** Runs it from its start, which is in the log, to its end. @returns null when the signal ended it */
export async function runProgram(
  site: ProgramSite,
  of: Of,
  { lent, leaves }: { lent: Lent; leaves: Leaves },
): Promise<Ran | null> {
  const { program, isolation, signal, order } = lent;
  const { name, passed, hosts, command, output_max_bytes, protocol } = program;
  const timeout_ms = Math.max(1, Math.min(order.limits.time_ms ?? LONGEST_MS, program.timeout_ms ?? LONGEST_MS));
  const words = { agent: name, command: [...command], passed: [...passed], hosts: [...hosts] };
  const whose = lent.seat === undefined ? {} : { seat: lent.seat };
  const spoken = { ...(protocol === "acp" ? { protocol } : {}), ...whose };
  const { level } = isolation;
  site.session.record({ kind: "agent_started", ...of, ...words, level, time_ms: timeout_ms, ...spoken });
  const secrets = secretsOf(site, program);
  const given = Object.fromEntries(secrets.map(({ name: variable, value }) => [variable, value]));
  const prompt = order.messages.map(({ text }) => text).join("\n\n");
  const editor = protocol === "acp" ? await editorFor(site, of, { ...lent, prompt }) : null;
  const lending = program.mcp && lent.door ? lendTools(site, of, lent, lent.door) : null;
  const asking = {
    command: scriptOf(program, prompt, { leaves, self: site.world.self }),
    timeout_ms,
    out: site.out,
    log: `${outOf(of)}/${lent.seat === undefined ? "agent" : `agent-${lent.seat}`}.log`,
    output_max_bytes,
    env: { ...Object.fromEntries(Object.entries(program.env).filter(([, value]) => !needsServer(value))), ...given },
    ...(editor === null ? {} : { talk: editor.talk }),
  };
  const {
    said,
    turn,
    ended: byTool,
  } = await untilEnded({ editor, lending }, () =>
    endedBy(signal, isolation, () => runProjectCommand(isolation, asking)),
  );
  if (said === null) return null;
  const told = redacted(said, site.out, secrets);
  site.session.record({ ...endOf(told, { ...of, agent: name }), ...whose });
  if (signal.aborted) return null;
  const file = await endedBy(signal, isolation, () => readLeftFile(isolation, leaves));
  if (file === null) return null;
  const left = byTool === null ? file : JSON.stringify({ outcome: byTool.ended, summary: byTool.summary });
  return { said: told, left: withoutSecrets(left, secrets), turn, timeout_ms };
}

/** The values that a program is given and nobody else is told. */
export const secretsOf = ({ world }: Pick<Site, "world">, { passed }: Program): Secret[] =>
  passed.map((variable): Secret => ({ name: variable, value: world.env[variable] ?? "" }));

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
      record: recordCalls(site.session, { ...of, level: isolation.level, ...(lent.seat ? { seat: lent.seat } : {}) }),
    },
  );
}

/** Its tools as a worker has them, in a jail beside its own. */
function lendTools(site: Pick<Site, "session" | "world" | "project">, of: Of, lent: Lent, door: Door): Lending {
  const { isolation, root, scope, order } = lent;
  const lending = openLending({
    ...{ root, scope, policy: site.project.rules.tool_policy, required: null, limits: order.limits },
    now_ms: site.world.now_ms,
    start: () => lent.start(scope),
    record: recordCalls(site.session, { ...of, level: isolation.level }),
  });
  door.open = lending.take;
  return lending;
}

type Beside = { editor: Editor | null; lending: Lending | null };
type EndedBeside = { said: Said | null; turn: Turn | null; ended: Awaited<ReturnType<Lending["close"]>> };

/** Whatever becomes of the process, what it had asked for is ended with it. */
async function untilEnded({ editor, lending }: Beside, work: () => Promise<Said | null>): Promise<EndedBeside> {
  try {
    const said = await work();
    return { said, turn: (await editor?.close()) ?? null, ended: (await lending?.close()) ?? null };
  } finally {
    await editor?.close();
    await lending?.close();
  }
}

const LONGEST_MS = 86_400_000;
const TASK_FILE = '"$TMPDIR/dgov-task.md"';
const pathOf = ({ file }: Leaves) => `"$TMPDIR/${file}"`;

/** The kernel takes no longer word (128 KiB): a longer task is pointed to. */
const WORD_MAX_BYTES = 120_000;

/** `self`: argv prefix that starts this program again. */
type Scripting = { leaves: Leaves; self: readonly string[] };

/** What the shell is given: the task goes into a file of the private folder, and from there to where the command wants it. */
function scriptOf({ command, protocol, mcp, env }: Program, prompt: string, { leaves, self }: Scripting): string {
  const end = endMark(prompt);
  const long = Buffer.byteLength(prompt) > WORD_MAX_BYTES;
  const text = long
    ? '"Your task is in the file $TMPDIR/dgov-task.md: read it whole, then do what it says."'
    : `"$(cat ${TASK_FILE})"`;
  const stand: Readonly<Record<string, string>> = {
    ...{ [PROMPT]: text, [PROMPT_FILE]: TASK_FILE },
    ...(mcp ? { [TOOLS_SERVER]: SERVER_FILE } : {}),
  };
  const fill = (word: string) =>
    word
      .split(/(\{prompt(?:_file)?\}|\{mcp\})/)
      .map((part) => (part === "" ? "" : (stand[part] ?? shellQuote(part))))
      .join("") || "''";
  const named = command.some((word) => word.includes(PROMPT) || word.includes(PROMPT_FILE));
  const input = protocol === "acp" ? "" : ` < ${named ? "/dev/null" : TASK_FILE}`;
  return [
    `cat > ${TASK_FILE} <<'${end}'`,
    prompt.endsWith("\n") ? prompt.slice(0, -1) : prompt,
    end,
    `rm -rf ${pathOf(leaves)}`,
    `export ${leaves.variable}=${pathOf(leaves)}`,
    ...(mcp ? serverLines(self) : []),
    ...Object.entries(env).flatMap(([name, value]) => (needsServer(value) ? [`export ${name}=${fill(value)}`] : [])),
    `exec ${command.map(fill).join(" ")}${input}`,
  ].join("\n");
}

const SERVER_FILE = '"$TMPDIR/dgov-mcp"';
const needsServer = (value: string): boolean => value.includes(TOOLS_SERVER);

/** A program that serves the tools: clients start such a one with next to nothing of the environment, so it has all in it. */
const serverLines = (self: readonly string[]): string[] => [
  `printf '#!/bin/sh\\nexec %s __lent %s\\n' ${shellQuote(self.map(shellQuote).join(" "))} "$HTTP_PROXY" > ${SERVER_FILE}`,
  `chmod 700 ${SERVER_FILE}`,
  `export DGOV_MCP=${SERVER_FILE}`,
];

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

/** @returns what stands in the file that it may leave; "" where there is none */
async function readLeftFile(isolation: Isolation, leaves: Leaves): Promise<string> {
  const { most_bytes } = leaves;
  const command = `f=${pathOf(leaves)}; if [ -f "$f" ] && [ ! -L "$f" ]; then head -c ${most_bytes} "$f"; fi`;
  const limits = { timeout_ms: 10_000, output_max_bytes: 2 * most_bytes, clip_bytes: most_bytes };
  const { head, tail } = await isolation.exec({ command, ...limits });
  return `${head}${tail}`;
}
