import { folderOf } from "../linker/paths.ts";
import { type Groups, groupsOf } from "./circles.ts";
import type { FunctionShape } from "./complexity.ts";
import { isComplex, LIMITS } from "./limits.ts";
import type { FileShape } from "./shapes.ts";

/** All files of a tree of which something is known, by path. */
export type Architecture = ReadonlyMap<string, FileShape>;

export type OffenderKind = "cycles" | "god_files" | "complex_functions" | "cog_complex_functions" | "long_functions";

/**
 * What is past a limit. `hard`: a change that brings one in is refused, where the project asks for no more.
 *
 * `name`    the key of a function's unit; else ""
 * `members` the files of a circle; else none
 * `line`    null: it has no place in its file
 * `digest`  of what a function says but its name; else ""
 */
export type Offender = {
  kind: OffenderKind;
  hard: boolean;
  path: string;
  line: number | null;
  name: string;
  metric: string;
  value: number;
  digest: string;
  members: readonly string[];
};

/** The keys are those of sentrux, and `long_fn_count`, `files`, `functions` of our own. `quality_signal` is between 0 and 1. */
export type Metrics = {
  quality_signal: number;
  coupling_score: number;
  cycle_count: number;
  god_file_count: number;
  complex_fn_count: number;
  long_fn_count: number;
  max_depth: number;
  total_import_edges: number;
  cross_module_edges: number;
  files: number;
  functions: number;
};

/** Worked out once for each: a head is compared with one candidate after the other. */
function groupsIn(architecture: Architecture): Groups {
  const known = grouped.get(architecture);
  if (known) return known;
  const found = groupsOf(new Map([...architecture].map(([path, { imports }]) => [path, imports])));
  grouped.set(architecture, found);
  return found;
}
const grouped = new WeakMap<Architecture, Groups>();

/** Groups of files that import each other where that is a fault. */
const circlesIn = (architecture: Architecture, groups: readonly string[][]): string[][] =>
  groups.filter((group) => group.length > 1 && group.every((path) => architecture.get(path)?.circles));

export function metricsOf(architecture: Architecture): Metrics {
  const { groups, depth } = groupsIn(architecture);
  const circles = circlesIn(architecture, groups);
  const shapes = [...architecture.values()];
  const past = shapes.flatMap((shape) => shape.past);
  const functions = shapes.reduce((sum, shape) => sum + shape.functions, 0);
  const edges = [...architecture].flatMap(([from, { imports }]) => imports.map((to) => [from, to] as const));
  const cross = edges.filter(([from, to]) => folderOf(from) !== folderOf(to)).length;
  const counts = {
    cycle_count: circles.length,
    god_file_count: shapes.filter(({ reach }) => reach >= LIMITS.reach).length,
    complex_fn_count: past.filter(isComplex).length,
    long_fn_count: past.filter(({ lines }) => lines >= LIMITS.lines).length,
  };
  const free = (bad: number, all: number) => (all === 0 ? 1 : 1 - bad / all);
  const parts = [
    free(circles.flat().length, shapes.length),
    free(counts.god_file_count, shapes.length),
    free(counts.complex_fn_count, functions),
    free(counts.long_fn_count, functions),
  ];
  return {
    quality_signal: parts.reduce((product, part) => product * part, 1) ** (1 / parts.length),
    coupling_score: edges.length === 0 ? 0 : cross / edges.length,
    ...counts,
    max_depth: depth,
    total_import_edges: edges.length,
    cross_module_edges: cross,
    files: shapes.length,
    functions,
  };
}

/** All that is past a limit: circles first, then by file, in its order. */
export function offendersOf(architecture: Architecture): Offender[] {
  const { groups } = groupsIn(architecture);
  const circles = circlesIn(architecture, groups).map(
    (members): Offender => ({
      ...{ kind: "cycles", hard: true, path: members[0] ?? "", line: null, digest: "" },
      ...{ name: "", metric: "files", value: members.length, members },
    }),
  );
  return [...circles, ...[...architecture].sort(byPath).flatMap(([path, shape]) => ofFile(path, shape))];
}

const byPath = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

function ofFile(path: string, { reach, past }: FileShape): Offender[] {
  const god: Offender = {
    ...{ kind: "god_files", hard: true, path, line: null, name: "", digest: "", members: [] },
    ...{ metric: "imports", value: reach },
  };
  return [...(reach >= LIMITS.reach ? [god] : []), ...past.flatMap((one) => ofFunction(path, one))];
}

const FUNCTION_KINDS = [
  { kind: "complex_functions", metric: "cyclomatic", hard: true },
  { kind: "cog_complex_functions", metric: "cognitive", hard: true },
  { kind: "long_functions", metric: "lines", hard: false },
] as const;

const ofFunction = (path: string, shape: FunctionShape): Offender[] =>
  FUNCTION_KINDS.filter(({ metric }) => shape[metric] >= LIMITS[metric]).map(({ kind, metric, hard }) => {
    const { key: name, line, digest } = shape;
    return { kind, hard, path, line, name, metric, value: shape[metric], digest, members: [] };
  });

/**
 * Offenders that were not there before, or are worse. A function is known by its name in its file; one that is gone from
 * there is known by what it says, wherever it stands now. A circle is old when all of it was in one.
 */
export function newOffenders(before: readonly Offender[], after: readonly Offender[]): Offender[] {
  const placeOf = ({ kind, path, name }: Offender) => `${kind} ${path} ${name}`;
  const byName = new Map(before.map((one) => [placeOf(one), one]));
  const there = new Set(after.map(placeOf));
  const gone = before.filter((one) => one.digest !== "" && !there.has(placeOf(one)));
  const byDigest = new Map(gone.map((one) => [`${one.kind} ${one.digest}`, one]));
  const circles = before.filter(({ kind }) => kind === "cycles").map(({ members }) => new Set(members));
  return after.filter((one) => {
    if (one.kind === "cycles") return !circles.some((known) => one.members.every((path) => known.has(path)));
    const known = byName.get(placeOf(one)) ?? byDigest.get(`${one.kind} ${one.digest}`);
    return known === undefined || one.value > known.value;
  });
}

/** A metric that is worse than it was. `words`: as sentrux says it. */
export type Worse = { metric: keyof Metrics; words: string; before: number; after: number };

/** Worse by less is noise: one more import in a thousand moves the share of all. */
const COUPLING_STEP = 0.02;
const QUALITY_STEP = 0.01;

const DEGRADING: readonly { metric: keyof Metrics; words: string; step: number; up: boolean }[] = [
  { metric: "quality_signal", words: "Quality dropped", step: QUALITY_STEP, up: false },
  { metric: "coupling_score", words: "Coupling increased", step: COUPLING_STEP, up: true },
  { metric: "cycle_count", words: "Cycles increased", step: 0, up: true },
  { metric: "god_file_count", words: "God files increased", step: 0, up: true },
  { metric: "complex_fn_count", words: "Complex functions increased", step: 0, up: true },
  { metric: "long_fn_count", words: "Long functions increased", step: 0, up: true },
];

export const degradations = (before: Metrics, after: Metrics): Worse[] =>
  DEGRADING.flatMap(({ metric, words, step, up }) => {
    const loss = up ? after[metric] - before[metric] : before[metric] - after[metric];
    return loss > step ? [{ metric, words, before: before[metric], after: after[metric] }] : [];
  });
