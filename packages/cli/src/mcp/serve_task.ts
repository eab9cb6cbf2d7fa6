import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Here } from "../command.ts";
import type { TaskTools } from "./task.ts";

const INSTRUCTIONS =
  'One task of dgov, and the tools to do it in a worktree of its own. Call "task" first: it says what is to be done. Change files by these tools alone. End with "done": the work is judged, and lands if it passes; if not, you are told why and go on.';

/** Serves the tools of one task over standard input and output until the input ends, or a signal comes. */
export async function serveTask(here: Pick<Here, "version" | "stderr" | "signal">, tools: TaskTools): Promise<void> {
  const over = Promise.withResolvers<void>();
  const served = serveStdio(() => makeServer(here.version, tools, over.resolve), {
    onerror: (error) => here.stderr(`Cannot read a message: ${error.message.slice(0, 300)}`),
  });
  here.signal.addEventListener("abort", () => over.resolve(), { once: true });
  process.stdin.once("end", over.resolve).once("close", over.resolve);
  await over.promise;
  await served.close();
}

/** The tools have schemas of their own and judge what they are given, as they do in the loop: none is judged twice. */
function makeServer(version: string, { tools, call }: TaskTools, closed: () => void): McpServer {
  const info = { name: "dgov", version };
  const made = new McpServer(info, { instructions: INSTRUCTIONS, capabilities: { tools: { listChanged: true } } });
  const { server } = made;
  server.onclose = closed;
  server.setRequestHandler("tools/list", () => ({ tools: [...tools()] }));
  server.setRequestHandler("tools/call", async ({ params }) => {
    const before = namesOf(tools());
    const result = await call(server.getClientVersion()?.name ?? "client", params.name, params.arguments);
    if (namesOf(tools()) !== before) await server.sendToolListChanged();
    return result;
  });
  return made;
}

const namesOf = (tools: ReturnType<TaskTools["tools"]>): string => tools.map(({ name }) => name).join(" ");
