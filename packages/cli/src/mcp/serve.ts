import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Here } from "../command.ts";
import { failureOf } from "../print.ts";
import { MCP_TOOLS, type McpTool } from "./tools.ts";
import { createVerbs, type Verbs } from "./verbs.ts";

/** A longer answer would fill the other side's memory with one call: it is asked to ask for less. */
const ANSWER_MAX_CHARS = 200_000;

const INSTRUCTIONS =
  "dgov runs plans of coding tasks in parallel, judges each change and lands what passes. Compile a plan, start it with run_start, follow it with run_events or run_wait, and look at what failed with diagnose and plan_review.";

/** Serves the tools over standard input and output until the input ends, or a signal comes. */
export async function serveMcp(here: Here): Promise<void> {
  const over = Promise.withResolvers<void>();
  const client = { name: "client" };
  const verbs = createVerbs(here, () => client.name);
  const served = serveStdio(() => makeServer({ here, verbs, client, closed: over.resolve }), {
    onerror: (error) => here.stderr(`Cannot read a message: ${error.message.slice(0, 300)}`),
  });
  here.signal.addEventListener("abort", () => over.resolve(), { once: true });
  process.stdin.once("end", over.resolve).once("close", over.resolve);
  await over.promise;
  await served.close();
  verbs.background.close();
}

/** `client`: what the other side calls itself, once it has. */
type Served = { here: Here; verbs: Verbs; client: { name: string }; closed: () => void };

function makeServer({ here, verbs, client, closed }: Served): McpServer {
  const server = new McpServer({ name: "dgov", version: here.version }, { instructions: INSTRUCTIONS });
  server.server.onclose = closed;
  server.server.oninitialized = () => {
    client.name = server.server.getClientVersion()?.name ?? client.name;
  };
  for (const tool of MCP_TOOLS) {
    const { name, description, input: inputSchema, reads } = tool;
    const annotations = { readOnlyHint: reads, openWorldHint: false };
    server.registerTool(name, { description, inputSchema, annotations }, (input) => answerOf(tool, input, verbs));
  }
  return server;
}

type Answer = { content: [{ type: "text"; text: string }]; isError?: true };

/** A refusal is an answer that the other side can act on, as data: what a person would read and a code. */
async function answerOf(tool: McpTool, input: Record<string, unknown>, verbs: Verbs): Promise<Answer> {
  try {
    const text = JSON.stringify(await tool.call(input, verbs));
    if (text.length <= ANSWER_MAX_CHARS) return { content: [{ type: "text", text }] };
    const message = `The answer has ${text.length} characters, more than ${ANSWER_MAX_CHARS}: ask for less of it`;
    return refusal({ code: "answer_too_large", message, hint: "Name one task, or a smaller number", exit: 1 });
  } catch (error) {
    const { stack: _, ...failure } = failureOf(error);
    return refusal(failure);
  }
}

const refusal = (error: unknown): Answer => ({
  content: [{ type: "text", text: JSON.stringify({ error }) }],
  isError: true,
});
