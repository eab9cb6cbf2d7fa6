import { closedMembers } from "./check/access.ts";
import type { Check, Work } from "./check/check.ts";
import { collisions } from "./check/collisions.ts";
import { conflicts } from "./check/conflicts.ts";
import { importCycles } from "./check/cycles.ts";
import { driftedCalls } from "./check/drift.ts";
import { duplicateDefinitions } from "./check/duplicates.ts";
import { brokenImports } from "./check/imports.ts";
import { inheritance } from "./check/inheritance.ts";
import { keyCollisions } from "./check/keys.ts";
import { missingNames } from "./check/missing.ts";
import { ordering } from "./check/order.ts";
import { unknownReceivers } from "./check/receivers.ts";
import { type Fault, findingsOf } from "./check/report.ts";
import { openScene } from "./check/scene.ts";
import { sharedScopes } from "./check/shared_scope.ts";
import { danglingStrings } from "./check/strings.ts";
import { structuralInterfaces } from "./check/structural.ts";
import { sameSymbols } from "./check/symbols.ts";
import { syntax } from "./check/syntax.ts";
import { touchedBy, worthFollowing } from "./check/touched.ts";
import type { Merge, Trees } from "./check/trees.ts";
import { unusedImports } from "./check/unused_imports.ts";
import { driftedUses } from "./check/uses.ts";
import { type Finding, VERDICTS, type Verdict } from "./finding.ts";
import { limitedTo, TooMuch } from "./linker/effort.ts";
import type { RulesOf } from "./linker/rules.ts";

/** What is to be done with a merge. `unchecked`: changed files of which nothing could be said, and why. */
export type Judgement = {
  verdict: Verdict;
  findings: readonly Finding[];
  unchecked: readonly { path: string; why: string }[];
};

const CHECKS: readonly Check[] = [
  conflicts,
  syntax,
  duplicateDefinitions,
  sharedScopes,
  collisions,
  keyCollisions,
  missingNames,
  brokenImports,
  unusedImports,
  driftedCalls,
  driftedUses,
  closedMembers,
  inheritance,
  structuralInterfaces,
  unknownReceivers,
  ordering,
  importCycles,
  danglingStrings,
  sameSymbols,
];

/** Ten times what a merge of 140 files took. A step is a question to the linker, or a class among those above another one. */
const STEPS_MAX = 3_000_000;

/**
 * Judges a merged tree against both of its parents: only what is in neither of them is told. What takes more steps than it
 * may is not judged to its end: then what was found is told, and all files are unchecked.
 */
export function judge(trees: Trees, merge: Merge, rulesOf: RulesOf, steps_max: number = STEPS_MAX): Judgement {
  const scene = openScene(trees, merge, rulesOf, limitedTo(steps_max));
  if (merge.changes.left.length === 0 || merge.changes.right.length === 0)
    return { verdict: "merge", findings: [], unchecked: scene.unchecked };
  const faults: Fault[] = [];
  const cut = spent(() => {
    const touched = { left: touchedBy(scene, "left"), right: touchedBy(scene, "right") };
    const work: Work = { scene, touched, worth: worthFollowing(scene, touched) };
    for (const check of CHECKS) faults.push(...check(work));
  });
  const findings = findingsOf(faults);
  const left = cut === null ? [] : scene.files.map(({ path }) => ({ path, why: cut }));
  return { verdict: worst(findings), findings, unchecked: [...scene.unchecked, ...left] };
}

/** Why work came to no end; null: it did. */
function spent(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof TooMuch) return error.message;
    throw error;
  }
}

/** The gravest verdict of all; without a finding it is "merge". */
export function worst(findings: readonly Pick<Finding, "verdict">[]): Verdict {
  const at = Math.max(0, ...findings.map(({ verdict }) => VERDICTS.indexOf(verdict)));
  return VERDICTS[at] ?? "conflict";
}
