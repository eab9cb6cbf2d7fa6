import {
  type AnyMessage,
  type ClientContext,
  client,
  methods,
  PROTOCOL_VERSION,
  type PromptRequest,
  RequestError,
  type Stream,
} from "@agentclientprotocol/sdk";
import type { Cause } from "@dgov/kernel";
import { z } from "zod";
import type { Answers } from "./answers.ts";

/**
 * How the talk with an agent ended, by the protocol alone. `closed`: it did not end, its process did; `strange`: and all that
 * it had written was no message. `said`: its last words, for people.
 */
export type Turn =
  | { ended: "turn"; said: string }
  | { ended: "failed"; cause: Cause; detail: string }
  | { ended: "closed"; strange: boolean };

export type Asked = { name: string; cwd: string; prompt: string; writes: boolean };

const AUTH_REQUIRED = -32000;
const SAID_MAX_CHARS = 2_000;

/** The last that an agent has said. */
export type Words = { last: string };
type Beside = { answers: Answers; words: Words };

/** One session with one prompt. Whatever the agent answers ends as a `Turn`. */
export async function converse(stream: Stream, asked: Asked, { answers, words }: Beside): Promise<Turn> {
  const connection = withAnswers(client({ name: "dgov" }), answers).connect(stream);
  try {
    return await oneTurn(connection.agent, asked, words);
  } catch (error) {
    if (error instanceof RequestError) return refusedTurn(error, asked.name);
    if (connection.signal.aborted) return { ended: "closed", strange: false }; // what closed it is the reason of whatever waited
    throw error;
  } finally {
    connection.close();
  }
}

const Initialized = z.looseObject({ protocolVersion: z.number() });
const Opened = z.looseObject({ sessionId: z.string() });
const Stopped = z.looseObject({ stopReason: z.string() });

async function oneTurn(agent: ClientContext, { name, cwd, prompt, writes }: Asked, words: Words): Promise<Turn> {
  const initialized = Initialized.safeParse(
    await agent.request<unknown>(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: { fs: { readTextFile: true, writeTextFile: writes }, terminal: writes },
      clientInfo: { name: "dgov", version: "1" }, // of this side of the talk
    }),
  );
  if (!initialized.success) return shapeless(name, "initialize");
  const { protocolVersion: version } = initialized.data;
  if (version !== PROTOCOL_VERSION)
    return failed(`"${name}" speaks version ${version} of the protocol, and we ${PROTOCOL_VERSION}`, "setup");
  const opened = Opened.safeParse(await agent.request<unknown>(methods.agent.session.new, { cwd, mcpServers: [] }));
  if (!opened.success) return shapeless(name, "session/new");
  const { sessionId } = opened.data;
  const prompting: PromptRequest = { sessionId, prompt: [{ type: "text", text: prompt }] };
  const ended = Stopped.safeParse(await agent.request<unknown>(methods.agent.session.prompt, prompting));
  return ended.success ? stopped(ended.data.stopReason, words.last, name) : shapeless(name, "session/prompt");
}

const failed = (detail: string, cause: Cause = "error"): Turn => ({ ended: "failed", cause, detail });
const shapeless = (name: string, method: string) =>
  failed(`"${name}" answered ${method} with what the protocol does not know`);

function refusedTurn({ code, message }: RequestError, name: string): Turn {
  if (code === AUTH_REQUIRED)
    return failed(`"${name}" wants a login: ${clip(message)}; pass its key by pass_env`, "setup");
  return failed(`"${name}" answered with an error (${code}): ${clip(message)}`);
}

function stopped(reason: string, said: string, name: string): Turn {
  if (reason === "end_turn") return { ended: "turn", said: said.trim() };
  if (reason === "refusal")
    return { ended: "failed", cause: "blocked", detail: said.trim() || `"${name}" refused to go on` };
  if (reason === "max_tokens" || reason === "max_turn_requests")
    return { ended: "failed", cause: "turns", detail: `"${name}" has used up what it may (${reason})` };
  return { ended: "failed", cause: "error", detail: `"${name}" ended its turn as "${clip(reason)}"` };
}

const Update = z.looseObject({
  update: z.looseObject({ sessionUpdate: z.string(), content: z.unknown().optional() }),
});
const Text = z.looseObject({ type: z.literal("text"), text: z.string() });

/**
 * What it says since its last call of a tool is kept for people; all else of its updates is passed over. They are taken here
 * and not by the library, which may hear them after the answer that they came before, and tells on the user's terminal of
 * what does not fit its schema.
 *
 * @returns whether the message was an update
 */
export function hearUpdate(message: AnyMessage, words: Words): boolean {
  if (!("method" in message) || message.method !== methods.client.session.update) return false;
  const update = Update.safeParse(message.params);
  if (!update.success) return true;
  const { sessionUpdate, content } = update.data.update;
  if (sessionUpdate === "tool_call") words.last = "";
  const text = sessionUpdate === "agent_message_chunk" ? Text.safeParse(content) : null;
  if (text?.success) words.last = `${words.last}${text.data.text}`.slice(-SAID_MAX_CHARS);
  return true;
}

function withAnswers(app: ReturnType<typeof client>, answers: Answers): typeof app {
  const { fs, terminal, session } = methods.client;
  return app
    .onRequest(fs.readTextFile, ({ params }) => answers.readTextFile(params))
    .onRequest(fs.writeTextFile, ({ params }) => answers.writeTextFile(params))
    .onRequest(terminal.create, ({ params }) => answers.terminals.create(params))
    .onRequest(terminal.output, ({ params }) => answers.terminals.output(params.terminalId))
    .onRequest(terminal.waitForExit, ({ params }) => answers.terminals.wait(params.terminalId))
    .onRequest(terminal.kill, ({ params }) => answers.terminals.kill(params.terminalId))
    .onRequest(terminal.release, ({ params }) => answers.terminals.release(params.terminalId))
    .onRequest(session.requestPermission, ({ params }) => answers.requestPermission(params));
}

const clip = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
