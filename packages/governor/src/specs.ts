import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Requirement, requirementsIn } from "@dgov/semantic/requirements";
import { readProject } from "./config.ts";
import { DgovError } from "./error.ts";
import type { Git } from "./git/git.ts";
import { withLog } from "./log.ts";
import { machineWords } from "./machine_words.ts";
import { findCommitPlace, gitIn } from "./preflight/place.ts";
import { subjectOf } from "./preflight/subject.ts";
import type { World } from "./session.ts";
import { readSpecsBaseline, SPECS_BASELINE, type SpecsBaseline } from "./specs/baseline.ts";
import { GATE_EVENTS, type GateRun, gateRuns } from "./specs/gate_runs.ts";
import { digestsOf, type ReadSpec, readSpecs, type SpecDocument } from "./specs/read_specs.ts";
import { writeAtomic } from "./write.ts";

/**
 * How a document stands.
 *
 * `covered`   its gate has run on this very content, and passed: `by` says where
 * `accepted`  a person has taken this content as it is, in the baseline
 * `drifted`   it is another content than the baseline's, and its gate has not run on it
 * `unknown`   nobody has said anything of it
 */
type DocumentState = "covered" | "accepted" | "drifted" | "unknown";

/** `added`, `changed`, `gone`: ids of requirements since the baseline; of a document that it lacks all are added. */
export type DocumentView = {
  path: string;
  state: DocumentState;
  by: Pick<GateRun, "run" | "seq" | "task"> | null;
  requirements: number;
  added: readonly string[];
  changed: readonly string[];
  gone: readonly string[];
  unreadable: string | null;
};

/** How many requirements there are of each state; a document without any counts as one. `value`: 0 to 100, null: there are none. */
type Health = Record<DocumentState, number> & { value: number | null };

export type SpecsView = {
  specs: readonly { name: string; gate: string; required: boolean; documents: readonly DocumentView[] }[];
  gone: readonly string[]; // documents of the baseline that are no more
  health: Health;
};

type Asking = Pick<World, "env"> & { cwd: string };
type Opened = { git: Git; root: string; specs: readonly ReadSpec[] };

async function openSpecs({ cwd, env }: Asking): Promise<Opened> {
  const place = findCommitPlace({ cwd, env });
  const git = gitIn(place, env);
  const project = readProject(place.root);
  if (Object.keys(project.rules.baselines.specs).length === 0)
    throw new DgovError("usage", "Cannot look at documents: .dgov/project.toml names none", {
      hint: 'Write [specs.NAME] with its paths into .dgov/project.toml (docs/specs.md), or use "dgov spec extract FILE"',
    });
  const { tree } = await subjectOf(git, place, { kind: "all" });
  if (tree === null) throw new Error("The working tree is no tree");
  return { git, root: place.root, specs: await readSpecs(git, project, tree) };
}

/** How the documents of the working tree stand. @throws DgovError `usage` where the project names none */
export async function specsStatus(asking: Asking): Promise<SpecsView> {
  const { git, root, specs } = await openSpecs(asking);
  const baseline = readSpecsBaseline(root);
  const runs = await withLog(root, (log) => gateRuns(log.read({ kinds: [...GATE_EVENTS] })));
  const shown = [];
  for (const { name, spec, documents } of specs) {
    const own = runs.filter(({ gate }) => gate === spec.gate).slice(-RUNS_MAX);
    const views: DocumentView[] = [];
    for (const document of documents) views.push(viewOf(document, baseline, await runOn(git, own, document)));
    shown.push({ name, gate: spec.gate, required: spec.required, documents: views });
  }
  const there = new Set(specs.flatMap(({ documents }) => documents.map(({ path }) => path)));
  const gone = Object.keys(baseline?.documents ?? {}).filter((path) => !there.has(path));
  return { specs: shown, gone, health: healthOf(shown.flatMap(({ documents }) => documents)) };
}

/** What ran before so many others is told to be not known. */
const RUNS_MAX = 1000;

/** The last run whose tree had this very content there. */
async function runOn(
  { objects }: Git,
  runs: readonly GateRun[],
  { path, blob }: SpecDocument,
): Promise<GateRun | null> {
  if (path.includes("\n")) return null;
  const found = await objects.info(runs.map(({ tree }) => `${tree}:${path}`));
  return runs.findLast((_, at) => found[at]?.oid === blob) ?? null;
}

function viewOf(document: SpecDocument, baseline: SpecsBaseline | null, by: GateRun | null): DocumentView {
  const { path, blob, requirements, unknown } = document;
  const was = baseline && Object.hasOwn(baseline.documents, path) ? baseline.documents[path] : undefined;
  const [before, now] = [
    new Map(Object.entries(was?.requirements ?? {})),
    new Map(Object.entries(digestsOf(document))),
  ];
  return {
    path,
    state: by ? "covered" : was === undefined ? "unknown" : was.blob === blob ? "accepted" : "drifted",
    by: by && { run: by.run, seq: by.seq, task: by.task },
    requirements: requirements.length,
    added: [...now.keys()].filter((id) => !before.has(id)),
    changed: [...now].filter(([id, digest]) => before.has(id) && before.get(id) !== digest).map(([id]) => id),
    gone: [...before.keys()].filter((id) => !now.has(id)),
    unreadable: unknown,
  };
}

/** What a gate has run on counts whole, what a person has taken as it is half: nothing else was seen by anybody. */
export function healthOf(documents: readonly Pick<DocumentView, "state" | "requirements">[]): Health {
  const counts = { covered: 0, accepted: 0, drifted: 0, unknown: 0 };
  for (const { state, requirements } of documents) counts[state] += Math.max(1, requirements);
  const all = counts.covered + counts.accepted + counts.drifted + counts.unknown;
  return { ...counts, value: all === 0 ? null : Math.round((100 * (counts.covered + counts.accepted / 2)) / all) };
}

export type BaselineView = { output: string; documents: number; requirements: number };

/** Takes the documents of the working tree as they are. @throws DgovError like `specsStatus` */
export async function saveSpecsBaseline(asking: Asking): Promise<BaselineView> {
  const { root, specs } = await openSpecs(asking);
  const documents = specs.flatMap((spec) => spec.documents).sort((one, other) => (one.path < other.path ? -1 : 1));
  const entries = documents.map((one) => [one.path, { blob: one.blob, requirements: digestsOf(one) }]);
  const baseline = { version: 1, documents: Object.fromEntries(entries) };
  writeAtomic(join(root, SPECS_BASELINE), `${JSON.stringify(baseline, null, 2)}\n`);
  const requirements = documents.reduce((sum, one) => sum + one.requirements.length, 0);
  return { output: SPECS_BASELINE, documents: Object.keys(baseline.documents).length, requirements };
}

function textOf(cwd: string, path: string): string {
  try {
    return readFileSync(resolve(cwd, path), "utf8");
  } catch (cause) {
    const hint = "Name a document: Markdown, or OpenAPI in YAML or JSON";
    throw new DgovError("usage", `Cannot read "${path}": ${machineWords(cause)}`, { cause, hint });
  }
}

export type ExtractView = { path: string; requirements: readonly Requirement[] };

/** What a document asks for. @throws DgovError `usage` where there is none that could be read */
export function extractRequirements(cwd: string, path: string): ExtractView {
  const said = requirementsIn(path, textOf(cwd, path));
  if ("unknown" in said) throw new DgovError("usage", `Cannot read "${path}": ${said.unknown}`);
  return { path, ...said };
}
