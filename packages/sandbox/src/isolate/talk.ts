import { LIMITS } from "../limits.ts";

/** What the governor says to the command of one request: bytes for its standard input, or null: there are no more. */
export type Said = { to: number; base64: string | null };

/** The command's side of a talk. `attach` is given what takes in what is said; `heard` is told what the command writes. */
export type Hearing = { attach(take: Take): void; heard(bytes: Uint8Array): Promise<void> };
type Take = (bytes: Uint8Array | null) => void;

/** What is said and heard inside, for the one command that runs. */
export type Talks = { hear(said: Said): void; with(id: number): Hearing };

/** `send` passes on, as base64, what a command has written. What is said before its command has begun waits for it. */
export function createTalks(send: (base64: string) => Promise<void>): Talks {
  const now: { id: number; take: Take | null; early: Said[] } = { id: 0, take: null, early: [] };
  const pass = (said: Said, take: Take) => {
    if (said.to === now.id) take(said.base64 === null ? null : Buffer.from(said.base64, "base64"));
  };
  return {
    hear(said) {
      if (said.to > now.id) now.early.push(said);
      else if (now.take) pass(said, now.take); // of a command that is over: nobody listens
    },
    with(id) {
      Object.assign(now, { id, take: null });
      return {
        attach(take) {
          now.take = take;
          for (const said of now.early.splice(0)) pass(said, take);
        },
        heard: (bytes) => send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")),
      };
    },
  };
}

type Listener = { input: Bun.FileSink; flooded: () => void; end: () => void };

/**
 * Writes what is said into a command's input, in order. A command that does not read is not waited for: past so many bytes
 * `flooded` is called. After the last word it has a moment to end by itself, then `end` is called.
 */
export function speakTo({ input, flooded, end }: Listener): { take: Take; over(): void } {
  const state: { unread: number; turn: Promise<unknown>; timer: Timer | null } = {
    ...{ unread: 0, turn: Promise.resolve(), timer: null },
  };
  const next = (work: () => Promise<unknown>) => {
    state.turn = state.turn.then(work).catch(() => {}); // it has closed its input or has died, which its own end tells
  };
  return {
    take(bytes) {
      if (bytes === null) {
        next(async () => input.end());
        state.timer ??= setTimeout(end, LIMITS.farewell_ms);
        return;
      }
      state.unread += bytes.length;
      if (state.unread > LIMITS.unread_max_bytes) return flooded();
      next(async () => {
        input.write(bytes);
        await input.flush();
        state.unread -= bytes.length;
      });
    },
    over() {
      if (state.timer) clearTimeout(state.timer);
    },
  };
}
type Timer = ReturnType<typeof setTimeout>;
