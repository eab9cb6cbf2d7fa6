import { z } from "zod";

/** What a task's author reckons it comes to. Nothing is decided by it. */
export const Estimate = z.strictObject({
  lines: z.int().min(0).optional().describe("Lines added and removed"),
  minutes: z.int().min(0).optional(),
  difficulty: z.enum(["easy", "medium", "hard"]).optional(),
});
export type Estimate = z.infer<typeof Estimate>;
