import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "../git/tree_changes.ts";
import type { Project } from "../project.ts";
import type { IntegratedCandidate } from "./candidate.ts";

/** Changed files of the project's languages that are there to be looked at. */
export function changedSources({
  changes,
  project,
  root,
}: Pick<IntegratedCandidate, "changes" | "project" | "root">): string[] {
  return changes
    .filter(
      (change) =>
        isSource(change, project) &&
        change.new_mode !== "000000" &&
        change.new_mode !== "120000" &&
        existsSync(join(root, change.path)),
    )
    .map(({ path }) => path);
}

export const isSource = ({ path }: Pick<Change, "path">, { layout }: Project): boolean =>
  layout.source_extensions.some((extension) => path.endsWith(extension));
