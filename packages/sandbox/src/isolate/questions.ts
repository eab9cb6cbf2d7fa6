import type { GitQuestion, GitReply } from "../git_question.ts";

/** What the isolated process asks the governor, which answers in the order of the questions. */
export type Questions = { ask(question: GitQuestion): Promise<GitReply>; hear(reply: GitReply): void };

/** `send` puts one question into the pipe. */
export function createQuestions(send: (question: GitQuestion) => Promise<void>): Questions {
  const waiting: ((reply: GitReply) => void)[] = [];
  return {
    async ask(question) {
      const { promise, resolve } = Promise.withResolvers<GitReply>();
      waiting.push(resolve);
      await send(question);
      return promise;
    },
    hear: (reply) => waiting.shift()?.(reply),
  };
}
