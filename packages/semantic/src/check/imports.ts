import type { Side } from "../finding.ts";
import type { Linker } from "../linker/linker.ts";
import { type Outcome, targetKey } from "../linker/outcome.ts";
import type { Import } from "../summary.ts";
import type { Check, Work } from "./check.ts";
import { movedFile, renamedTo } from "./moved.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, other, SIDES } from "./trees.ts";

/** Imports and exports of what was there for who wrote them, and is not in the merged tree. */
export const brokenImports: Check = (work) =>
  work.scene.files.flatMap((file) => [...importsIn(work, file), ...exportsIn(work, file)]);

/** One name of an import; null: the module itself. */
type Wanted = { of: Import; name: string | null };

function importsIn({ scene, worth }: Work, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  const isWorth = worth(file);
  const faults: report.Fault[] = [];
  const seen = new Set<string>();
  for (const of of contents?.summary.imports ?? []) {
    for (const name of namesOf(of)) {
      const once = JSON.stringify([of.module, name, of.time, of.guarded]);
      const from = { module: of.module, name };
      if (seen.has(once) || !isWorth({ name: name ?? "", members: [], self: null, instance: null, from })) continue;
      seen.add(once);
      faults.push(...wanted(scene, file, { of, name }));
    }
  }
  return faults;
}

const namesOf = ({ names }: Import): (string | null)[] =>
  Array.isArray(names) && names.length > 0 ? names.map(({ name }) => name) : [null];

function wanted(scene: Scene, file: MergedFile, want: Wanted): report.Fault[] {
  // Of a module that is not there at all nothing is asked by name.
  if (want.name !== null && isGone(scene, file, want)) return wanted(scene, file, { of: want.of, name: null });
  const now = resolve(scene.link.merged, file.path, want);
  if (now.is === "found" || isPassedOn(scene, file, want, now)) return [];
  const held = SIDES.flatMap((side) => {
    const path = pathIn(file, side);
    const has = contentsIn(scene, side, file)?.summary.imports.some((one) => isSameImport(one, want));
    return has && path !== null ? [{ side, outcome: resolve(scene.link[side], path, want) }] : [];
  });
  const intact = held.find(({ outcome }) => outcome.is === "found");
  if (intact?.outcome.is !== "found" || held.some(({ outcome }) => outcome.is === "missing")) return [];
  // Who had it from outside in one parent has it from there in the merged tree as well.
  if (now.is === "outside" && held.some(({ outcome }) => outcome.is === "outside")) return [];
  return faultsOf(scene, file, want, { now, side: intact.side, was: intact.outcome });
}

/** Whether a module that is there takes the name from outside of the repository: then whoever asks it for the name has it. */
function isPassedOn(scene: Scene, file: MergedFile, { of, name }: Wanted, now: Outcome): boolean {
  if (now.is !== "outside" || name === null) return false;
  const module = scene.link.merged.module(file.path, of.module);
  if (module.at !== "module" || module.file === null) return false;
  const from = module.file;
  return !SIDES.some((side) => scene.link[side].module(from, now.origin).at === "module");
}

const isSameImport = (one: Import, { of, name }: Wanted): boolean =>
  one.module === of.module && one.time === of.time && (name === null || namesOf(one).includes(name));

/** Whether the module of an import is in a side alone, and that side knows none of its names. */
function isGone(scene: Scene, file: MergedFile, { of, name }: Wanted): boolean {
  if (scene.link.merged.module(file.path, of.module).at !== "outside") return false;
  return SIDES.some((side) => {
    const path = pathIn(file, side);
    const own = contentsIn(scene, side, file)?.summary.imports.some((one) => isSameImport(one, { of, name }));
    const found = (one: string | null) => resolve(scene.link[side], path ?? "", { of, name: one }).is === "found";
    return own && path !== null && found(null) && !found(name);
  });
}

function resolve(linker: Linker, path: string, { of, name }: Wanted): Outcome {
  return linker.origin(path, { module: of.module, name }, of.time);
}

type Broken = { now: Outcome; side: Side; was: Extract<Outcome, { is: "found" }> };

function faultsOf(scene: Scene, file: MergedFile, { of, name }: Wanted, { now, side, was }: Broken): report.Fault[] {
  const took = other(side);
  const module = name === null ? null : scene.link.merged.module(file.path, of.module);
  const lost = module !== null && module.at !== "module" ? moduleTarget(scene, side, file, of) : was.target;
  const moved =
    (lost && renamedTo(scene, took, lost)) ??
    (lost?.is === "module" && lost.file ? movedFile(scene, took, lost.file) : null);
  const place = places.placeOf(scene.trees.merged, file.path, of);
  const key = lost ? targetKey(lost) : of.module;
  const what =
    name === null || (module !== null && module.at !== "module")
      ? `the module \`${of.module}\``
      : `\`${name}\` from \`${of.module}\``;
  const subjects = [key, file.path];
  const causes = [
    ...(lost ? [report.cause(took, moved ? "moved" : "removed", places.targetPlace(scene, side, lost))] : []),
    report.cause(side, "added", place, { is: places.excerpt(scene.trees.merged, file.path, of.span) }),
  ];
  const sentence =
    `${what} is imported here, and it is not in the merged tree: ${report.calls(scene.merge, took)} removed it, ` +
    `${report.calls(scene.merge, side)} imports it${moved ? ` (${moved.sentence})` : ""}`;
  if (now.is === "unknown")
    return [
      {
        kind: "removed_referenced_unknown",
        ...report.HINT,
        subjects,
        place,
        causes,
        sentence: `${sentence}; ${now.why}`,
        fix: null,
      },
    ];
  const kind = of.guarded ? "import_break_guarded" : "import_break";
  const unchecked = of.time === "types" && !scene.link.merged.rules(file.path)?.names.checked_types;
  // Whichever of several places it was bound in: none of them is left.
  const guessed = was.likely !== null && now.is !== "missing";
  const weight = of.guarded ? report.HINT : unchecked || guessed ? report.LIKELY : report.CERTAIN;
  const fix = moved ? report.fix("rename_reference", `Import it from where it is: ${moved.sentence}`) : null;
  const fault: report.Fault = { kind, ...weight, subjects, place, causes, sentence, fix };
  if (!moved) return [fault];
  const to = moved.path ?? places.subject(lost?.is === "module" || !lost ? file.path : lost.path, moved.name);
  const told = `What is imported here is elsewhere now: ${moved.sentence}`;
  return [
    fault,
    { ...fault, kind: "moved_to", ...report.HINT, subjects: [to, key, file.path], sentence: told, fix: null },
  ];
}

function moduleTarget(scene: Scene, side: Side, file: MergedFile, of: Import) {
  const path = pathIn(file, side);
  const at = path === null ? null : scene.link[side].module(path, of.module);
  return at?.at === "module" ? ({ is: "module", file: at.file, folder: at.folder } as const) : null;
}

/** Names that a module says it gives away, and does not have. */
function exportsIn({ scene }: Work, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  if (!contents || !Array.isArray(contents.summary.exports)) return [];
  return contents.summary.exports.flatMap(({ name }) => {
    const now = scene.link.merged.origin(file.path, { module: "", name }, "types");
    if (now.is !== "missing") return [];
    const parents = SIDES.flatMap((side) => {
      const said = contentsIn(scene, side, file)?.summary.exports;
      const path = pathIn(file, side);
      if (!Array.isArray(said) || !said.some((one) => one.name === name) || path === null) return [];
      return [{ side, outcome: scene.link[side].origin(path, { module: "", name }, "types") }];
    });
    const intact = parents.find(({ outcome }) => outcome.is === "found");
    if (!intact || parents.some(({ outcome }) => outcome.is === "missing")) return [];
    const took = other(intact.side);
    const list = scene.link.merged.rules(file.path)?.names.export_list ?? "";
    const span = contents.bindings.get(list)?.at(-1)?.span ?? ([0, 0] as const);
    const place = places.placeOf(scene.trees.merged, file.path, { unit: list, span });
    const sentence = `\`${name}\` is given away here, and after the merge it is bound nowhere: ${report.calls(scene.merge, took)} removed it`;
    const subjects = [places.subject(file.path, list), places.subject(file.path, name)];
    return [{ kind: "import_break", ...report.CERTAIN, subjects, place, causes: [], sentence, fix: null }];
  });
}
