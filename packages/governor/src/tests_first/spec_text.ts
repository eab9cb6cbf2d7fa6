import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../git/files_at.ts";

/** The spec of a plan by tests-first, in the plan's folder. */
export const SPEC_FILE = "_spec.md";

/** What a spec must say, each under a heading of its own. */
export const SPEC_HEADINGS = [
  "Goal",
  "Assumptions",
  "Design",
  "Out of scope",
  "Acceptance criteria",
  "Open questions",
] as const;

export type Spec = { text: string; hash: string };

/** @returns null where there is none, or something else than a file */
export function readSpec(root: string, dir: string): Spec | null {
  const path = join(root, dir, SPEC_FILE);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return null;
  const bytes = readFileSync(path);
  return { text: bytes.toString("utf8"), hash: sha256(bytes) };
}

/** Headings that a spec lacks, or has nothing under: whoever approves it would approve a blank. */
export function blanksIn(text: string): string[] {
  const parts = `\n${text.replaceAll("\r\n", "\n")}`.split(/\n#{1,3}[ \t]+/).slice(1);
  const filled = new Set(
    parts.flatMap((part) => {
      const [heading = "", ...body] = part.split("\n");
      return body.join("").trim() === "" ? [] : [heading.trim().toLowerCase()];
    }),
  );
  return SPEC_HEADINGS.filter((heading) => !filled.has(heading.toLowerCase()));
}

/** A spec to be filled in. */
export const blankSpec = (name: string): string =>
  `# ${name}\n\n${SPEC_HEADINGS.map((heading) => `## ${heading}\n`).join("\n")}`;
