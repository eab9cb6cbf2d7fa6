import type { ApiDiff, ApiTexts, NoDiff, Overrides } from "@dgov/semantic/api";
import { DgovError } from "../error.ts";
import { run } from "../process.ts";

/** Two states of an interface, and what a project says of kinds of changes. */
export type ApiOrder = { base: ApiTexts; head: ApiTexts; rules: Overrides };
export type ApiAnswer = ApiDiff | NoDiff;

/** A document of the most characters that are read takes 15 s. */
const ANSWER_MS = 90_000;
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;
const ENV = { PATH: "/usr/local/bin:/usr/bin:/bin" };

/**
 * Compares two states of an interface in a process of its own, that holds nothing and can be ended: documents are written by
 * whom we judge.
 *
 * @param self argv prefix that starts this program again
 * @throws DgovError `machine_refused` where it ends without an answer, or takes too long
 */
export async function compareApis(self: readonly string[], order: ApiOrder): Promise<ApiAnswer> {
  const asked = {
    cwd: "/",
    env: ENV,
    stdin: JSON.stringify(order),
    timeout_ms: ANSWER_MS,
    bytes_max: ANSWER_MAX_BYTES,
  };
  const { ended, code, stdout, why } = await run([...self, "__api"], asked);
  if (ended === "exit" && code === 0) return JSON.parse(new TextDecoder().decode(stdout)) as ApiAnswer; // our own child's
  const how =
    ended === "timeout"
      ? `it takes longer than ${ANSWER_MS / 1000} s`
      : `the process that does it ended (${why || ended})`;
  throw new DgovError("machine_refused", `Cannot compare "${order.head.root}": ${how}`);
}
