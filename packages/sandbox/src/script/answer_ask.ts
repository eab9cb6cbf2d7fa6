import { componentsFor } from "../component/component.ts";
import type { ComponentAnswer } from "../component/order.ts";
import { createHost, type HostPlace } from "../host.ts";
import { type Host, HostError, type Scope } from "../tool.ts";
import type { ScriptAsk, ScriptReply } from "./words.ts";

/** Does what the child of a script may not do itself, by the same host and the same rules as for a tool of the model. */
export async function answerAsk(
  question: ScriptAsk,
  { component, ...place }: HostPlace & Pick<Host, "component">,
): Promise<ScriptReply> {
  try {
    const host = createHost(place);
    if ("component" in question) return { component: await callComponent(question, place.scope, component) };
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
