import type { Finding } from "@dgov/kernel";
import { ignoreRule } from "../ignore.ts";
import type { Project } from "../project.ts";
import { runProjectCommand, unanswered } from "../project_command.ts";
import type { IntegratedCandidate, Left } from "./candidate.ts";
import { judged } from "./command.ts";
import { type Gate, type Judgement, pass } from "./gate.ts";

/**
 * Whether the files that are made from others are what their generators make of the work. Each runs in the checkout of the
 * tree that would land, where all it writes is put back: the project's own files are never touched. What was out of date
 * on the target's head is nobody's fault.
 */
export const generatedGate: Gate<IntegratedCandidate> = {
  name: "generated",
  async check(candidate) {
    const notes: Finding[] = [];
    let last = pass;
    for (const [name, generator] of Object.entries(candidate.project.commands.generated)) {
      if (!isConcerned(generator, candidate)) continue;
      last = await ask(candidate, { name, ...generator });
      if (last.verdict !== "pass") return last;
      notes.push(...last.findings);
    }
    return { ...last, findings: notes };
  },
};

type Generator = Project["commands"]["generated"][string];

function isConcerned({ inputs, outputs }: Generator, { changes }: Pick<IntegratedCandidate, "changes">): boolean {
  const concerns = ignoreRule([...inputs, ...outputs]);
  return inputs.length === 0 || changes.some(({ path }) => concerns(path));
}

type Named = Generator & { name: string };

async function ask(candidate: IntegratedCandidate, generator: Named): Promise<Judgement> {
  const { out, project } = candidate;
  const { name, command } = generator;
  const timeout_ms = project.timeouts.settlement_ms;
  const said = await runProjectCommand(candidate.isolation, { command, timeout_ms, out, log: `generated-${name}.log` });
  const left = candidate.takeLeft();
  const missing = unanswered(said, timeout_ms);
  if (missing) return judged(said, "broken", { cause: "broken", findings: [missing] });
  const { exit } = said.result;
  if (exit !== 0) {
    const message = `"${command}" of [generated.${name}] fails on the integrated work (exit status ${exit})`;
    return judged(said, "reject", { cause: "gate", findings: [{ code: "generator_failed", message }] });
  }
  const findings = findingsOf(generator, left);
  const known = findings.length === 0 ? new Set<string>() : await knownOf(candidate, generator);
  const own = findings.filter(({ code, path }) => !known.has(`${code} ${path}`));
  if (own.length > 0) return judged(said, "reject", { cause: "gate", findings: own.slice(0, LISTED_MAX) });
  const before = findings
    .slice(0, LISTED_MAX)
    .map((one) => ({ ...one, message: `${one.message}, and was on the target` }));
  return { ...judged(said, "pass", { cause: "gate", findings: [] }), findings: before };
}

const LISTED_MAX = 50;

/** What the generator would have to write, and what it writes that it does not name. */
function findingsOf({ name, outputs }: Named, { changed, made }: Left): Finding[] {
  const isOutput = ignoreRule(outputs);
  const finding = (code: string, path: string, says: string): Finding => ({ code, path, message: `"${path}" ${says}` });
  return [
    ...changed.flatMap((path) =>
      isOutput(path)
        ? finding("generated_stale", path, `is not what [generated.${name}] makes of the work`)
        : finding("generated_elsewhere", path, `is written by [generated.${name}], and none of its outputs`),
    ),
    ...made.flatMap((path) =>
      isOutput(path) ? finding("generated_missing", path, `is made by [generated.${name}], and not in the work`) : [],
    ),
  ];
}

/** The same on the target's head. A generator that fails there excuses nobody. */
async function knownOf({ baseline, out, project }: IntegratedCandidate, generator: Named): Promise<Set<string>> {
  const beside = await baseline();
  beside.takeLeft();
  const asked = { command: generator.command, timeout_ms: project.timeouts.settlement_ms };
  await runProjectCommand(beside.isolation, { ...asked, out, log: `generated-${generator.name}-before.log` });
  return new Set(findingsOf(generator, beside.takeLeft()).map(({ code, path }) => `${code} ${path}`));
}
