import type { IntegratedCandidate } from "../candidate.ts";
import { type Gate, pass, reject } from "../gate.ts";
import { runRed } from "./run_red.ts";

/**
 * The gate on tests that are written before the work: they must be red, and for the right reason. Where nobody can tell, whoever
 * wrote them could not mend it.
 */
export const redGate: Gate<IntegratedCandidate> = {
  name: "red",
  async check(candidate) {
    const { is, code, message } = await runRed(candidate, candidate.unit);
    const [path] = candidate.unit.files.tests ?? []; // it is about the work: without it there is nothing to be red
    const findings = [{ code, message, ...(path === undefined ? {} : { path }) }];
    if (is === "red") return { ...pass, findings };
    return is === "unknown" ? { ...pass, verdict: "broken", cause: "broken", findings } : reject("gate", findings);
  },
};
