import { connect, type Socket } from "node:net";
import { LENT_AT } from "@dgov/governor/lent";
import type { Tool } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Here } from "../command.ts";
import { serveTask } from "./serve_task.ts";

const First = z.object({
  tools: z.array(
    z.object({ name: z.string(), description: z.string(), parameters: z.record(z.string(), z.unknown()) }),
  ),
});
const Answer = z.object({ id: z.int(), ok: z.boolean(), text: z.string() });
type Answer = z.infer<typeof Answer>;

/**
 * Runs inside of a jail, started by the agent that is in it: serves the tools that its task is lent, and passes each call
 * out and its answer in. `proxy` is the address of the way out. It holds nothing and decides nothing.
 */
export async function serveLent(here: Here, proxy: string): Promise<void> {
  if (!URL.canParse(proxy)) return here.stderr("Cannot serve tools: no task lends any here");
  const waiting = new Map<number, (answer: Answer) => void>();
  const first = Promise.withResolvers<z.infer<typeof First>>();
  const gone = () => {
    first.reject(new Error("Cannot reach the tools of the task: nobody lends them here"));
    for (const [id, take] of waiting) take({ id, ok: false, text: "Error: the task has ended" });
  };
  const socket = await lines(proxy, gone, (line) => {
    const value: unknown = JSON.parse(line); // from the governor
    const answer = Answer.safeParse(value);
    if (!answer.success) return first.resolve(First.parse(value));
    waiting.get(answer.data.id)?.(answer.data);
    waiting.delete(answer.data.id);
  });
  const { tools } = await first.promise;
  const own = tools.map(({ parameters, ...tool }) => ({ ...tool, inputSchema: parameters as Tool["inputSchema"] }));
  let last = 0;
  await serveTask(here, {
    tools: () => own,
    async call(_client, name, input) {
      const id = ++last;
      const { promise, resolve } = Promise.withResolvers<Answer>();
      waiting.set(id, resolve);
      socket.write(`${JSON.stringify({ id, tool: name, input: JSON.stringify(input ?? {}) })}\n`);
      const { ok, text } = await promise;
      return { content: [{ type: "text", text }], ...(ok ? {} : { isError: true }) };
    },
  });
  socket.destroy();
}

/** A connection to the lender: its lines, after the answer of the proxy. */
async function lines(proxy: string, gone: () => void, hear: (line: string) => void): Promise<Socket> {
  const { hostname, port } = new URL(proxy);
  const socket = connect({ host: hostname, port: Number(port) });
  const text = new TextDecoder();
  const held = { rest: "", open: false };
  socket.on("data", (chunk: Buffer) => {
    held.rest += text.decode(chunk, { stream: true });
    const head = held.open ? -1 : held.rest.indexOf("\r\n\r\n");
    if (!held.open && head < 0) return;
    if (!held.open && !/^HTTP\/1\.1 200 /.test(held.rest)) return void socket.destroy();
    if (!held.open) held.rest = held.rest.slice(head + 4);
    held.open = true;
    const all = held.rest.split("\n");
    held.rest = all.pop() ?? "";
    for (const line of all) hear(line);
  });
  socket.on("error", gone).on("close", gone);
  socket.write(`CONNECT ${LENT_AT} HTTP/1.1\r\n\r\n`);
  return socket;
}
