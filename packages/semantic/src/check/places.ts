import type { FilePlace } from "../finding.ts";
import type { Target } from "../linker/outcome.ts";
import type { Place } from "../summary.ts";
import type { TreeView } from "../tree_view.ts";
import type { Span, Unit } from "../unit.ts";
import type { Scene } from "./scene.ts";
import type { Tree } from "./trees.ts";

/** The lines of a span, counted from 1. The last is that of its last character. */
export function linesOf(text: string, [start, end]: Span): [first: number, last: number] {
  const first = countLines(text, 0, start) + 1;
  return [first, first + countLines(text, start, Math.max(start, end - 1))];
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

export function placeOf(view: TreeView, path: string, { unit, span }: Place): FilePlace {
  const text = view.file(path)?.text ?? "";
  return { path, unit, lines: linesOf(text, span) };
}

export const subject = (path: string, unit: string): string => (unit === "" ? path : `${path}::${unit}`);

/** The place of what a target is, in the tree in which it was found. */
export function targetPlace(scene: Scene, tree: Tree, target: Target): FilePlace {
  const view = scene.trees[tree];
  if (target.is === "module") return { path: target.file ?? `${target.folder}/`, unit: "", lines: [1, 1] };
  const { path, unit } = target;
  if (target.is === "member") {
    const key = `${target.shape.name}.${target.member.name}`;
    return placeOf(view, path, { unit: key, span: unit ? nameLine(unit) : target.shape.span });
  }
  const { binding } = target;
  return placeOf(view, path, { unit: binding.name, span: unit ? nameLine(unit) : binding.span });
}

/** A definition is shown by its head: its body may be long. */
export const nameLine = ({ parts }: Unit): Span => parts.header;

/** One line of a text, clipped: what was written at a place. */
export function excerpt(view: TreeView, path: string, [start, end]: Span): string | null {
  const text = view.file(path)?.text;
  if (typeof text !== "string") return null;
  const line = text.slice(start, end).split("\n")[0]?.trim() ?? "";
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}
