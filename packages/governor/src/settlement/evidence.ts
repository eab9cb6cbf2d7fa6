import type { EventOf, Finding } from "@dgov/kernel";
import { sayStated, sayWatched } from "../stated_text.ts";
import type { FrozenCandidate } from "./candidate.ts";
import { type Gate, pass, reject } from "./gate.ts";

/** What is in the log of how an attempt came to its work. `stated` [] and `watched` null: nothing, as of most tasks. */
export type Shown = {
  stated: EventOf<"checks_stated">["checks"];
  watched: Pick<EventOf<"tests_watched">, "verdict" | "why" | "call"> | null;
};

/** Whether what must be shown of the work is shown, where the project refuses what is not. The tree says nothing of it. */
export const evidenceGate: Gate<Pick<FrozenCandidate, "project" | "shown">> = {
  name: "evidence",
  async check({ project, shown }) {
    const { unwatched_tests, unverified_statements } = project.rules.evidence;
    const unwatched = unwatched_tests === "refuse" ? unwatchedIn(shown) : [];
    if (unwatched.length > 0) return reject("unwatched", unwatched);
    const bare = unverified_statements === "refuse" ? unverifiedIn(shown) : [];
    return bare.length > 0 ? reject("gate", bare) : pass;
  },
};

/** Whether the gate has anything to ask: a project that only wants to be told has no such gate. */
export const asksEvidence = ({ rules }: FrozenCandidate["project"]): boolean =>
  rules.evidence.unwatched_tests === "refuse" || rules.evidence.unverified_statements === "refuse";

function unwatchedIn({ watched }: Shown): Finding[] {
  if (watched === null || watched.verdict === "watched") return [];
  const message = `The task's own tests ${sayWatched(watched)}; run them, all of them, and see them fail before the first change`;
  return [{ code: "tests_unwatched", message }];
}

function unverifiedIn({ stated }: Shown): Finding[] {
  return stated
    .filter(({ standing }) => standing !== "verified")
    .map((check) => ({
      code: check.standing === "contradicted" ? "statement_contradicted" : "statement_unverified",
      message: `The worker states: ${sayStated(check)}; state what was run, after the last change, or nothing`,
    }));
}
