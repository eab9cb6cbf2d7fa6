import type { FindingKind } from "../finding.ts";
import type { Contents } from "../linker/contents.ts";
import type { Unit } from "../unit.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import type { Scene } from "./scene.ts";
import { bothChanged } from "./symbols.ts";
import { type Conflict, type FileChange, type MergedFile, mergedFiles, SIDES } from "./trees.ts";

/** What neither git nor the merge by symbols could put together, by the symbols that stand in the way. */
export const conflicts: Check = ({ scene }) =>
  scene.merge.conflicts.flatMap((conflict) => conflictFaults(scene, conflict));

type Clash = { kind: FindingKind; key: string; words: string };

function conflictFaults(scene: Scene, conflict: Conflict): report.Fault[] {
  const file =
    mergedFiles(scene.trees, scene.merge).find(({ path }) => path === conflict.path) ?? gone(scene, conflict.path);
  const [base, left, right] = (["base", "left", "right"] as const).map((tree) => {
    const path = file.at[tree];
    return path === null ? null : scene.link[tree].contents(path);
  }) as [Contents | null, Contents | null, Contents | null];
  const told = conflict.symbols.flatMap(({ key, kinds, sentence }) =>
    kinds.map((kind): Clash => ({ kind, key, words: sentence })),
  );
  const clashes = told.length > 0 ? told : clashesOf(base, left, right);
  const subjects = [...new Set(clashes.map(({ key }) => places.subject(file.path, key)))];
  const text = `${conflict.path} cannot be merged: ${conflict.reason}`;
  const place = { path: file.path, unit: "", lines: [1, 1] as const };
  const whole: report.Fault = {
    kind: base && SIDES.some((side) => file.at[side] === null) ? "modify_delete" : "text_conflict",
    verdict: "conflict",
    confidence: "certain",
    subjects: subjects.length > 0 ? subjects : [file.path],
    place,
    causes: SIDES.map((side) => report.cause(side, "changed", { ...place, path: file.at[side] ?? file.path })),
    sentence: clashes.length === 0 ? text : `${text} (${clashes.map(({ words }) => words).join("; ")})`,
    fix: null,
  };
  const each = clashes.map(({ kind, key, words }) => ({
    ...whole,
    kind,
    subjects: [places.subject(file.path, key)],
    sentence: words,
  }));
  return [whole, ...each, ...neutral(file, whole, [base, left, right])];
}

/** A file of which the merged tree has nothing: one side removed it. */
function gone(scene: Scene, path: string): MergedFile {
  const at = (changes: readonly FileChange[]) => {
    const change = changes.find(({ from, to }) => from === path || to === path);
    return change ? change.to : path;
  };
  return {
    path,
    at: { base: path, left: at(scene.merge.changes.left), right: at(scene.merge.changes.right) },
    changed: { left: true, right: true },
  };
}

function clashesOf(base: Contents | null, left: Contents | null, right: Contents | null): Clash[] {
  if (!left || !right) return [];
  const edited = bothChanged(base, left, right).map(
    (key): Clash => ({ kind: "same_symbol", key, words: `both sides changed \`${key}\`` }),
  );
  return [
    ...edited,
    ...added(base, left, right),
    ...removed(base, left, right),
    ...removed(base, right, left),
    ...renamed(base, left, right),
    ...collided(left, right, base),
  ];
}

const NAMED = (unit: Unit) =>
  unit.name !== null && unit.kind !== "import" && unit.kind !== "export" && unit.kind !== "doc";

function added(base: Contents | null, left: Contents, right: Contents): Clash[] {
  return [...left.units].flatMap(([key, unit]): Clash[] => {
    const theirs = right.units.get(key);
    if (!theirs || base?.units.has(key) || !NAMED(unit) || theirs.hashes.syntax === unit.hashes.syntax) return [];
    return [{ kind: "duplicate_definition", key, words: `both sides add another \`${key}\`` }];
  });
}

/** What one side changed and the other took away; where it is found again under another name nothing was taken. */
function removed(base: Contents | null, changed: Contents, without: Contents): Clash[] {
  return [...(base?.units ?? [])].flatMap(([key, unit]): Clash[] => {
    const now = changed.units.get(key);
    if (!now || without.units.has(key) || !NAMED(unit) || now.hashes.syntax === unit.hashes.syntax) return [];
    return [
      { kind: "modify_delete", key, words: `one side changed \`${key}\`, and the other took it away or renamed it` },
    ];
  });
}

function renamed(base: Contents | null, left: Contents, right: Contents): Clash[] {
  return [...(base?.units ?? [])].flatMap(([key, unit]): Clash[] => {
    if (!NAMED(unit) || left.units.has(key) || right.units.has(key)) return [];
    const to = ({ units }: Contents) =>
      [...units].find(([name, one]) => !base?.units.has(name) && one.hashes.nameless === unit.hashes.nameless)?.[0];
    const [mine, theirs] = [to(left), to(right)];
    if (mine === undefined || theirs === undefined || mine === theirs) return [];
    return [{ kind: "rename_rename", key, words: `\`${key}\` was renamed to \`${mine}\` and to \`${theirs}\`` }];
  });
}

/** Members of an enumeration that the sides add with one value. */
function collided(left: Contents, right: Contents, base: Contents | null): Clash[] {
  return [...left.classes].flatMap(([name, shape]): Clash[] => {
    const theirs = right.classes.get(name);
    if (shape.kind !== "enum" || !theirs) return [];
    const old = new Set(base?.classes.get(name)?.members.map((member) => member.name));
    const mine = shape.members.filter((member) => !old.has(member.name) && member.value !== null);
    const clash = mine.find((one) =>
      theirs.members.some((two) => !old.has(two.name) && two.name !== one.name && two.value === one.value),
    );
    return clash
      ? [
          {
            kind: "value_collision",
            key: name,
            words: `both sides add a member with the value ${clash.value} to \`${name}\``,
          },
        ]
      : [];
  });
}

/** All of it is words: the code that the sides left is the same. */
function neutral(file: MergedFile, whole: report.Fault, [base, left, right]: (Contents | null)[]): report.Fault[] {
  if (!base || !left || !right) return [];
  const code = ({ summary }: Contents) => JSON.stringify(summary.units.map(({ hashes }) => hashes.syntax));
  if (code(left) !== code(base) && code(right) !== code(base)) return [];
  const sentence = `In ${file.path} no code is in conflict: what differs is comments, words and layout`;
  return [{ ...whole, kind: "ast_neutral", sentence }];
}
