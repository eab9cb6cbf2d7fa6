import { z } from "zod";

/** `[worktree]`: what is there for work before a setup_cmd begins. */
export const WorktreeTable = z.strictObject({
  include: z
    .boolean()
    .default(false)
    .describe(
      "Copy what .worktreeinclude lists and git ignores out of your checkout, but for files with secrets in them",
    ),
  cache: z
    .boolean()
    .default(false)
    .describe(
      "Let setup_cmd find the packages that uv, pip, npm and yarn have fetched for earlier worktrees, and all commands what Go has built",
    ),
});
export type WorktreeTable = z.infer<typeof WorktreeTable>;
