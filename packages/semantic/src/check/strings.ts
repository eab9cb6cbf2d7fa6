import type { FilePlace, Side } from "../finding.ts";
import type { Linker } from "../linker/linker.ts";
import { type Outcome, targetKey } from "../linker/outcome.ts";
import { lastPart } from "../linker/paths.ts";
import type { Check, Work } from "./check.ts";
import { renamedTo } from "./moved.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, pathIn, type Scene } from "./scene.ts";
import { type MergedFile, mergedFiles, other, SIDES } from "./trees.ts";

/** Strings of one side that name what the other side took away: a patch of a test, an entry point. */
export const danglingStrings: Check = (work) => {
  const { scene } = work;
  const speaker = speakersIn(scene);
  const told = (file: MergedFile) => ({ file, code: speaker(file.path) });
  return [
    ...scene.files.flatMap((file) => inCode(work, told(file))),
    ...mergedFiles(scene.trees, scene.merge).flatMap((file) => inText(work, told(file))),
  ];
};

/** Two names with dots between, and perhaps one more behind a colon. */
const DOTTED = /^[\p{L}_][\w]*(\.[\p{L}_][\w]*)*([.:][\p{L}_][\w]*)$/u;
const QUOTED = /["']([\p{L}_][\w]*(?:\.[\w]+)*[.:][\p{L}_]\w*)["']|=\s*([\p{L}_][\w.]*:[\p{L}_]\w*)\s*$/gmu;
const LONGEST_TEXT = 500_000;

/** `code`: a file in whose language the dotted paths of this one are; null: they are in none. */
type Of = { file: MergedFile; code: string | null };

function inCode({ scene, touched }: Work, { file, code }: Of): report.Fault[] {
  const strings = contentsIn(scene, "merged", file)?.summary.strings ?? [];
  const inSide = (side: Side) => new Set(contentsIn(scene, side, file)?.summary.strings.map((one) => one.text));
  const written = { left: inSide("left"), right: inSide("right") };
  const faults: report.Fault[] = [];
  for (const { text, unit, span } of strings) {
    if (!DOTTED.test(text) || !mayTouch(touched, text)) continue;
    const held = SIDES.filter((side) => written[side].has(text));
    const place = places.placeOf(scene.trees.merged, file.path, { unit, span });
    const fault = dangling(scene, { file, code, text, place }, held);
    if (fault) faults.push(fault);
  }
  return faults;
}

/** Entry points stand in files that are no code. */
function inText({ scene, touched }: Work, { file, code }: Of): report.Fault[] {
  const text = code === null || code === file.path ? null : scene.trees.merged.file(file.path)?.text;
  if (typeof text !== "string" || text.length > LONGEST_TEXT) return [];
  return [...text.matchAll(QUOTED)].flatMap((match) => {
    const found = match[1] ?? match[2] ?? "";
    if (!mayTouch(touched, found)) return [];
    const held = SIDES.filter((side) => {
      const path = pathIn(file, side);
      return path !== null && (scene.trees[side].file(path)?.text ?? "").includes(found);
    });
    const span = [match.index, match.index + match[0].length] as const;
    const place: FilePlace = { path: file.path, unit: "", lines: places.linesOf(text, span) };
    const fault = dangling(scene, { file, code, text: found, place }, held);
    return fault ? [fault] : [];
  });
}

const mayTouch = (touched: Work["touched"], text: string) =>
  text.split(/[.:]/).some((part) => touched.left.names.has(part) || touched.right.names.has(part));

type Told = Of & { text: string; place: FilePlace };

function dangling(scene: Scene, { file, code, text, place }: Told, held: readonly Side[]): report.Fault | null {
  const [side] = held;
  if (held.length !== 1 || !side) return null;
  const now = resolve(scene.link.merged, code, text);
  const was = resolve(scene.link[side], code, text);
  if (now?.is === "found" || was?.is !== "found" || was.target.is === "module" || (was.rest.length > 0 && now !== null))
    return null;
  const took = other(side);
  const moved = renamedTo(scene, took, was.target);
  const sentence =
    `"${text}" names what ${report.calls(scene.merge, took)} took away, and ${report.calls(scene.merge, side)} has just written it` +
    (moved ? ` (${moved.sentence})` : "");
  return {
    kind: "string_reference",
    ...report.LIKELY,
    subjects: [targetKey(was.target), places.subject(file.path, place.unit)],
    place,
    causes: [
      report.cause(took, "removed", places.targetPlace(scene, side, was.target)),
      report.cause(side, "added", place, { is: text }),
    ],
    sentence,
    fix: moved ? report.fix("rename_reference", `Write \`${moved.name}\``) : null,
  };
}

/** Gives a file in whose language the dotted paths of another one are: itself, or the first whose language says so. */
function speakersIn({ files, link }: Scene): (path: string) => string | null {
  const rules = (of: string) => link.merged.rules(of)?.modules;
  const speakers = new Map<string, string>();
  for (const { path } of files)
    for (const ending of rules(path)?.named_in ?? []) if (!speakers.has(ending)) speakers.set(ending, path);
  return (path) => (rules(path) !== undefined ? path : (speakers.get(lastPart(path)) ?? null));
}

/** What a dotted path names, seen from a file: the longest module it starts with, and a name of that. */
function resolve(linker: Linker, code: string | null, text: string): Outcome | null {
  const parts = text.split(/[.:]/);
  if (code === null || linker.contents(code) === null) return null;
  for (let length = parts.length - 1; length > 0; length--) {
    const module = linker.module(code, parts.slice(0, length).join("."));
    if (module.at !== "module" || module.file === null) continue;
    const [name = "", ...members] = parts.slice(length);
    return linker.follow(module.file, { name, members, self: null, instance: null, from: null }, "types");
  }
  return null;
}
