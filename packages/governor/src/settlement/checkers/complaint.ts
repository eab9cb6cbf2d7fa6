import { realpathSync } from "node:fs";
import type { Finding } from "@dgov/kernel";

/**
 * One thing a checker holds against the files it looked at. `path` is null where it names none; else it is relative to the
 * checkout, when the file is in it. Lines and columns count from 1. `rule` is the checker's own name of what was broken.
 */
export type Complaint = {
  path: string | null;
  line: number | null;
  column: number | null;
  rule: string | null;
  message: string;
  grade: "error" | "warning";
};

/** Whose complaints they are; it begins the codes of the findings. */
export type Kind = "type" | "lint";

/** What makes two complaints the same in two trees. Where in the file they stand is left out, as lines move. */
export const identity = ({ path, rule, message }: Complaint, root: string): string =>
  [path ?? "", rule ?? "", message.replaceAll(root, ".").replace(/\d+/g, "0")].join("\n");

/** The code is `lint_RULE` or `type_RULE`, `lint_error` for what has a place and no rule, `lint_failure` for mere words. */
export function findingOf({ path, line, column, rule, message }: Complaint, kind: Kind): Finding {
  const code = `${kind}_${rule ?? (path === null ? "failure" : "error")}`;
  return {
    code,
    message,
    ...(path === null ? {} : { path }),
    ...(line === null ? {} : { line }),
    ...(column === null ? {} : { column }),
  };
}

/**
 * Complaints with paths as git has them, whichever of its names a checker has for the checkout. What is said twice of one
 * place is told once: `go vet` says it of a package, and again of the package with its tests.
 */
export function relative(complaints: readonly Complaint[], root: string): Complaint[] {
  const names = [...new Set([root, realpathSync(root)])].map((name) => `${name}/`);
  const inside = (path: string): string => {
    const name = names.find((one) => path.startsWith(one));
    return (name === undefined ? path : path.slice(name.length)).replace(/^(?:\.\/)+/, "");
  };
  const told = new Set<string>();
  const isNew = (one: Complaint) => {
    const key = JSON.stringify([one.path, one.line, one.column, one.rule, one.message]);
    return one.path === null || one.column === null || (!told.has(key) && told.add(key));
  };
  return complaints.map((one) => (one.path === null ? one : { ...one, path: inside(one.path) })).filter(isNew);
}
