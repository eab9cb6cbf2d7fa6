import type { Shown } from "../settlement/evidence.ts";
import type { Drill, Facts } from "./drill.ts";
import { freePath } from "./free_path.ts";

const GATE = "evidence";

/** Harmless work of which the log shows this; null where the project only wants to be told of it. */
const showing =
  (key: "unwatched_tests" | "unverified_statements", shown: Partial<Shown>): Drill["make"] =>
  (facts: Facts) => {
    if (facts.project.rules.evidence[key] !== "refuse") return null;
    const path = freePath(facts, "dgov_drill.txt");
    if (path === null) return "the project's [scope] leaves no path at which a task could make a file";
    const nothing: Shown = { stated: [], watched: null };
    return [{ work: { [path]: "1\n" }, harmless: null, claims: { create: [path] }, shown: { ...nothing, ...shown } }];
  };

const stated = (standing: "unverified" | "contradicted"): Partial<Shown> => ({
  stated: [{ check: "tests", command: "", outcome: "passed", standing, why: null, call: null }],
});

/** What the gate `evidence` must refuse, as far as the project asks for it. */
export const EVIDENCE: readonly Drill[] = [
  {
    gate: GATE,
    what: "work whose tests nobody saw fail",
    code: "tests_unwatched",
    make: showing("unwatched_tests", { watched: { verdict: "edited_first", why: null, call: null } }),
  },
  {
    gate: GATE,
    what: "tests that are said to pass, and never ran",
    code: "statement_unverified",
    make: showing("unverified_statements", stated("unverified")),
  },
  {
    gate: GATE,
    what: "tests that are said to pass, and failed",
    code: "statement_contradicted",
    make: showing("unverified_statements", stated("contradicted")),
  },
];
