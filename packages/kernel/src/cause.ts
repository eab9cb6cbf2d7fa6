import { z } from "zod";

/**
 * Why an attempt ended without a landing. A cause decides the retry (see `retry.ts`); it is never read out of a message.
 *
 * by the worker:     `error` it crashed · `timeout` wall clock · `turns` turn budget · `stuck` it never said done
 *                    · `incomplete`, `blocked` its own word in `done` · `provider` the model could not be reached
 *                    · `budget` a limit of the run · `setup` its worktree could not be prepared
 * by the world:      `lost` its process is gone (crash, kill -9) · `interrupted` the user stopped the run
 *                    · `cancelled` the user stopped this task
 * by settlement:     `scope` · `symbol_scope` · `read_scope` · `path_policy` · `reserved_path` · `empty_diff` · `diff_size` · `gate`
 *                    · `text_conflict` · `semantic` · `review` · `unwatched`
 *                    · `broken` a gate could not answer: our fault, not the worker's
 */
export const Cause = z.enum([
  "error",
  "timeout",
  "turns",
  "stuck",
  "incomplete",
  "blocked",
  "provider",
  "budget",
  "setup",
  "lost",
  "interrupted",
  "cancelled",
  "scope",
  "symbol_scope",
  "read_scope",
  "path_policy",
  "reserved_path",
  "empty_diff",
  "diff_size",
  "gate",
  "text_conflict",
  "semantic",
  "review",
  "unwatched",
  "broken",
]);
export type Cause = z.infer<typeof Cause>;
