import type { Scope } from "./tool.ts";

/** What test files are called in the languages that people use, as patterns of a search; the task's own targets with them. */
export const testPatterns = ({ test_targets }: Scope): string[] => [
  ...["test_*", "*_test.*", "*.test.*", "*.spec.*", "*_spec.*", "conftest.py", "*Test.java", "*Tests.cs"],
  ...["**/test/**", "**/tests/**", "**/__tests__/**", "**/spec/**"],
  ...test_targets.flatMap((path) => (path === "." ? [] : [literal(path), `${literal(path)}/**`])),
];

const literal = (path: string): string => `/${path.replace(/[\\*?[]/g, "\\$&")}`;
