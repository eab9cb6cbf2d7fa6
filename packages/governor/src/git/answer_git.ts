import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnswerGit, gitWords } from "@dgov/sandbox";
import { DgovError } from "../error.ts";
import type { Git } from "./git.ts";
import { copyIndex } from "./index_file.ts";

const TIMEOUT_MS = 30_000;
const ANSWER_MAX_BYTES = 16_000_000;

/** Answers what a task's tools ask git, where they may start no git themselves: with ours, about its worktree and base. */
export function answerGit(git: Git, base: string): AnswerGit {
  return async (question) => {
    const folder = mkdtempSync(join(tmpdir(), "dgov-index-"));
    try {
      // A diff that finds only times changed writes the index anew, whatever it is told of locks: that is a copy's.
      const own = await git.text(["rev-parse", "--path-format=absolute", "--git-path", "index"]);
      const index_file = join(folder, "index");
      copyIndex(own, index_file);
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      // The tools read git's quoted names, as they do where it is their own git that answers.
      const options = { signal, index_file, config: { "core.quotePath": "true" } };
      const { bytes } = await git.ask(gitWords(question, base), options);
      if (bytes.length > ANSWER_MAX_BYTES) return { ok: false, why: "its answer is too long; ask for less" };
      return { ok: true, base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
    } catch (error) {
      if (!(error instanceof DgovError)) throw error;
      return { ok: false, why: error.message.slice(0, 500) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
