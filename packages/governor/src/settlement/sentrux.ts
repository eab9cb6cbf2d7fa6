import { STRUCTURE_BASELINE } from "../baseline_files.ts";
import { runProjectCommand, unanswered, wholeText } from "../project_command.ts";
import { saysDegraded } from "../structure/outside.ts";
import type { IntegratedCandidate } from "./candidate.ts";
import { judged } from "./command.ts";
import { type Gate, pass } from "./gate.ts";

/**
 * The program sentrux, where the project asks for it, on the checkout: it compares with the baseline that lies there, which
 * no work may write. What it says is worse is refused in `strict` mode alone, and noted else: whose doing it is only the gate
 * `structure` can tell, which has been asked. One that cannot answer is broken.
 */
export const sentruxGate: Gate<IntegratedCandidate> = {
  name: "sentrux",
  async check({ git, head, project, isolation, out }) {
    const [baseline] = await git.objects.info([`${head}:${STRUCTURE_BASELINE}`]);
    if (!baseline)
      return {
        ...pass,
        findings: [
          { code: "structure_no_baseline", message: `The target has no "${STRUCTURE_BASELINE}" to compare with` },
        ],
      };
    const timeout_ms = project.timeouts.settlement_ms;
    const said = await runProjectCommand(isolation, { command: "sentrux gate .", timeout_ms, out, log: "sentrux.log" });
    const missing = unanswered(said, timeout_ms);
    if (missing) return judged(said, "broken", { cause: "broken", findings: [missing] });
    const { exit } = said.result;
    if (exit === 0) return judged(said, "pass", { cause: "gate", findings: [] });
    const message = `sentrux says that the structure is worse than in "${STRUCTURE_BASELINE}"`;
    const worse = { code: "structure_degraded", message };
    if (!saysDegraded(wholeText(said)))
      return judged(said, "broken", {
        cause: "broken",
        findings: [
          {
            code: "sentrux_failed",
            message: `sentrux fails (exit status ${exit}) and says of nothing that it is worse`,
          },
        ],
      });
    if (project.rules.baselines.strict) return judged(said, "reject", { cause: "gate", findings: [worse] });
    return { ...judged(said, "pass", { cause: "gate", findings: [] }), findings: [worse] };
  },
};
