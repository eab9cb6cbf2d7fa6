import { ClaimError, normalisePath } from "./claim.ts";
import type { Scope } from "./tool.ts";

/**
 * What `run_tests` was asked to run, normalised. Nothing named: all the task's targets. A name is taken as it stands
 * when it is in scope, else as several, parted by white space. What is no path at all stays as it is, to be refused.
 */
export function testTargets(file: string, { test_targets }: Scope): string[] {
  if (file.trim() === "") return [...test_targets];
  const whole = spelled(file);
  if (inScope(whole, test_targets)) return [whole];
  return file.trim().split(/\s+/).map(spelled);
}

/** Whether a target is one of the task's, lies under one, or is a test (`file::test`) in one. */
export function inScope(target: string, targets: readonly string[]): boolean {
  const path = target.split("::")[0]!;
  if (spelled(path) !== path || path.startsWith("-") || path.split("/").includes("..")) return false;
  return targets.some((own) => path === own || path.startsWith(`${own}/`));
}

/** The file part of a target, without the test's name. */
export const targetPath = (target: string): string => target.split("::")[0]!;

function spelled(target: string): string {
  const [path = "", ...node] = target.split("::");
  try {
    return [normalisePath(path), ...node].join("::").trim();
  } catch (error) {
    if (error instanceof ClaimError) return target;
    throw error;
  }
}
