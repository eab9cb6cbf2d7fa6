import type { Scope } from "./tool.ts";

/** Whether a role may change what it claims; every other only reads. */
export const mayWrite = (role: Scope["role"]): boolean => role === "worker" || role === "test_author";
