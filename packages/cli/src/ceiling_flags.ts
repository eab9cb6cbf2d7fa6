import type { RunRequest } from "@dgov/governor/run";
import { z } from "zod";

const count = z.int().min(0).optional();

/** What lowers a ceiling for this one time; no flag raises one. */
export const CEILING_FLAGS = {
  max_money: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, { error: 'it must be an amount as "2.50"' })
    .optional()
    .describe("What it may cost at the most, in the project's currency"),
  max_tokens: count.describe("Tokens it may use at the most"),
  max_calls: count.describe("Model calls it may make at the most"),
  max_minutes: z.number().min(0).max(1e7).optional().describe("Minutes it may be at work"),
};

type Given = {
  max_money?: string | undefined;
  max_tokens?: number | undefined;
  max_calls?: number | undefined;
  max_minutes?: number | undefined;
};

/** The flags as a table of ceilings; what was not given is not in it. */
export const ceilingOf = ({
  max_money,
  max_tokens,
  max_calls,
  max_minutes,
}: Given): NonNullable<RunRequest["ceiling"]> => ({
  ...(max_money === undefined ? {} : { money: max_money }),
  ...(max_tokens === undefined ? {} : { tokens: max_tokens }),
  ...(max_calls === undefined ? {} : { calls: max_calls }),
  ...(max_minutes === undefined ? {} : { minutes: max_minutes }),
});
