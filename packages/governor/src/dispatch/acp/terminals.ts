import { isAbsolute, relative } from "node:path";
import {
  type CreateTerminalRequest,
  RequestError,
  type TerminalOutputResponse,
  type WaitForTerminalExitResponse,
} from "@agentclientprotocol/sdk";
import { askedCommand, IsolationLost, type ToolResult } from "@dgov/sandbox";
import { shellQuote } from "@dgov/sandbox/shell_quote";
import { isKeptVariable } from "../../agent_file.ts";
import type { Hands } from "./hands.ts";
import type { Judge } from "./permission.ts";
import { refused } from "./refused.ts";

/** The agent's commands, each in a jail of its own, so that it can be ended alone and holds up nothing. */
export type Terminals = {
  create(asked: CreateTerminalRequest): Promise<{ terminalId: string }>;
  output(id: string): TerminalOutputResponse;
  wait(id: string): Promise<WaitForTerminalExitResponse>;
  kill(id: string): Promise<void>;
  release(id: string): Promise<void>;
  closeAll(): Promise<void>;
};

type Terminal = { hands: Hands; ended: Promise<End>; end: End | null; most_bytes: number | null };
type End = { output: string; exit: number | null; signal: string | null };

const TERMINALS_MAX = 4;

type Opening = { root: string; open: () => Promise<Hands>; judge: Judge };

/** `open` starts a jail with the tools in it. */
export function createTerminals({ root, open, judge }: Opening): Terminals {
  const all = new Map<string, Terminal>();
  let made = 0;
  const found = (id: string): Terminal => {
    const terminal = all.get(id);
    if (terminal === undefined) throw RequestError.invalidParams(undefined, `there is no terminal "${id}"`);
    return terminal;
  };
  const kill = async (id: string) => {
    const { hands, ended } = found(id);
    await hands.stop();
    await ended;
  };
  return {
    async create(asked) {
      if (all.size >= TERMINALS_MAX)
        throw RequestError.invalidRequest(undefined, `${TERMINALS_MAX} terminals are open: release one`);
      const call = askedCommand(commandOf(asked, root));
      const id = `t${++made}`;
      const refusal = await judge(call);
      const hands = await open();
      if (refusal !== null) {
        const result = await hands.call(call.tool, call.input); // which says so, and is recorded
        await hands.stop();
        throw refused(result);
      }
      const ended = run(hands, call);
      const terminal: Terminal = { hands, ended, end: null, most_bytes: asked.outputByteLimit ?? null };
      void ended.then((end) => Object.assign(terminal, { end }));
      all.set(id, terminal);
      return { terminalId: id };
    },
    output(id) {
      const { end, most_bytes } = found(id);
      if (end === null) return { output: "", truncated: false };
      const { text, truncated } = lastBytes(end.output, most_bytes);
      return { output: text, truncated, exitStatus: statusOf(end) };
    },
    wait: async (id) => statusOf(await found(id).ended),
    kill,
    async release(id) {
      await kill(id);
      all.delete(id);
    },
    async closeAll() {
      await Promise.all([...all.keys()].map(kill));
    },
  };
}

const statusOf = ({ exit, signal }: End) => ({ exitCode: exit, signal });

async function run(hands: Hands, { tool, input }: { tool: string; input: string }): Promise<End> {
  try {
    return endOf(await hands.call(tool, input));
  } catch (error) {
    if (!(error instanceof IsolationLost)) throw error;
    return { output: "", exit: null, signal: "SIGKILL" };
  } finally {
    await hands.stop();
  }
}

/** A command that came to no end of its own was ended by us. */
function endOf({ text, exit = NOT_EXECUTABLE }: ToolResult): End {
  return { output: text, exit, signal: exit === null ? "SIGKILL" : null };
}
const NOT_EXECUTABLE = 126; // no program was run

/** One text for the shell, so that the rules see all of it: the folder, the variables, the words. */
function commandOf({ command, args = [], env = [], cwd }: CreateTerminalRequest, root: string): string {
  const line = args.length === 0 ? command : [command, ...args].map(shellQuote).join(" ");
  const variables = env.map(({ name, value }) => {
    if (isKeptVariable(name)) throw RequestError.invalidParams(undefined, `the variable "${name}" cannot be set`);
    return `export ${name}=${shellQuote(value)}; `;
  });
  return `${folderOf(cwd ?? root, root)}${variables.join("")}${line}`;
}

function folderOf(cwd: string, root: string): string {
  const path = isAbsolute(cwd) ? relative(root, cwd) : cwd;
  if (path === "" || path === ".") return "";
  return `cd ${shellQuote(path.startsWith("-") ? `./${path}` : path)} && `;
}

/** The end of a text, in whole characters. */
function lastBytes(text: string, most_bytes: number | null): { text: string; truncated: boolean } {
  const bytes = Buffer.from(text);
  if (most_bytes === null || bytes.length <= most_bytes) return { text, truncated: false };
  let from = bytes.length - most_bytes;
  while (from < bytes.length && (bytes[from]! & 0xc0) === 0x80) from++;
  return { text: bytes.toString("utf8", from), truncated: true };
}
