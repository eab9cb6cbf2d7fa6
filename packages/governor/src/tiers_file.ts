import { z } from "zod";

const named = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });

/** A rung of the ladder above a task's own agent. Without a provider it is asked of the task's own. */
const RungTable = z.strictObject({
  agent: named.describe("A model, or an alias of [agents]"),
  provider: named.optional().describe("Name of a [providers.NAME] table, or scripted; absent: the task's own"),
});
const RUNGS_MAX = 15; // with the first as many as a run's policy takes

/** `[tiers]` as people write it. */
export const TiersTable = z.strictObject({
  escalation: z
    .array(RungTable)
    .max(RUNGS_MAX)
    .default([])
    .describe("Who gets one attempt each, in order, at a task whose own agent has used up its attempts"),
});
export type TiersTable = z.infer<typeof TiersTable>;
