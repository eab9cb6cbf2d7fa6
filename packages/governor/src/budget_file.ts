import { z } from "zod";
import { microsOf } from "./money.ts";

/** `[budget]` and `[prices]` as people write them. Amounts stay as written here: `budget.ts` makes whole numbers of them. */

const count = z.int().min(0);

/** 2.5 and "2.50" alike: the digits are read, and no fraction is ever calculated with. */
export const Amount = z.union([z.number(), z.string()]).refine((amount) => microsOf(amount) !== null, {
  error: "it must be an amount from 0 to 999999999 with at most six decimals",
});

const ceilings = {
  money: Amount.optional().describe("What the model calls may cost, in the currency of [budget]"),
  tokens: count.optional().describe("Input and output tokens together"),
  calls: count.optional().describe("Model calls"),
  turns: count.optional().describe("Turns of all workers: a turn is one reply that is acted on"),
  minutes: z.number().min(0).max(1e7).optional().describe("Minutes at work"),
};
/** Ceilings of one task, over all its attempts. */
export const CeilingTable = z.strictObject(ceilings);
export type CeilingTable = z.infer<typeof CeilingTable>;

const task = CeilingTable.optional().describe("The same for each task, over all its attempts");

/** `[budget]` of a plan's `_root.toml`. */
export const PlanBudgetTable = z.strictObject({ ...ceilings, task });
export type PlanBudgetTable = z.infer<typeof PlanBudgetTable>;

/** `[budget]` of a project. */
export const ProjectBudgetTable = z.strictObject({
  ...ceilings,
  task,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'it must be three capital letters, as "EUR"' })
    .default("USD")
    .describe("Of all prices and amounts"),
  output_tokens: z
    .int()
    .min(1)
    .default(16_384)
    .describe("The longest reply that is asked for where tokens or money have a ceiling"),
});
export type ProjectBudgetTable = z.infer<typeof ProjectBudgetTable>;

/** One `[prices."PROVIDER/MODEL"]`. */
export const PriceTable = z.strictObject({
  input: Amount.describe("For a million input tokens"),
  cached_input: Amount.optional().describe("For a million that the provider had in its cache; absent: as input"),
  output: Amount.describe("For a million output tokens"),
});
export type PriceTable = z.infer<typeof PriceTable>;
