import { createHost, type HostPlace } from "../host.ts";
import { HostError } from "../tool.ts";
import type { ScriptAsk, ScriptReply } from "./words.ts";

/** Does what the child of a script may not do itself, by the same host and the same rules as for a tool of the model. */
export async function answerAsk(question: ScriptAsk, place: HostPlace): Promise<ScriptReply> {
  try {
    const host = createHost(place);
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
