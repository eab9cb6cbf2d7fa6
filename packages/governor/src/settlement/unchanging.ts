import type { Finding } from "@dgov/kernel";
import type { IntegratedCandidate } from "./candidate.ts";
import type { Gate, Judgement } from "./gate.ts";

/**
 * Told when a gate begins; knows the tracked files that its commands have changed since, all put back by now, and those that
 * were written at all.
 */
export type GateWatch = { begin(): void; changed(): string[]; touched(): string[] };

/**
 * A gate whose commands may not change what is judged. One that did has judged something else than the work, so it does
 * not pass: with the cure a worker or a person can mend it. What it refused by itself it refuses still. A setup judges
 * nothing, and installers write lock files anew: that is put back, and no more is said of it.
 */
export function unchanging(gate: Gate<IntegratedCandidate>, watch: GateWatch): Gate<IntegratedCandidate> {
  return {
    name: gate.name,
    async check(candidate) {
      watch.begin();
      const judgement = await gate.check(candidate);
      const paths = watch.changed();
      const touched = watch.touched().filter((path) => candidate.frozen?.some((test) => test.path === path));
      if (touched.length > 0) return forged(judgement, touched);
      return paths.length === 0 || gate.name === "setup" ? judgement : distrusted(judgement, paths);
    },
  };
}

/** Whoever writes a frozen test while it runs has run another test, whatever it says afterwards. */
function forged(judgement: Judgement, touched: readonly string[]): Judgement {
  const findings = touched.slice(0, LISTED_MAX).map(
    (path): Finding => ({
      code: "frozen_test_touched",
      message: `What the check runs has written the frozen test "${path}": nobody knows what was tested`,
      path,
    }),
  );
  return { ...judgement, verdict: "reject", cause: "gate", findings: [...judgement.findings, ...findings] };
}

const CURE = "it was put back; let it write elsewhere, or name what is nobody's work in [scope] ignore_files";
const LISTED_MAX = 20;

function distrusted(judgement: Judgement, paths: readonly string[]): Judgement {
  const findings = paths.slice(0, LISTED_MAX).map(
    (path): Finding => ({
      code: "gate_wrote_tracked",
      message: `The check changed "${path}", which is among the files that it judges: ${CURE}`,
      path,
    }),
  );
  const more = paths.length - LISTED_MAX;
  if (more > 0) findings.push({ code: "gate_wrote_tracked", message: `The check changed ${more} files more` });
  if (judgement.verdict !== "pass") return { ...judgement, findings: [...judgement.findings, ...findings] };
  return { ...judgement, verdict: "reject", cause: "gate", findings };
}
