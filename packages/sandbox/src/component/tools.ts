import { z } from "zod";
import { type Answer, defineTool, type Scope, type Tool } from "../tool.ts";
import { componentsFor, type ToolComponent } from "./component.ts";
import { refuseEndless } from "./endless.ts";
import type { ComponentAnswer, ComponentFailed } from "./order.ts";

/** The project's own tools for a task. Each call asks for them, and a schema takes a while to read: so it is read once. */
export function componentTools(scope: Scope): readonly Tool[] {
  const { components = [], role } = scope;
  const tools = KNOWN.get(scope) ?? componentsFor(role, components).map(componentTool);
  KNOWN.set(scope, tools);
  return tools;
}
const KNOWN = new WeakMap<Scope, readonly Tool[]>();

/** Which files it touches shows when it runs: its host asks for each, as the file tools do. */
function componentTool(component: ToolComponent): Tool {
  const { name, description, parameters, write, ...own } = component;
  return defineTool({
    name,
    description,
    input: inputOf(parameters),
    access: () => [],
    async run(input, host) {
      if (!host.component) return { ok: false, text: `Error: Cannot call "${name}" here: components cannot be run` };
      const order = { do: "call", component: { ...own, name }, input: JSON.stringify(input), write } as const;
      return answerOf(name, await host.component(order));
    },
  });
}

/**
 * What a component says its input is. @throws Error when it is no JSON Schema of an object, or one without end
 */
export function inputOf(parameters: Readonly<Record<string, unknown>>): z.ZodType {
  refuseEndless(parameters);
  if (parameters.type !== "object") throw new Error('its "type" is not "object"');
  return z.fromJSONSchema({ ...parameters });
}

/** What the model is told, and what the record keeps. */
function answerOf(name: string, answer: ComponentAnswer): Answer {
  const { touched, refused } = answer;
  const notes = refused.length === 0 ? "" : `\nRefused to the component: ${refused.join("; ")}`;
  if (answer.ok) return { ok: true, text: `${answer.text}${notes}`, touched };
  const text = `Error: ${failure(name, answer)}${notes}`;
  // What was refused did not happen, so this is said only of a call that did nothing.
  return refused.length > 0 && touched.length === 0
    ? { ok: false, text, touched, refused_by: "claim" }
    : { ok: false, text, touched };
}

const failure = (name: string, { cause, why }: ComponentFailed) =>
  cause === "error" ? why : `Cannot run the component of "${name}": ${why}`;
