import { ignoreRule } from "../ignore.ts";
import type { FrozenCandidate } from "./candidate.ts";
import { type Claimant, judgePaths, refuse } from "./claimed_paths.ts";
import { unsafeContent } from "./content.ts";
import { type Gate, type Judgement, pass, reject } from "./gate.ts";
import { mirrorDrift } from "./mirrors.ts";
import { judgeByPath } from "./path_rules.ts";
import { unclaimedSymbols } from "./symbol_claims.ts";

/** Whether the work is what the task may do, judged on the frozen tree. */
export const claimsGate: Gate<FrozenCandidate> = { name: "claims", check: judgeWork };

/** What work is judged by, whoever asks. */
export type Work = Claimant & Pick<FrozenCandidate, "git" | "changes" | "tree" | "ignored" | "symbols">;

/** The first question that is answered with "no" decides the cause, so that a worker is told of the gravest thing first. */
export async function judgeWork(work: Work): Promise<Judgement> {
  const { changes, project } = work;
  const ignored = ignoreRule(project.rules.scope.ignore);
  const own = changes.filter(({ path }) => !ignored(path));
  if (own.length === 0) return empty(work);
  const judged = judgePaths(own, work);
  if (judged !== null) return judged;
  const foreign = await unclaimedSymbols(own, work);
  if (foreign.length > 0) return reject("symbol_scope", foreign);
  const unsafe = await unsafeContent(own, { git: work.git, allow_binary: project.rules.scope.allow_binary });
  if (unsafe.length > 0) return reject("path_policy", unsafe);
  const { mirrors, policy } = project.rules.scope;
  const drifted = await mirrorDrift(own, { git: work.git, tree: work.tree, mirrors });
  if (drifted.length > 0) return reject("path_policy", drifted);
  return { ...pass, findings: judgeByPath(own, { policy, summary: work.unit.summary }).noted };
}

function empty({ ignored }: Pick<Work, "ignored">): Judgement {
  const [some] = ignored;
  if (some === undefined)
    return refuse("empty_diff", [["empty_diff", "The worker said done, and nothing has changed"]]);
  const more = ignored.length > 1 ? ` and ${ignored.length - 1} more` : "";
  return refuse("empty_diff", [["ignored_by_git", `Nothing has changed but what git ignores: "${some}"${more}`, some]]);
}
