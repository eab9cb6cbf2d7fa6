import { sayFinding } from "./run_summary.ts";
import { short } from "./story.ts";
import type { WholeSummary } from "./whole.ts";

/** What is said of a head that does not pass, in sentences for people; none of one that does. */
export function sayWhole(whole: WholeSummary): string[] {
  const { head, verdict, gate, findings, since, good } = whole;
  if (verdict === "pass") return [];
  const [first] = findings;
  const what = verdict === "reject" ? "does not pass" : "could not be judged";
  const why = first ? `: ${sayFinding(first)}` : "";
  const lines = [`All that has landed, taken together (${short(head)}), ${what} (${gate})${why}`];
  if (good === null)
    return [...lines, "No earlier head is known at which it passes: it may have been so before the run"];
  const by = since?.task ? `the landing of "${since.task}"` : "a commit of no task";
  const at = good.task ? `with which "${good.task}" landed` : "on which the run began";
  return [
    ...lines,
    `It is so since ${short(since?.commit ?? head)}, ${by}. The last good head is ${good.commit}, ${at}; it is kept as ${good.ref}`,
    `Take it with: ${good.cure}`,
  ];
}
