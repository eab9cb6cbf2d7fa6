import type { TreeView } from "../tree_view.ts";
import { folderOf, join, walk } from "./paths.ts";

const NAMES = ["tsconfig.json", "jsconfig.json"];
const LONGEST_CHAIN = 4;

type Options = { baseUrl?: unknown; paths?: unknown };

/** The paths (without extension) that an import which is no relative one may stand for, by the nearest tsconfig.json. */
export function aliasedPaths(view: TreeView, from: string, written: string): (string | null)[] {
  for (let folder = folderOf(from); ; folder = folderOf(folder)) {
    const name = NAMES.find((one) => view.blob(join(folder, one)) !== null);
    if (name !== undefined) return aliases(view, join(folder, name), written, LONGEST_CHAIN);
    if (folder === "") return [];
  }
}

function aliases(view: TreeView, config: string, written: string, left: number): (string | null)[] {
  const settings = parse(view.file(config)?.text ?? "");
  if (settings === null || left === 0) return [];
  const folder = folderOf(config);
  const { baseUrl, paths } = (settings.compilerOptions ?? {}) as Options;
  const base = walk(folder, typeof baseUrl === "string" ? baseUrl : ".");
  const found: (string | null)[] = [];
  for (const [pattern, targets] of Object.entries(typeof paths === "object" && paths !== null ? paths : {})) {
    const rest = fit(pattern, written);
    if (rest === null || base === null || !Array.isArray(targets)) continue;
    for (const target of targets) if (typeof target === "string") found.push(walk(base, target.replace("*", rest)));
  }
  if (typeof baseUrl === "string" && base !== null) found.push(walk(base, written));
  if (found.length > 0 || typeof settings.extends !== "string" || !settings.extends.startsWith(".")) return found;
  const parent = walk(folder, settings.extends.endsWith(".json") ? settings.extends : `${settings.extends}.json`);
  return parent === null ? [] : aliases(view, parent, written, left - 1);
}

/** What stands for the star of a pattern; "" where it has none and is the import itself; null: it does not fit. */
function fit(pattern: string, written: string): string | null {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === written ? "" : null;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (!written.startsWith(head) || !written.endsWith(tail) || written.length < pattern.length - 1) return null;
  return written.slice(head.length, written.length - tail.length);
}

/** JSON with comments and commas too many; null: it cannot be read, and then it gives no name a meaning. */
function parse(text: string): { compilerOptions?: unknown; extends?: unknown } | null {
  try {
    const value: unknown = Bun.JSONC.parse(text);
    return typeof value === "object" && value !== null ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
