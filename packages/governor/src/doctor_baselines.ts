import { existsSync } from "node:fs";
import { join } from "node:path";
import { COVERAGE_BASELINE, STRUCTURE_BASELINE } from "./baseline_files.ts";
import { readProject } from "./config.ts";
import { type Check, OK, type Patient } from "./doctor_check.ts";
import { DgovError } from "./error.ts";
import { createGit } from "./git/git.ts";
import type { Project } from "./project.ts";
import { baselineIn } from "./structure/scan.ts";
import { ageOf, staleWords } from "./structure/staleness.ts";

const SAVE = "dgov sentrux gate-save";

/**
 * Whether there is what gates compare with, and whether it is of these days. A broken configuration has been told already, and
 * what stands in no commit has no age.
 */
export async function baselineChecks(root: string, patient: Patient): Promise<Check[]> {
  let project: Project;
  try {
    project = readProject(root, null, patient.env);
  } catch (error) {
    if (error instanceof DgovError) return [];
    throw error;
  }
  return [coverage(root, project), await structure(root, project, patient)];
}

function coverage(root: string, { commands }: Project): Check {
  const name = "coverage baseline";
  if (commands.coverage === null) return { ...OK, name, detail: "not needed: there is no coverage_cmd" };
  if (existsSync(join(root, COVERAGE_BASELINE))) return { ...OK, name, detail: COVERAGE_BASELINE };
  const detail = `there is no "${COVERAGE_BASELINE}", so that coverage_cmd is compared with nothing`;
  return { name, state: "note", code: "baseline_missing", detail, cure: "dgov coverage-baseline" };
}

async function structure(root: string, { rules }: Project, { env, now_ms }: Patient): Promise<Check> {
  const name = "structure baseline";
  if (!existsSync(join(root, STRUCTURE_BASELINE))) {
    if (rules.baselines.by === "dgov") return { ...OK, name, detail: `none: nobody asks of it ("${SAVE}" makes one)` };
    const detail = `there is no "${STRUCTURE_BASELINE}", which the gate sentrux compares with`;
    return { name, state: "note", code: "baseline_missing", detail, cure: SAVE };
  }
  try {
    const git = createGit(root, env);
    const [head] = await git.objects.info(["HEAD"]);
    if (head === undefined || head === null) return { ...OK, name, detail: STRUCTURE_BASELINE };
    const age = await ageOf(git, baselineIn(root), { head: head.oid, now_ms: now_ms() });
    const stale = staleWords(age, rules.baselines);
    if (stale === null) return { ...OK, name, detail: STRUCTURE_BASELINE };
    return { name, state: "note", code: "baseline_stale", detail: `it is ${stale}`, cure: SAVE };
  } catch (error) {
    if (!(error instanceof DgovError)) throw error;
    return { name, state: "fault", code: error.code, detail: error.message, cure: SAVE };
  }
}
