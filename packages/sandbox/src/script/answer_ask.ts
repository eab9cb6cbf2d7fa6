import { componentsFor } from "../component/component.ts";
import type { ComponentAnswer } from "../component/order.ts";
import { createHost, type HostPlace } from "../host.ts";
import { type Answer, type Host, HostError, type Scope } from "../tool.ts";
import { READING_CODE, type ScriptAsk, type ScriptReply } from "./words.ts";

/** Where asks are answered. `runTool` is the registry's, which brings all tools and is loaded when one is asked for. */
export type AnswerPlace = HostPlace & Pick<Host, "component" | "code"> & { runTool: RunTool };
type RunTool = (tool: string, input: unknown, host: Host) => Promise<Answer>;

/** Does what the child of a script may not do itself, by the same host and the same rules as for a tool of the model. */
export async function answerAsk(
  question: ScriptAsk,
  { component, code, runTool, ...place }: AnswerPlace,
): Promise<ScriptReply> {
  try {
    const host = createHost(place);
    if ("component" in question) return { component: await callComponent(question, place.scope, component) };
    if ("tool" in question)
      return { answer: await readCode(question, { ...host, ...(code ? { code } : {}) }, runTool) };
    if ("exec" in question) return { result: await host.exec(question.exec) };
    if ("git" in question) return { git: (await host.git?.(question.git)) ?? { ok: false, why: "nobody answers it" } };
    if ("remove" in question) await host.remove(question.remove);
    else await host.write(question.write, question.base64 ? Buffer.from(question.content, "base64") : question.content);
    return { result: null };
  } catch (error) {
    if (error instanceof HostError) return { refused: { code: error.code, message: error.message } };
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

type ToolAsk = Extract<ScriptAsk, { tool: string }>;

/** What such a tool starts has no more time than its script. */
async function readCode({ tool, input, timeout_ms }: ToolAsk, host: Host, runTool: RunTool): Promise<Answer> {
  if (!READING_CODE.includes(tool)) throw new Error(`Cannot call "${tool}" for a script: its own process does`);
  const exec: Host["exec"] = async (request) => {
    const result = await host.exec({ ...request, timeout_ms: Math.min(request.timeout_ms, timeout_ms) });
    return result.ended === "timeout" && timeout_ms < request.timeout_ms ? { ...result, ended: "cut" } : result;
  };
  return runTool(tool, input, { ...host, exec });
}

type ComponentAsk = Extract<ScriptAsk, { component: string }>;

/** The component is the scope's own of that name, whatever the child says of it, and has no more time than its own. */
async function callComponent(
  { component: name, input, timeout_ms }: ComponentAsk,
  { components = [], role }: Scope,
  run: Host["component"],
): Promise<ComponentAnswer> {
  const own = componentsFor(role, components).find((one) => one.name === name);
  if (!own || !run) throw new Error(`Cannot call "${name}": it is no component of this task`);
  const { write } = own;
  const component = { ...own, timeout_ms: Math.min(own.timeout_ms, timeout_ms) };
  return run({ do: "call", component, input, write });
}
