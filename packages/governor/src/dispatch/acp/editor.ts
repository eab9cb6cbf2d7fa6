import type { AnyMessage } from "@agentclientprotocol/sdk";
import type { Talk } from "@dgov/sandbox";
import { createAnswers } from "./answers.ts";
import { type Asked, converse, hearUpdate, type Turn, type Words } from "./conversation.ts";
import type { HandsOf } from "./hands.ts";
import { createMessages } from "./messages.ts";

/** The other side of an agent of the Agent Client Protocol. `close` is called when its process has ended. */
export type Editor = { talk: Talk; close(): Promise<Turn> };

type Say = Parameters<Talk["begin"]>[0];

const CALLS_MAX = 10_000;

/** Opens the side of a talk that the protocol calls the client. Nothing is started before the agent asks for it. */
export function openEditor(asked: Asked, of: HandsOf): Editor {
  let calls = 0;
  const stop: { why: string | null; say: Say | null } = { why: null, say: null };
  const end = (why: string) => {
    stop.why ??= why;
    void stop.say?.(null);
  };
  const record: HandsOf["record"] = (made) => {
    of.record(made.map((call) => ({ ...call, n: ++calls })));
    if (calls > CALLS_MAX) end(`it asked more than ${CALLS_MAX} times`);
  };
  const answers = createAnswers({ ...of, record });
  const inwards = pipe<AnyMessage>();
  const words: Words = { last: "" };
  const messages = createMessages({
    message: (message) => void (hearUpdate(message, words) || inwards.push(message)),
    broken: end,
  });
  const turn = Promise.withResolvers<Turn>();
  turn.promise.catch(() => {}); // a bug of ours is heard of in `close`
  const writable = (say: Say) =>
    new WritableStream<AnyMessage>({
      async write(message) {
        messages.sent(message);
        await say(Buffer.from(`${JSON.stringify(message)}\n`));
      },
    });
  return {
    talk: {
      begin(say) {
        stop.say = say;
        const stream = { readable: inwards.readable, writable: writable(say) };
        turn.resolve(converse(stream, asked, { answers, words }).finally(() => say(null)));
      },
      heard: messages.push,
    },
    async close() {
      inwards.close();
      turn.resolve({ ended: "closed", strange: false }); // where it never began
      const ended = await turn.promise;
      await answers.close();
      if (stop.why !== null) return { ended: "failed", cause: "error", detail: `"${asked.name}": ${stop.why}` };
      return ended.ended === "closed" ? { ...ended, strange: messages.strange() } : ended;
    },
  };
}

/** A stream that is fed from outside. */
function pipe<Value>(): { readable: ReadableStream<Value>; push(value: Value): void; close(): void } {
  const open: { controller: ReadableStreamDefaultController<Value> | null } = { controller: null };
  const readable = new ReadableStream<Value>({
    start: (controller) => Object.assign(open, { controller }),
    cancel: () => void Object.assign(open, { controller: null }),
  });
  return {
    readable,
    push: (value) => open.controller?.enqueue(value),
    close() {
      open.controller?.close();
      open.controller = null;
    },
  };
}
