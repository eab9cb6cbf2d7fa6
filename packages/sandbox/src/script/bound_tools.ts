import { drainMicrotasks } from "bun:jsc";
import type { ComponentAnswer, ComponentOrder } from "../component/order.ts";
import type { HeldRoot } from "../descent.ts";
import type { GitQuestion, GitReply } from "../git_question.ts";
import { createHost } from "../host.ts";
import type { ExecRequest, ExecResult } from "../isolate/isolation.ts";
import { type Asked, passCall } from "../pass_call.ts";
import type { ToolPolicy } from "../policy.ts";
import { runParsed, toolsFor } from "../registry.ts";
import { type Access, type Answer, type Host, HostError, type Scope } from "../tool.ts";
import type { Called, Powers } from "./realm.ts";
import { createTelling } from "./telling.ts";
import { READING_CODE, type ScriptAsk, type ScriptReply, type ScriptSetup, type ScriptWord } from "./words.ts";

/** Where the tools of a script work, and by what they are judged. `deadline_ms` is on the clock of `now_ms`. */
export type BoundPlace = Omit<ScriptSetup, "scope"> & {
  scope: Scope;
  policy: ToolPolicy;
  deadline_ms: number;
  held?: HeldRoot;
};
export type Line = {
  say: (word: ScriptWord) => void;
  ask: (question: ScriptAsk) => ScriptReply;
  now_ms: () => number;
};

/** What a script cannot call: it does not end the task, and starts no script. */
const UNBOUND: readonly string[] = ["done", "emit_plan", "run_script"];

/** The tools of a task as a script calls them. Each call is judged, cut and told as if the model had made it. */
export function bindTools(place: BoundPlace, line: Line): Pick<Powers, "tools" | "call"> {
  const tools = new Map(toolsFor(place.scope).flatMap((own) => (UNBOUND.includes(own.name) ? [] : [[own.name, own]])));
  const host = hostOf(place, line);
  const tell = createTelling();
  const pass = async (asked: Asked): Promise<Called> => {
    const started_ms = line.now_ms();
    const told = (answer: Answer, accesses: readonly Access[]) =>
      tell(asked, answer, { took_ms: line.now_ms() - started_ms, accesses });
    const call = async (name: string, input: unknown): Promise<Answer> => {
      const tool = tools.get(name);
      if (tool === undefined) throw new Error(`Cannot call "${name}": a script has no such tool`);
      const accesses = tool.access(input, place.scope); // both sides of this call are in this process
      if (accesses.some(({ kind }) => kind !== "read") || mayWrite(place.scope, name))
        line.say({ begun: told(CUT_OFF, accesses) });
      return READING_CODE.includes(name)
        ? askTool(line.ask, { tool: name, input, timeout_ms: left(place, line) })
        : runParsed(tool, input, host);
    };
    const { answer, accesses } = await passCall({ ...place, isolation: { call } }, asked);
    line.say({ called: told(answer, accesses) });
    if (answer.ok) return { ok: true, text: answer.text };
    const { text, refused_by } = answer;
    return { ok: false, name: "ToolError", message: text, more: { text, refused_by: refused_by ?? null } };
  };
  return {
    tools: [...tools.keys()],
    call(name, raw) {
      const called = pass({ name, raw });
      drainMicrotasks(); // what a tool of ours waits for is done by then, and the script has its answer at once
      return Bun.peek(called);
    },
  };
}

/** What is told of a call that is never heard of again. */
const CUT_OFF: Answer = { ok: false, text: "Error: The script was ended in the middle of this call" };

/** A component of the project tells which files it changed when it has ended, and not before. */
const mayWrite = ({ components = [] }: Scope, tool: string): boolean =>
  components.some(({ name, write }) => write && name === tool);

/**
 * Reading is done here. What changes something is asked of the server, whom nobody kills in the middle of it.
 * A command, or a component, gets no more time than the script has left: it ends when the script has, and not before.
 */
function hostOf(place: BoundPlace, { ask, now_ms }: Line): Host {
  const timeLeft = () => left(place, { now_ms });
  const exec = (request: ExecRequest): ExecResult => {
    const left_ms = timeLeft();
    const result = answered(ask({ exec: { ...request, timeout_ms: Math.min(request.timeout_ms, left_ms) } }));
    if (result === null) throw new Error("The server answered a command with nothing");
    return result.ended === "timeout" && left_ms < request.timeout_ms ? { ...result, ended: "cut" } : result;
  };
  const git = async (question: GitQuestion): Promise<GitReply> => {
    const reply = ask({ git: question });
    return "git" in reply ? reply.git : { ok: false, why: "the server did not answer" };
  };
  const component = async (order: ComponentOrder): Promise<ComponentAnswer> => {
    if (order.do !== "call") throw new Error(`Cannot ${order.do} a component: a script only calls tools`);
    const left_ms = timeLeft();
    const reply = ask({ component: order.component.name, input: order.input, timeout_ms: left_ms });
    if (!("component" in reply)) throw new Error("The server did not answer for a component");
    const late = !reply.component.ok && reply.component.cause === "timeout" && left_ms < order.component.timeout_ms;
    return late ? { ...reply.component, ...atDeadline(left_ms) } : reply.component;
  };
  const { root, held, tmp, scope, asks_git } = place;
  const more = { ...(held ? { held } : {}), ...(asks_git ? { git } : {}) };
  return {
    ...createHost({ root, tmp, scope, exec: async (request) => exec(request), ...more }),
    component,
    async write(path, content) {
      const base64 = typeof content !== "string";
      answered(ask({ write: path, content: base64 ? Buffer.from(content).toString("base64") : content, base64 }));
    },
    async remove(path) {
      answered(ask({ remove: path }));
    },
  };
}

const left = ({ deadline_ms }: BoundPlace, { now_ms }: Pick<Line, "now_ms">): number =>
  Math.max(1, Math.ceil(deadline_ms - now_ms()));

function askTool(ask: Line["ask"], question: Extract<ScriptAsk, { tool: string }>): Answer {
  const reply = ask(question);
  if ("answer" in reply) return reply.answer;
  answered(reply);
  throw new Error(`The server did not answer for "${question.tool}"`);
}

/** The limit that struck is not the component's own, so its own cure would be none. */
const atDeadline = (left_ms: number) => ({
  why: `it was not done after ${(left_ms / 1000).toFixed(1)} s, when the time of its script was over, and was ended`,
});

/** @throws HostError as the server's own host threw it */
function answered(reply: ScriptReply): ExecResult | null {
  if ("refused" in reply) throw new HostError(reply.refused.code, reply.refused.message);
  if ("failed" in reply) throw new Error(reply.failed);
  return "result" in reply ? reply.result : null;
}
