import type { Finding } from "@dgov/kernel";
import type { Change } from "../git/tree_changes.ts";
import { ignoreRule } from "../ignore.ts";
import type { Project } from "../project.ts";
import { type Gate, pass, reject, type Verdict } from "./gate.ts";

type Judged = { project: Pick<Project, "rules">; changes: readonly Change[] };

/** Gates that compare trees: they look at all there is without running anything. */
export const RUNS_ALWAYS: ReadonlySet<string> = new Set(["structure", "api"]);

/** Whether a verdict is of something that ran: a gate that found nothing to do has said nothing of the content. */
export const hasRun = ({
  command,
  level,
}: Pick<Verdict, "command"> & { level?: Verdict["level"] | undefined }): boolean =>
  command !== null || (level ?? null) !== null;

/**
 * The last of the project's gates, where it names documents that say what is to be: whether the gate that each belongs to has run
 * on what is to land, when the document changed.
 *
 * @param ran the names of the gates that have run, and passed
 * @returns none or one
 */
export const specGates = ({ project }: Pick<Judged, "project">, ran: ReadonlySet<string>): Gate<Judged>[] =>
  Object.keys(project.rules.baselines.specs).length > 0
    ? [{ name: "specs", check: async (judged) => judgeSpecs(judged, ran) }]
    : [];

function judgeSpecs({ project, changes }: Judged, ran: ReadonlySet<string>) {
  const notes: Finding[] = [];
  const refused: Finding[] = [];
  for (const [name, { paths, gate, required }] of Object.entries(project.rules.baselines.specs)) {
    const isIn = ignoreRule(paths);
    if (ran.has(gate)) continue;
    for (const { path } of changes.filter((change) => isIn(change.path)))
      (required ? refused : notes).push({
        code: "spec_ungated",
        message: `"${path}" of [specs.${name}] changed, and the gate "${gate}" did not run on it: change what makes it run, too, or see that the project has it`,
        path,
      });
  }
  if (refused.length > 0) return reject("gate", [...refused, ...notes].slice(0, LISTED_MAX));
  return { ...pass, findings: notes.slice(0, LISTED_MAX) };
}
const LISTED_MAX = 50;

/** Whether a change concerns a document whose gate is the tests: which of them it concerns nobody can say, so all run. */
export function asksAllTests({ project, changes }: Judged): boolean {
  const specs = Object.values(project.rules.baselines.specs).filter(({ gate }) => gate === "tests");
  const isIn = ignoreRule(specs.flatMap(({ paths }) => paths));
  return specs.length > 0 && changes.some(({ path }) => isIn(path));
}
