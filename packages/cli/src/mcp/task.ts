import type { ByHand, Standing, ToolSpec } from "@dgov/governor/by_hand";
import { DgovError } from "@dgov/governor/error";
import type { CallToolResult, Tool } from "@modelcontextprotocol/server";
import { z } from "zod";
import { failureOf } from "../print.ts";

/** What a client of a task is given: its tools, and an answer to each call of one. `client`: what it calls itself. */
export type TaskTools = {
  tools(): readonly Tool[];
  call(client: string, name: string, input: unknown): Promise<CallToolResult>;
};

/** Clients wait a minute for an answer, unless they are told otherwise. */
const WAIT_MS = 45_000;
const WAIT_MAX_S = 300;

const TaskInput = z.strictObject({
  wait_s: z
    .number()
    .min(0)
    .max(WAIT_MAX_S)
    .default(WAIT_MS / 1000)
    .describe("How long to wait while the worktree is made or the work is judged"),
});

/** The one tool that a worker has not: it has no other way to be told what to do, and what became of it. */
const TASK: Tool = {
  name: "task",
  description:
    "What to do, and how it stands. Call it first: it begins the task and gives its order. Call it again while the work is judged: it waits for the verdict, and after a refusal it gives the next order.",
  inputSchema: z.toJSONSchema(TaskInput, { io: "input" }) as Tool["inputSchema"],
  annotations: { readOnlyHint: false, openWorldHint: false },
};

export function taskTools(work: ByHand): TaskTools {
  const toolOf = ({ name, description, parameters }: ToolSpec): Tool => ({
    ...{ name, description, annotations: { openWorldHint: false } },
    inputSchema: parameters as Tool["inputSchema"],
  });
  return {
    tools: () => [TASK, ...work.specs().map(toolOf)],
    async call(client, name, input) {
      try {
        return name === TASK.name ? await take(work, client, input) : await call(work, client, { name, input });
      } catch (error) {
        const { stack: _, ...failure } = failureOf(error);
        return { content: [words(JSON.stringify({ error: failure }))], isError: true };
      }
    },
  };
}

async function take(work: ByHand, client: string, input: unknown): Promise<CallToolResult> {
  const read = TaskInput.safeParse(input ?? {});
  if (!read.success) throw new DgovError("usage", `Cannot call "task": ${z.prettifyError(read.error)}`);
  return told(await work.take(client, read.data.wait_s * 1000), work.order());
}

async function call(
  work: ByHand,
  client: string,
  { name, input }: { name: string; input: unknown },
): Promise<CallToolResult> {
  const asked = { tool: name, input: JSON.stringify(input ?? {}) };
  const { result, standing, ended } = await work.call(client, asked, WAIT_MS);
  const said: CallToolResult = { content: [words(result.text)], ...(result.ok ? {} : { isError: true }) };
  if (!ended) return said;
  return { ...said, content: [...said.content, ...told(standing, work.order()).content] };
}

/** How it stands as data, and after it the order as it is written, where there is one to be carried out. */
const told = (standing: Standing, order: string | null): CallToolResult => ({
  content: [words(JSON.stringify(standing)), ...(order === null ? [] : [words(order)])],
});

const words = (text: string) => ({ type: "text" as const, text });
