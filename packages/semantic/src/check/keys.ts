import type { Unit } from "../unit.ts";
import type { Check } from "./check.ts";
import * as places from "./places.ts";
import * as report from "./report.ts";
import { contentsIn, isMerged, pathIn, type Scene } from "./scene.ts";
import type { MergedFile, Tree } from "./trees.ts";

/** A key that both sides added to one table that is written out: the later silently wins. */
export const keyCollisions: Check = ({ scene }) =>
  scene.files.filter((file) => isMerged(scene, file)).flatMap((file) => inFile(scene, file));

function inFile(scene: Scene, file: MergedFile): report.Fault[] {
  const contents = contentsIn(scene, "merged", file);
  return [...(contents?.units ?? [])].flatMap(([key, unit]) => {
    if ((unit.kind !== "variable" && unit.kind !== "field") || unit.children.length > 0) return [];
    const now = keysIn(scene, "merged", file, key);
    const [base, left, right] = (["base", "left", "right"] as const).map((tree) => keysIn(scene, tree, file, key));
    const twice = [...now].find(
      ([name, count]) => count > 1 && left?.get(name) === 1 && right?.get(name) === 1 && !base?.has(name),
    );
    return twice ? [fault(scene, file, unit, twice[0])] : [];
  });
}

function keysIn(scene: Scene, tree: Tree, file: MergedFile, key: string): Map<string, number> {
  const path = pathIn(file, tree);
  const unit = contentsIn(scene, tree, file)?.units.get(key);
  const text = path === null ? null : scene.trees[tree].file(path)?.text;
  const counts = new Map<string, number>();
  if (!unit || typeof text !== "string") return counts;
  for (const found of writtenKeys(text.slice(...unit.span))) counts.set(found, (counts.get(found) ?? 0) + 1);
  return counts;
}

const TOKEN =
  /("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|-?\d[\w.]*)(?=\s*([:,}\]]?))|#[^\n]*|\/\/[^\n]*|[{}[\]()]/g;

/**
 * The constant keys of all tables in braces, each below those that it stands under. Two tables in one list are two, so
 * that what both of them have is not the same key.
 */
export function writtenKeys(text: string): string[] {
  const found: string[] = [];
  const top: Level = { open: "", path: "", key: "", inside: 0 };
  const stack: Level[] = [];
  for (const [token, constant, next] of text.matchAll(TOKEN)) {
    const around = stack.at(-1) ?? top;
    if (constant !== undefined) {
      if (around.open !== "{" || next !== ":") continue;
      around.key = `${around.path}/${constant.replace(/^(["'])(.*)\1$/s, '"$2"')}`;
      found.push(around.key);
    } else if (/^[{[(]/.test(token)) {
      around.inside += 1;
      const path = around.open === "{" && around.key !== "" ? around.key : `${around.path}#${around.inside}`;
      stack.push({ open: token, path, key: "", inside: 0 });
    } else if (/^[}\])]/.test(token)) stack.pop();
  }
  return found;
}

/** A bracket that is open. `path`: the keys above it; `key`: the last one in it; `inside`: brackets in it so far. */
type Level = { open: string; path: string; key: string; inside: number };

function fault(scene: Scene, file: MergedFile, unit: Unit, name: string): report.Fault {
  const key = name.slice(name.lastIndexOf("/") + 1);
  return {
    kind: "key_collision",
    ...report.CERTAIN,
    subjects: [places.subject(file.path, unit.key)],
    place: places.placeOf(scene.trees.merged, file.path, { unit: unit.key, span: unit.span }),
    causes: [],
    sentence: `${report.calls(scene.merge, "left")} and ${report.calls(scene.merge, "right")} both add the key ${key} to \`${unit.key}\`: only the last of them counts`,
    fix: null,
  };
}
