import { readProject } from "./config.ts";
import { findRoot } from "./root.ts";
import { type Explained, explainPath, type RuleKind, sayExplained } from "./settlement/path_rules.ts";

export type PolicyExplanation = { mode: Explained["mode"]; paths: (Explained & { said: string })[] };

/** How the rules of `[policy]` judge a change at each path, by the judgement of settlement. Nothing is read but the configuration. */
export function explainPolicy(
  cwd: string,
  { paths, kind, summary }: { paths: readonly string[]; kind: RuleKind; summary: string },
): PolicyExplanation {
  const { policy } = readProject(findRoot(cwd)).rules.scope;
  const explained = paths.map((path) => explainPath(policy, { path, kind, summary }));
  return { mode: policy.mode, paths: explained.map((one) => ({ ...one, said: sayExplained(one) })) };
}
