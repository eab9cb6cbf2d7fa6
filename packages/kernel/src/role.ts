/** All that somebody who works for dgov can be. */
export const ROLES = ["worker", "researcher", "reviewer", "planner", "test_author"] as const;
export type Role = (typeof ROLES)[number];

/** Whether a role ends with a candidate; every other ends with a report, can write nothing, and nothing of it can land. */
export const changesFiles = (role: Role): boolean => role === "worker" || role === "test_author";
