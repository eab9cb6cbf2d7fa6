import { ClaimError, parseClaim } from "@dgov/sandbox/claim";
import { z } from "zod";

function refuseWrongClaim(text: string, context: z.core.$RefinementCtx): void {
  try {
    if (parseClaim(text).symbol !== null)
      context.addIssue({ code: "custom", message: `"${text}" names a symbol, and a setup reads files` });
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    context.addIssue({ code: "custom", message: error.why });
  }
}

/** `[worktree]`: what is there for work before a setup_cmd begins. */
export const WorktreeTable = z.strictObject({
  include: z
    .boolean()
    .default(false)
    .describe(
      "Copy what .worktreeinclude lists and git ignores out of your checkout, but for files with secrets in them",
    ),
  setup_reads: z
    .array(z.string().superRefine(refuseWrongClaim))
    .default([])
    .describe(
      "The files that setup_cmd hangs on, and nothing else, as in claims: what it makes of them is kept, and given to all worktrees in which they are the same",
    ),
  cache: z
    .boolean()
    .default(false)
    .describe(
      "Let setup_cmd find the packages that uv, pip, npm and yarn have fetched for earlier worktrees, and all commands what Go has built",
    ),
});
export type WorktreeTable = z.infer<typeof WorktreeTable>;
