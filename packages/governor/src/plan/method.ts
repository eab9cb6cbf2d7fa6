import { z } from "zod";

/** How a plan comes about: `tests-first` has approvals and frozen tests before its tasks (docs/tests-first.md). */
export const Method = z.enum(["tests-first"]);
export type Method = z.infer<typeof Method>;
