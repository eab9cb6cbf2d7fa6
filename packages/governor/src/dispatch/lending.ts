import type { Socket } from "node:net";
import { createToolbox, type Isolation, IsolationLost, type IsolationSpec, type ToolboxOptions } from "@dgov/sandbox";
import { type Hand, type Limits, type Outcome, type ToolResult, workByHand } from "@dgov/worker";
import { z } from "zod";
import { jsonOrNull } from "../json_or_null.ts";
import { hostsOrNone } from "../presets.ts";

/**
 * The tools of a task for a program that is in the task's jail, and whose own processes reach them through the way out. They
 * run in a jail of their own, which is made with the first call.
 *
 * `take`    takes over a connection from inside: one question a line, one answer a line
 * `close`   ends it all; gives how the program has ended its task by a tool, null: it has not
 */
export type Lending = {
  take(connection: Socket, early: Buffer): void;
  close(): Promise<Extract<Outcome, { summary: string }> | null>;
};

/** Where connections from inside go. */
export type Door = { open: Lending["take"] };
type Way = { door: { door?: Door }; way: Pick<IsolationSpec, "network" | "lend"> };

/** The way out of a jail to these hosts, and, where tools are to be lent, the door that it has for them. */
export function doorOf(hosts: readonly string[], lends: boolean): Way {
  if (!lends) return { door: {}, way: { network: hostsOrNone(hosts) } };
  const door: Door = { open: (connection) => void connection.destroy() };
  return { door: { door }, way: { network: { hosts }, lend: (connection, early) => door.open(connection, early) } };
}

type LendingOf = Omit<ToolboxOptions, "isolation"> & { start: () => Promise<Isolation>; limits: Limits };

const CONNECTIONS_MAX = 4;
const LINE_MAX_BYTES = 16 * 1024 * 1024;

export function openLending({ start, limits, ...options }: LendingOf): Lending {
  const sockets = new Set<Socket>();
  const stop = new AbortController();
  const jail: { started: Promise<Isolation> | null } = { started: null };
  const inJail: ToolboxOptions["isolation"] = {
    async call(...asked) {
      jail.started ??= start();
      return (await jail.started).call(...asked);
    },
  };
  const tools = createToolbox({ ...options, isolation: inJail });
  const lent = Promise.withResolvers<Hand>();
  const order = { messages: [], ending: "done", limits: { ...limits, counted: "calls" as const } };
  const worked = workByHand(order, { tools, now_ms: options.now_ms, signal: stop.signal }, lent.resolve).catch(
    (error: unknown): null => {
      if (error instanceof IsolationLost) return null; // it has killed its own tools: that is not the end of its work
      throw error;
    },
  );
  worked.catch(() => {}); // a bug of ours is heard of in `close`
  return {
    take(connection, early) {
      if (sockets.size >= CONNECTIONS_MAX || stop.signal.aborted) return void connection.destroy();
      sockets.add(connection);
      connection.on("close", () => sockets.delete(connection)).on("error", () => connection.destroy());
      connection.on("end", () => connection.end()); // who has no more questions is owed no more
      void lent.promise.then((hand) => converse(connection, early, hand));
    },
    async close() {
      stop.abort();
      for (const socket of sockets) socket.destroy();
      await (await jail.started)?.stop();
      const outcome = await worked;
      return outcome !== null && "summary" in outcome ? outcome : null;
    },
  };
}

const Question = z.strictObject({ id: z.int(), tool: z.string().max(200), input: z.string() });

/** What it sends that is no question ends its connection, and nothing else. */
function converse(connection: Socket, early: Buffer, hand: Hand): void {
  let rest = "";
  const text = new TextDecoder();
  const hear = (chunk: Buffer) => {
    const lines = `${rest}${text.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LINE_MAX_BYTES) connection.destroy();
    for (const line of lines) void answer(connection, line, hand);
  };
  connection.write(`${JSON.stringify({ tools: hand.specs })}\n`);
  connection.on("data", hear);
  hear(early);
  connection.resume();
}

const OVER: ToolResult = { ok: false, text: "Error: the task's work has ended, or its time or its calls are used up" };

async function answer(connection: Socket, line: string, hand: Hand): Promise<void> {
  const asked = Question.safeParse(jsonOrNull(line));
  if (!asked.success) return void connection.destroy();
  const { id, tool, input } = asked.data;
  const { ok, text } = (await hand.call(tool, input)) ?? OVER;
  if (!connection.destroyed) connection.write(`${JSON.stringify({ id, ok, text })}\n`);
}
