import type { GitQuestion } from "../git_question.ts";
import type { Halt, OutsideReply, OutsideWord, ServeAnswer, ServeRequest } from "../serve.ts";
import { IsolationLost, type IsolationSpec, type Talk } from "./isolation.ts";
import { decodeFrames, encodeFrame } from "./wire.ts";

/** The two ends of an isolated process's pipe as the governor holds them, and who answers what comes as a question. */
export type Pipe = Pick<IsolationSpec, "git"> & {
  send(bytes: Uint8Array): Promise<void>;
  answers: AsyncIterable<Uint8Array>;
};

type Waiting = {
  talk: Talk | null;
  id: number;
  resolve: (answer: ServeAnswer) => void;
  reject: (error: Error) => void;
};
type Question = ServeRequest extends infer Each ? (Each extends { id: number } ? Omit<Each, "id"> : never) : never;

/** Asks one thing after another, and fails every question when the other side is gone or talks nonsense. */
export class Connection {
  readonly #pipe: Pipe;
  #waiting: Waiting | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #replying: Promise<void> = Promise.resolve();
  #last_id = 0;
  #gone: IsolationLost | null = null;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
    void this.#listen();
  }

  /** The first word of the other side. @throws IsolationLost */
  ready(limit_ms: number): Promise<{ sealed: boolean }> {
    return this.#inTurn(async () => {
      const answer = await this.#wait(0, { limit_ms, talk: null });
      if (!("ready" in answer)) throw new IsolationLost("The isolated process began with something else");
      return { sealed: answer.sealed };
    });
  }

  /** @throws IsolationLost when no answer comes within the limit, which counts from the question's own turn */
  ask(question: Question, limit_ms: number, talk: Talk | null = null): Promise<unknown> {
    return this.#inTurn(async () => {
      const id = ++this.#last_id;
      const answer = this.#wait(id, { limit_ms, talk });
      if (this.#gone === null)
        await this.#pipe.send(encodeFrame({ ...question, id })).catch(() => this.lose("its pipe is closed"));
      talk?.begin((bytes) =>
        this.tell({ said: { to: id, base64: bytes === null ? null : Buffer.from(bytes).toString("base64") } }),
      );
      const got = await answer;
      if ("failed" in got) throw this.lose(`it failed: ${got.failed}`); // whatever it did there, the run is not to blame
      if (!("result" in got)) throw new IsolationLost("The isolated process answered nothing");
      return got.result;
    });
  }

  /** Says something that has no answer of its own, also while an answer is awaited. */
  async tell(word: Halt | OutsideReply | OutsideWord): Promise<void> {
    if (this.#gone === null) await this.#pipe.send(encodeFrame(word)).catch(() => this.lose("its pipe is closed"));
  }

  /** Fails what is asked and all that will be. @returns the error they fail with, which names the first reason */
  lose(why: string): IsolationLost {
    this.#gone ??= new IsolationLost(`The isolated process is lost: ${why}`);
    this.#waiting?.reject(this.#gone);
    this.#waiting = null;
    return this.#gone;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {}); // its caller hears of it; the next one has its turn all the same
    return result;
  }

  #wait(id: number, { limit_ms, talk }: { limit_ms: number; talk: Talk | null }): Promise<ServeAnswer> {
    if (this.#gone) return Promise.reject(this.#gone);
    const { promise, resolve, reject } = Promise.withResolvers<ServeAnswer>();
    const timer = setTimeout(() => this.lose(`no answer within ${limit_ms} ms`), limit_ms);
    this.#waiting = { id, talk, resolve, reject };
    return promise.finally(() => clearTimeout(timer));
  }

  /** One after the other, as they came; meanwhile it is listened on, for the other side may end. */
  #reply(question: GitQuestion): void {
    const { git } = this.#pipe;
    const why = "git cannot be asked at this level";
    this.#replying = this.#replying
      .then(async () => this.tell({ reply: git ? await git(question) : { ok: false, why } }))
      .catch((error: unknown) => void this.lose(error instanceof Error ? error.message : String(error)));
  }

  async #listen(): Promise<void> {
    try {
      for await (const frame of decodeFrames(this.#pipe.answers)) {
        const answer = frame as ServeAnswer; // serve.ts writes these, and nobody else has the pipe
        if ("question" in answer) {
          this.#reply(answer.question);
          continue;
        }
        if ("heard" in answer) {
          if (!this.#waiting?.talk) return void this.lose("it said what nobody listens to");
          this.#waiting.talk.heard(Buffer.from(answer.heard, "base64"));
          continue;
        }
        const id = "id" in answer ? answer.id : 0;
        if (this.#waiting?.id !== id) return void this.lose("it answered what nobody asked");
        const { resolve } = this.#waiting;
        this.#waiting = null;
        resolve(answer);
      }
      this.lose("it ended");
    } catch (error) {
      this.lose(error instanceof Error ? error.message : String(error));
    }
  }
}
