import { drainMicrotasks } from "bun:jsc";
import type { HeldRoot } from "../descent.ts";
import type { GitQuestion, GitReply } from "../git_question.ts";
import { createHost } from "../host.ts";
import type { ExecRequest, ExecResult } from "../isolate/isolation.ts";
import { type Asked, passCall, recordOf } from "../pass_call.ts";
import type { ToolPolicy } from "../policy.ts";
import { runParsed, toolsOf } from "../registry.ts";
import { type Access, type Answer, type BoundCall, type Host, HostError, type Scope } from "../tool.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import type { Called, Powers } from "./realm.ts";
import type { ScriptAsk, ScriptReply, ScriptSetup, ScriptWord } from "./words.ts";

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

/** The tools of the role as a script calls them. Each call is judged, cut and told as if the model had made it. */
export function bindTools(place: BoundPlace, line: Line): Pick<Powers, "tools" | "call"> {
  const tools = new Map(
    toolsOf(place.scope.role).flatMap((own) => (UNBOUND.includes(own.name) ? [] : [[own.name, own]])),
  );
  const host = hostOf(place, line);
  let room: number = SCRIPT_LIMITS.recorded_chars;
  const told = (asked: Asked, answer: Answer, started_ms: number): Omit<BoundCall, "accesses"> => {
    const chars = room > 0 ? SCRIPT_LIMITS.recorded_call_chars : SCRIPT_LIMITS.recorded_least_chars;
    const call = recordOf(asked, answer, { took_ms: line.now_ms() - started_ms, chars });
    room -= call.input.length + call.text.length;
    return call;
  };
  const pass = async (asked: Asked): Promise<Called> => {
    const started_ms = line.now_ms();
    const call = async (name: string, input: unknown): Promise<Answer> => {
      const tool = tools.get(name);
      if (tool === undefined) throw new Error(`Cannot call "${name}": a script has no such tool`);
      const accesses = changing(tool.access(input, place.scope)); // both sides of this call are in this process
      if (accesses.length > 0) line.say({ begun: { ...told(asked, CUT_OFF, started_ms), accesses } });
      return runParsed(tool, input, host);
    };
    const { answer, accesses } = await passCall({ ...place, isolation: { call } }, asked);
    line.say({ called: { ...told(asked, answer, started_ms), accesses: changing(accesses) } });
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

/** What the governor needs to know of what a call touched. A command may be long, and is in the input. */
const changing = (accesses: readonly Access[]): Access[] =>
  accesses.flatMap((access) => {
    if (access.kind === "read") return [];
    return [access.kind === "exec" ? { ...access, command: "" } : access];
  });

/**
 * Reading is done here. What changes something is asked of the server, whom nobody kills in the middle of it.
 * A command gets no more time than the script has left.
 */
function hostOf(place: BoundPlace, { ask, now_ms }: Line): Host {
  const exec = (request: ExecRequest): ExecResult => {
    const left_ms = Math.max(1, Math.ceil(place.deadline_ms - now_ms())); // it ends when the script has, and not before
    const result = answered(ask({ exec: { ...request, timeout_ms: Math.min(request.timeout_ms, left_ms) } }));
    if (result === null) throw new Error("The server answered a command with nothing");
    return result;
  };
  const git = async (question: GitQuestion): Promise<GitReply> => {
    const reply = ask({ git: question });
    return "git" in reply ? reply.git : { ok: false, why: "the server did not answer" };
  };
  const { root, held, tmp, scope, asks_git } = place;
  const more = { ...(held ? { held } : {}), ...(asks_git ? { git } : {}) };
  return {
    ...createHost({ root, tmp, scope, exec: async (request) => exec(request), ...more }),
    async write(path, content) {
      const base64 = typeof content !== "string";
      answered(ask({ write: path, content: base64 ? Buffer.from(content).toString("base64") : content, base64 }));
    },
    async remove(path) {
      answered(ask({ remove: path }));
    },
  };
}

/** @throws HostError as the server's own host threw it */
function answered(reply: ScriptReply): ExecResult | null {
  if ("refused" in reply) throw new HostError(reply.refused.code, reply.refused.message);
  if ("failed" in reply) throw new Error(reply.failed);
  return "result" in reply ? reply.result : null;
}
