import type { EventOf, Finding, Run, Stored } from "@dgov/kernel";
import { headsOf } from "@dgov/kernel/whole";

/** A commit, and the task that landed with it; null: no task of this run did. */
type Landed = { commit: string; task: string | null };

/**
 * What all gates say of the head that a run leaves. `asked`: of how many commits they were asked; `known`: gates that had passed
 * on that very tree already. Of a head that is red: `since` the first landing with which it is, `good` the commit before it,
 * which is kept; both null where all was red when the run began.
 */
export type WholeSummary = {
  head: string;
  verdict: EventOf<"head_judged">["verdict"];
  gate: string | null;
  findings: Finding[];
  asked: number;
  known: string[];
  since: Landed | null;
  good: (Landed & Pick<EventOf<"good_head_kept">, "ref" | "cure">) | null;
};

/** @returns null: nobody was asked, or has not answered */
export function wholeOf(run: Run, events: readonly Pick<Stored, "event">[]): WholeSummary | null {
  const [[head, verdict] = []] = run.whole.judged;
  if (head === undefined || verdict === undefined) return null;
  const all = events.map(({ event }) => event);
  const said = all.findLast((event) => event.kind === "head_judged" && event.commit === head);
  const kept = all.findLast((event) => event.kind === "good_head_kept" && event.commit === run.whole.kept);
  const { gates = [], known = [] } = said?.kind === "head_judged" ? said : {};
  const fell = gates.find((gate) => gate.verdict !== "pass");
  const landed = (commit: string): Landed => ({
    commit,
    task: run.tasks.find(({ work }) => work?.landed === commit)?.id ?? null,
  });
  const good = kept?.kind === "good_head_kept" ? kept : null;
  const row = headsOf(run, head);
  const since = good === null ? undefined : row[row.indexOf(good.commit) + 1];
  return {
    head,
    verdict,
    gate: fell?.gate ?? null,
    findings: [...(fell?.findings ?? [])],
    asked: run.whole.judged.size,
    known: [...known],
    since: since === undefined ? null : landed(since),
    good: good && { ...landed(good.commit), ref: good.ref, cure: good.cure },
  };
}
