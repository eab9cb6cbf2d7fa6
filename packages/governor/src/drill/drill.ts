import type { Finding } from "@dgov/kernel";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import type { Shown } from "../settlement/evidence.ts";

/** Content by path: text, a link to a path, a commit of another repository; null: the file is deleted. */
export type Laid = Readonly<Record<string, string | { link: string } | { gitlink: string } | null>>;

/**
 * A change that a gate must refuse.
 *
 * `base`    laid over HEAD before anything begins; default: nothing
 * `head`    what has landed meanwhile, on the base; default: nothing
 * `work`    the known-bad work, on the base
 * `harmless` work of the same kind that has nothing wrong: what is said of it too is not said of the fault. null: needless
 * `claims`, `touched` of the task that did it; `shown`: what is in the log of it
 * `frozen`  tests of the base that a plan has frozen; `authored`: the test that its work is to write, before there is any other
 */
export type BadChange = {
  base?: Laid;
  head?: Laid;
  work: Laid;
  harmless: Laid | null;
  claims?: Partial<CompiledTask["files"]>;
  touched?: readonly string[];
  shown?: Shown;
  frozen?: readonly string[];
  authored?: string;
};

/** What is known of the project and the commit that is drilled. `read`: a file's text, null when there is none. */
export type Facts = {
  project: Project;
  paths: readonly string[];
  read: (path: string) => Promise<string | null>;
};

type Made = readonly BadChange[] | string | null;

/**
 * One drill of one gate. `code`: the finding that must be among those it gives; null: any that the harmless work does not get.
 * `make`: several changes are tried in turn, until one is refused; words say why there is none; null: the
 * project has nothing of the kind that could fire. `guess`: the gate may be
 * meant for something else, and is not at fault when it passes them.
 */
export type Drill = {
  gate: string;
  what: string;
  code: string | null;
  guess?: true;
  make: (facts: Facts) => Promise<Made> | Made;
};

/** `silent`: the gate let through what it must refuse, or could not answer. `said`: the code that it refused with. */
export type DrillRow = {
  gate: string;
  what: string;
  result: "fired" | "silent" | "not_drilled";
  said: string | null;
  why: string | null;
  took_ms: number;
};

/** What a gate said of one change; null: it passed it. */
export type Answer = { verdict: "reject" | "broken"; findings: readonly Finding[] } | null;

/** Where people put known-bad changes of their own: in a folder by the gate's name, each file at its path. */
export const DRILLS_FOLDER = ".dgov/drills";

export const ownDrillHint = (gate: string): string => `put a known-bad change into ${DRILLS_FOLDER}/${gate}/`;

/**
 * What an answer to the bad work comes to. Only a refusal counts, and of that only what is not said of harmless work as well:
 * a gate that is red whatever is done refuses nothing.
 */
export function resultOf(
  code: Drill["code"],
  bad: Answer,
  harmless: Answer,
): Pick<DrillRow, "result" | "said" | "why"> {
  const first = bad?.findings[0];
  if (harmless?.verdict === "broken" || bad?.verdict === "broken") {
    const why = (harmless?.verdict === "broken" ? harmless.findings[0] : first)?.message ?? "it gave no answer";
    return { result: "silent", said: null, why: `it could not answer: ${why}` };
  }
  if (bad === null) return { result: "silent", said: null, why: "it passed what it must refuse" };
  const known = new Set((harmless?.findings ?? []).map(keyOf));
  const fresh = bad.findings.filter((finding) => !known.has(keyOf(finding)));
  const hit = code === null ? fresh[0] : fresh.find((finding) => finding.code === code);
  if (hit) return { result: "fired", said: hit.code, why: null };
  if (code === null)
    return {
      result: "not_drilled",
      said: null,
      why: `it refuses harmless work too: ${first?.message ?? "no word why"}`,
    };
  return { result: "silent", said: first?.code ?? null, why: `it refused, but not with "${code}"` };
}

const keyOf = ({ code, message, path }: Finding): string => `${code}\0${path ?? ""}\0${message.replace(/\d+/g, "0")}`;
