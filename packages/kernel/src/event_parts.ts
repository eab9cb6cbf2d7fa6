import { z } from "zod";
import { Price } from "./plan.ts";

/** One thing a judge found. `code` is snake_case data for programs; `message` is one sentence for people. Lines count from 1. */
export const Finding = z.strictObject({
  code: z.string(),
  message: z.string(),
  path: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
});
export type Finding = z.infer<typeof Finding>;

/** What a model call or a whole attempt used. Whole numbers alone are evidence: a fraction is refused. */
export const Usage = z.strictObject({
  input_tokens: z.int().min(0),
  cached_tokens: z.int().min(0).optional(), // of the input: what the provider had in its cache; absent: it did not say
  output_tokens: z.int().min(0),
  cost_micros: z.int().min(0), // 0 where the model has no price: see `caller` of the reservation
});
export type Usage = z.infer<typeof Usage>;

/** The ends of a command's output, and the name of the file under `.dgov/out/` that has the whole. */
export const Output = z.strictObject({
  head: z.string(),
  tail: z.string(),
  omitted_bytes: z.int().min(0),
  log: z.string().nullable(),
});
export type Output = z.infer<typeof Output>;

/** A ceiling that would have been passed: whose it is, and what had been spent when this much more was asked for. */
export const Short = z.strictObject({
  of: z.enum(["run", "task"]),
  limit: z.enum(["calls", "turns", "tokens", "cost_micros", "wall_ms"]),
  most: z.int().min(0),
  spent: z.int().min(0), // with what calls in flight may still cost
  asked: z.int().min(0),
});
export type Short = z.infer<typeof Short>;

/** Who makes a model call, and at what price; `price` null: nobody has stated one, which is not the same as free. */
export const Caller = z.strictObject({
  role: z.string(),
  model: z.string(), // `PROVIDER/MODEL`
  price: Price.nullable(),
});
export type Caller = z.infer<typeof Caller>;
