import type { AnyMessage } from "@agentclientprotocol/sdk";
import { z } from "zod";

/**
 * What comes from an agent, as messages of JSON-RPC: one a line. Whatever else it prints there is counted and passed over,
 * as are answers to what nobody asked. `strange`: it has written something, and none of it was a message. The library's own words about such things would go to the user's terminal.
 */
export type Messages = { push(bytes: Uint8Array): void; sent(message: AnyMessage): void; strange(): boolean };

type Told = { message(message: AnyMessage): void; broken(why: string): void };

const LINE_MAX_BYTES = 48 * 1024 * 1024; // a file of the largest size that tools take, in JSON
const GARBAGE_MAX = 1_000;

const Id = z.union([z.string(), z.number()]);
const Call = z.looseObject({ id: Id.optional(), method: z.string(), params: z.unknown().optional() });
const Answer = z.looseObject({ id: Id });

export function createMessages(told: Told): Messages {
  const asked = new Set<unknown>();
  const held: { parts: Uint8Array[]; bytes: number } = { parts: [], bytes: 0 };
  let garbage = 0;
  let spoke = false;
  const pass = (line: string) => {
    const message = messageIn(line);
    if (message === null) {
      if (line.trim() !== "" && ++garbage === GARBAGE_MAX)
        told.broken(`it wrote ${GARBAGE_MAX} lines that are no messages`);
      return;
    }
    spoke = true;
    if ("method" in message || asked.delete(message.id)) told.message(message);
  };
  return {
    strange: () => garbage > 0 && !spoke,
    sent(message) {
      if ("method" in message && "id" in message) asked.add(message.id);
    },
    push(bytes) {
      let rest = bytes;
      for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
        held.parts.push(rest.subarray(0, at));
        pass(Buffer.concat(held.parts).toString("utf8"));
        Object.assign(held, { parts: [], bytes: 0 });
        rest = rest.subarray(at + 1);
      }
      held.bytes += rest.length;
      if (held.bytes > LINE_MAX_BYTES) return told.broken(`a message of it is longer than ${LINE_MAX_BYTES} bytes`);
      held.parts.push(rest);
    },
  };
}

function messageIn(line: string): AnyMessage | null {
  const value = parsed(line);
  const call = Call.safeParse(value);
  if (call.success) return { ...call.data, jsonrpc: "2.0" } as AnyMessage; // the schema says what of it is looked at
  const answer = Answer.safeParse(value);
  const one = answer.success && Object.hasOwn(answer.data, "result") !== Object.hasOwn(answer.data, "error");
  return one ? ({ ...answer.data, jsonrpc: "2.0" } as unknown as AnyMessage) : null; // an answer has one of the two
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null; // which is no message
    throw error;
  }
}
