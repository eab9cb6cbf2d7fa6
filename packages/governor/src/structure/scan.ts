import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, type Metrics, metricsOf, type Offender, offendersOf } from "@dgov/semantic/architecture";
import { STRUCTURE_BASELINE, STRUCTURE_METADATA } from "../baseline_files.ts";
import { readProject } from "../config.ts";
import { DgovError } from "../error.ts";
import type { Git } from "../git/git.ts";
import { findCommitPlace, gitIn } from "../preflight/place.ts";
import { subjectOf } from "../preflight/subject.ts";
import type { Project } from "../project.ts";
import { openSymbols } from "../semantic/symbols.ts";
import type { World } from "../session.ts";
import { type Baseline, parseBaseline } from "./baseline.ts";
import { architectureAt } from "./read_architecture.ts";

/** `cwd`: a folder of the checkout. */
export type Asking = Pick<World, "self" | "now_ms" | "env"> & { cwd: string };

/** A working tree, with all that git does not ignore, and what is known of it. `head`: the commit; null: there is none. */
export type Scan = {
  git: Git;
  project: Project;
  head: string | null;
  metrics: Metrics;
  offenders: readonly Offender[];
  /** The architecture of another tree of the repository. */
  at(tree: string): Promise<Architecture>;
};

/** Scans the working tree around a folder for as long as the work lasts. */
export async function withScan<View>(asking: Asking, work: (scan: Scan) => Promise<View>): Promise<View> {
  const place = findCommitPlace(asking);
  const git = gitIn(place, asking.env);
  const { tree, head } = await subjectOf(git, place, { kind: "all" });
  if (tree === null) throw new Error("The working tree is no tree");
  const symbols = openSymbols({ git, self: asking.self, now_ms: asking.now_ms });
  const at = (of: string) => architectureAt({ git, symbols, now_ms: asking.now_ms }, of);
  try {
    const architecture = await at(tree);
    const seen = { metrics: metricsOf(architecture), offenders: offendersOf(architecture) };
    return await work({ git, project: readProject(git.root), head, at, ...seen });
  } finally {
    symbols.close();
  }
}

/**
 * The baseline as it stands in the checkout.
 *
 * @throws DgovError `baseline_missing`, `config_invalid` where it is none that could be read
 */
export function baselineIn(root: string): Baseline {
  const text = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : null);
  const file = text(STRUCTURE_BASELINE);
  if (file === null)
    throw new DgovError("baseline_missing", `Cannot compare the structure: there is no "${STRUCTURE_BASELINE}"`);
  try {
    return parseBaseline(file, text(STRUCTURE_METADATA));
  } catch (error) {
    throw new DgovError("config_invalid", error instanceof Error ? error.message : String(error), {
      cause: error,
      hint: 'Make a new one with "dgov sentrux gate-save"',
    });
  }
}
