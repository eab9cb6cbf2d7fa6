import type { Side } from "../finding.ts";
import type { Import } from "../summary.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, type Scene } from "./scene.ts";
import { SIDES } from "./trees.ts";

/** How many files are looked at from one import before the search for a way back is given up. */
const MOST_FILES = 200;

/** One module that loads another one while it is loaded itself. */
type Edge = { from: string; to: string; at: Import };

/** A circle of imports that runs through one import of either side: neither of them alone closes it. */
export const importCycles: Check = ({ scene }) => {
  const right = newEdges(scene, "right");
  const left = right.length === 0 ? [] : newEdges(scene, "left"); // all that has landed since the base: seldom asked for
  if (left.length === 0) return [];
  const faults: report.Fault[] = [];
  const told = new Set<string>();
  for (const mine of right) {
    const back = wayBack(scene, mine, left);
    if (!back) continue;
    const circle = [mine, ...back];
    const key = JSON.stringify(circle.map(({ from }) => from).sort());
    if (!told.has(key)) faults.push(circleFault(scene, circle));
    told.add(key);
  }
  return faults;
};

/** The imports of a side's files, as they are in the merged tree, that the base has not. */
function newEdges(scene: Scene, side: Side): Edge[] {
  return scene.files.flatMap((file) => {
    const mine = contentsIn(scene, side, file);
    if (!file.changed[side] || !mine) return [];
    const base = file.at.base;
    const before = new Set(base === null ? [] : edgesOf(scene, "base", base).map(({ to }) => to));
    const own = file.at[side];
    const has = new Set(own === null ? [] : edgesOf(scene, side, own).map(({ to }) => to));
    return edgesOf(scene, "merged", file.path).filter(({ to }) => has.has(to) && !before.has(to));
  });
}

/** What a module loads when it is loaded. A submodule that is imported by name is loaded itself. */
function edgesOf(scene: Scene, tree: Side | "base" | "merged", path: string): Edge[] {
  const linker = scene.link[tree];
  const imports = linker.contents(path)?.summary.imports ?? [];
  return imports.flatMap((at) => {
    if (!at.eager || at.time !== "run" || at.guarded) return [];
    const module = linker.module(path, at.module);
    if (module.at !== "module") return [];
    const files = new Set<string>();
    if (Array.isArray(at.names)) {
      for (const { name } of at.names) {
        const one = linker.origin(path, { module: at.module, name }, "run");
        const file = one.is === "found" && one.target.is === "module" ? one.target.file : module.file;
        if (file !== null) files.add(file);
      }
    } else if (module.file !== null) files.add(module.file);
    return [...files].filter((to) => to !== path).map((to) => ({ from: path, to, at }));
  });
}

/** The shortest way from where an import leads to where it stands, through an import of the other side. */
function wayBack(scene: Scene, edge: Edge, theirs: readonly Edge[]): Edge[] | null {
  const isTheirs = ({ from, to }: Edge) => theirs.some((one) => one.from === from && one.to === to);
  const queue: { at: string; through: boolean; way: Edge[] }[] = [{ at: edge.to, through: false, way: [] }];
  const seen = new Set<string>();
  for (let next = queue.shift(); next && seen.size < MOST_FILES; next = queue.shift()) {
    for (const step of edgesOf(scene, "merged", next.at)) {
      const through = next.through || isTheirs(step);
      const way = [...next.way, step];
      if (step.to === edge.from && through) return way;
      const key = `${step.to} ${through}`;
      if (!seen.has(key)) queue.push({ at: step.to, through, way });
      seen.add(key);
    }
  }
  return null;
}

function circleFault(scene: Scene, circle: readonly Edge[]): report.Fault {
  const [first] = circle as [Edge];
  const place = places.placeOf(scene.trees.merged, first.from, first.at);
  const early = circle.map((edge, index) => isTooEarly(scene, edge, circle[(index + 1) % circle.length] as Edge));
  const certain = !early.includes(false);
  const harmless = readsAlone(scene, first) && !early.includes(true);
  const way = [...circle.map(({ from }) => from), first.from].join(" -> ");
  const sentence =
    `These modules import each other after the merge (${way}): ` +
    (certain
      ? "none of them can be loaded"
      : harmless
        ? "nothing is read of them until they are loaded"
        : "whether they can be loaded depends on which of them comes first");
  const causes = SIDES.flatMap((side) => {
    const mine = newEdges(scene, side).find((edge) =>
      circle.some((one) => one.from === edge.from && one.to === edge.to),
    );
    return mine ? [report.cause(side, "added", places.placeOf(scene.trees.merged, mine.from, mine.at))] : [];
  });
  const subjects = circle.map(({ from }) => from);
  return {
    kind: "import_cycle",
    ...(certain ? report.CERTAIN : harmless ? report.HINT : report.LIKELY),
    subjects,
    place,
    causes,
    sentence,
    fix: null,
  };
}

/** Whether an import takes a name out of a module before that module, which is on its way round, has bound it. */
function isTooEarly(scene: Scene, edge: Edge, onward: Edge): boolean {
  const { to, at } = edge;
  if (readsAlone(scene, edge)) return isReadWhileLoading(scene, edge);
  if (!Array.isArray(at.names)) return false;
  const bindings = scene.link.merged.contents(to)?.bindings;
  return at.names.some(({ name }) => {
    const bound = bindings?.get(name);
    return bound?.every(({ span }) => span[0] > onward.at.span[0]);
  });
}

/** Whether an import alone takes nothing, and only a read of what it brings can come too early. */
const readsAlone = (scene: Scene, { from }: Edge): boolean => scene.link.merged.rules(from)?.modules.cycles === "reads";

/** Whether a module reads, while it is loaded, what it imports and what is not there from the start. */
function isReadWhileLoading(scene: Scene, { from, to, at }: Edge): boolean {
  const contents = scene.link.merged.contents(from);
  const hoisted = scene.link.merged.rules(to)?.names.hoisted ?? [];
  return (contents?.summary.reads ?? []).some((read) => {
    if (!read.eager || read.time !== "run" || read.guarded) return false;
    const brings = contents?.bindings.get(read.name)?.some((one) => one.from?.module === at.module);
    const outcome = brings ? scene.link.merged.follow(from, read, "run") : null;
    return (
      outcome?.is === "found" && outcome.target.is === "definition" && !hoisted.includes(outcome.target.binding.kind)
    );
  });
}
