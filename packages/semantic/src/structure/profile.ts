import { z } from "zod";

const names = z.array(z.string()).default([]);

/**
 * The `complexity` table of a profile: what makes a text hard to follow, by the types of its nodes.
 *
 * `branches`      ways that may be taken or not, also again and again
 * `switches`      one way of many is taken; `cases` are these ways
 * `alternatives`  what else may be done; with a branch right in it the two are one step of a chain
 * `chains`        of these one that ends another of its kind is the next step of a chain as well
 * `functions`     texts within a text, which are a level deeper
 * `operators`     nodes with one of these tokens take a way or not
 * `circles`       files that import each other in a circle are a fault
 */
export const complexityProfile = z.strictObject({
  branches: names,
  switches: names,
  cases: names,
  alternatives: names,
  chains: names,
  functions: names,
  operators: z.record(z.string(), names).default({}),
  circles: z.boolean().default(true),
});
export type ComplexityProfile = z.infer<typeof complexityProfile>;
