import { changesFiles } from "@dgov/kernel/role";
import { type Claim, formatClaim, isReserved, overlap } from "@dgov/sandbox/claim";
import type { Place } from "../error.ts";
import { entryAt, type Facts, literal } from "./facts.ts";
import { type Graph, ordered } from "./graph.ts";
import { placeOf, type SourceClaim, type SourceTask } from "./source.ts";
import { type SymbolFacts, symbolFault } from "./symbols.ts";

/** What the checks of claims look at. `landed`: tasks whose work is in the repository already. */
export type Claimed = {
  tasks: readonly SourceTask[];
  graph: Graph;
  facts: Facts;
  symbols: SymbolFacts;
  landed: (id: string) => boolean;
};

/** Everything that is wrong with the claims of a plan: each by itself, against the repository, and against each other. */
export function claimPlaces(plan: Claimed): Place[] {
  return [
    ...plan.tasks.flatMap((task) => [...roleFaults(task), ...contradictions(task)]),
    ...plan.tasks.flatMap((task) => task.claims.flatMap((claim) => locationFaults(task, claim, plan))),
    ...spellingFaults(plan),
    ...clashes(plan.tasks, plan.graph),
  ];
}

export const isWrite = ({ key }: SourceClaim): boolean => key !== "read";

function roleFaults(task: SourceTask): Place[] {
  const writes = task.claims.filter(isWrite);
  const { role, files } = task.table;
  const wrote = files.create.length + files.edit.length + files.delete.length + files.touch.length > 0;
  if (changesFiles(role) && !wrote) {
    const message = `Cannot give "${task.id}" to a worker: it claims no file to change, so nothing it does could land`;
    return [placeOf(task, ["files"], { code: "claims_empty", message })];
  }
  if (changesFiles(role)) return [];
  return writes.map(({ claim, path }) => {
    const message = `Cannot let "${task.id}" claim "${formatClaim(claim)}" for writing: a ${role} only reads`;
    return placeOf(task, path, { code: "claims_readonly_role", message });
  });
}

/** What is to go cannot also be written. */
function contradictions(task: SourceTask): Place[] {
  const gone = task.claims.flatMap(({ key, claim }) => (key === "delete" ? [claim] : []));
  const kept = task.claims.filter(({ key, claim }) => {
    return key !== "delete" && key !== "read" && gone.some((other) => isIn(claim, other));
  });
  return kept.map(({ key, claim, path }) => {
    const message = `Cannot let "${task.id}" both delete and ${key} "${formatClaim(claim)}"`;
    return placeOf(task, path, { code: "claim_contradiction", message });
  });
}

/** Whether a claim is on the same file as another, or on a symbol that goes with it. */
const isIn = ({ path, symbol }: Claim, other: Claim): boolean =>
  path === other.path && (other.symbol === null || symbol === other.symbol || !!symbol?.startsWith(`${other.symbol}.`));

function locationFaults(task: SourceTask, source: SourceClaim, plan: Claimed): Place[] {
  const fault = locationFault(task, source, plan);
  if (fault === null) return [];
  const message = `Cannot let "${task.id}" ${source.key} "${formatClaim(source.claim)}": ${fault.why}`;
  return [placeOf(task, source.path, { code: fault.code, message })];
}

type Fault = { code: string; why: string };

function locationFault(task: SourceTask, source: SourceClaim, plan: Claimed): Fault | null {
  const { claim } = source;
  const place = literal(claim);
  if (isWrite(source) && isReserved(place === "" ? claim.path : place))
    return { code: "claim_reserved", why: "it belongs to dgov, which judges the work by it" };
  for (const prefix of prefixes(place)) {
    if (entryAt(plan.facts, prefix)?.kind === "link")
      return { code: "claim_link", why: `"${prefix}" is a symbolic link; claim what it points to` };
    const other = otherSpelling(plan.facts, prefix);
    if (other)
      return { code: "claim_case", why: `the repository has "${other}", which is the same name on some machines` };
  }
  return plan.landed(task.id) ? null : existenceFault(task, source, plan);
}

/** What is created must not be there yet; what is changed or read must be, or be made by a task before. */
function existenceFault(task: SourceTask, source: SourceClaim, plan: Claimed): Fault | null {
  const { key, claim } = source;
  const above = plan.graph.upstream.get(task.id)!;
  const before = plan.tasks.filter(({ id }) => above.has(id)).flatMap(({ claims }) => claims);
  const { symbol } = claim;
  if (symbol !== null)
    return symbolFault(
      { ...source, claim: { ...claim, symbol } },
      { facts: plan.facts, symbols: plan.symbols, before },
    );
  const there = exists(plan.facts, claim);
  if (key === "create" && there && claim.kind === "path") {
    const removed = before.some((other) => other.key === "delete" && overlap(other.claim, claim));
    return removed ? null : { code: "claim_exists", why: "it exists already; claim it under files.edit" };
  }
  if (key === "create" || key === "touch" || there) return null;
  if (before.some((other) => (other.key === "create" || other.key === "touch") && overlap(other.claim, claim)))
    return null;
  const what = claim.kind === "glob" ? "no file matches it" : "it does not exist";
  return { code: "claim_missing", why: `${what}, and no task before this one creates it` };
}

function exists(facts: Facts, claim: Claim): boolean {
  if (claim.kind === "glob") return facts.matched.has(claim.path);
  const entry = entryAt(facts, claim.path);
  return claim.kind === "directory" ? entry?.kind === "directory" : entry !== null;
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
function prefixes(path: string): string[] {
  const parts = path === "" ? [] : path.split("/");
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

function otherSpelling({ folders }: Facts, path: string): string | null {
  const cut = path.lastIndexOf("/") + 1;
  const names = (folders.get(path.slice(0, Math.max(0, cut - 1))) ?? []).map(({ name }) => name);
  const name = path.slice(cut);
  if (names.includes(name)) return null;
  const other = names.find((known) => known.toLowerCase() === name.toLowerCase());
  return other === undefined ? null : path.slice(0, cut) + other;
}

/** Two claims of the plan that differ only by case are one file on some machines and two on others. */
function spellingFaults({ tasks, facts }: Claimed): Place[] {
  const first = new Map<string, { spelling: string; id: string }>();
  return tasks.flatMap((task) =>
    task.claims.flatMap(({ claim, path }) => {
      for (const spelling of prefixes(literal(claim))) {
        if (otherSpelling(facts, spelling)) return []; // told already, against the repository
        const known = first.get(spelling.toLowerCase());
        if (!known) first.set(spelling.toLowerCase(), { spelling, id: task.id });
        if (!known || known.spelling === spelling) continue;
        const message = `Cannot let "${task.id}" claim "${spelling}": "${known.id}" claims "${known.spelling}", which is the same name on some machines`;
        return [placeOf(task, path, { code: "claim_case", message })];
      }
      return [];
    }),
  );
}

/** Two tasks that may run at the same time may not write the same thing. */
function clashes(tasks: readonly SourceTask[], graph: Graph): Place[] {
  const writers = tasks.map((task) => ({ task, writes: task.claims.filter(isWrite) }));
  return writers.flatMap(({ task, writes }, at) =>
    writers.slice(0, at).flatMap((other) => {
      if (ordered(graph, task.id, other.task.id)) return [];
      return writes.flatMap(({ claim, path }) => {
        const rival = other.writes.find((theirs) => overlap(theirs.claim, claim));
        if (!rival) return [];
        const [first, second] = [formatClaim(rival.claim), formatClaim(claim)];
        const meet = first === second ? `both write "${first}"` : `"${first}" and "${second}" overlap`;
        const message = `Cannot run "${other.task.id}" and "${task.id}" side by side: ${meet}; order them with depends_on, split the file, or claim symbols of it (file.py::name)`;
        return [placeOf(task, path, { code: "claims_clash", message })];
      });
    }),
  );
}

/** A department's files may be touched only by a task whose summary names the department. */
export function departmentPlaces(
  tasks: readonly SourceTask[],
  departments: Readonly<Record<string, readonly string[]>>,
): Place[] {
  return tasks.flatMap((task) =>
    task.claims.filter(isWrite).flatMap(({ claim, path }) => {
      const owner = Object.keys(departments).find((name) => departments[name]!.some((pattern) => owns(pattern, claim)));
      if (owner === undefined || task.table.summary.toLowerCase().includes(owner.toLowerCase())) return [];
      const message = `Cannot let "${task.id}" write "${formatClaim(claim)}": it belongs to the department "${owner}", and the summary does not name it`;
      return [placeOf(task, path, { code: "department_violation", message })];
    }),
  );
}

/** A pattern as in Python's fnmatch, where `*` crosses slashes; a claim that reaches into it counts as well. */
function owns(pattern: string, claim: Claim): boolean {
  const path = pattern.replace(/^\.\//, "").replace(/\*+/g, "**").replace(/\/$/, "/**");
  return overlap({ kind: "glob", path, symbol: null }, { ...claim, symbol: null });
}
