import type { TreeView } from "../tree_view.ts";
import { folderOf, join, walk } from "./paths.ts";
import type { ModuleRules } from "./rules.ts";

const LONGEST_CHAIN = 4;

type Asked = { view: TreeView; rules: NonNullable<ModuleRules["aliases"]>; written: string };
type Table = Record<string, unknown>;

/** The paths (without extension) that an import which is no relative one may stand for, by the nearest configuration. */
export function aliasedPaths(
  view: TreeView,
  { aliases: rules }: ModuleRules,
  from: string,
  written: string,
): (string | null)[] {
  if (rules === null) return [];
  for (let folder = folderOf(from); ; folder = folderOf(folder)) {
    const name = rules.files.find((one) => view.blob(join(folder, one)) !== null);
    if (name !== undefined) return aliasesIn({ view, rules, written }, join(folder, name), LONGEST_CHAIN);
    if (folder === "") return [];
  }
}

function aliasesIn(asked: Asked, config: string, left: number): (string | null)[] {
  const { view, rules, written } = asked;
  const settings = parse(view.file(config)?.text ?? "");
  if (settings === null || left === 0) return [];
  const folder = folderOf(config);
  const { [rules.base]: from, [rules.paths]: paths } = tableIn(settings[rules.below]);
  const base = walk(folder, typeof from === "string" ? from : ".");
  const found: (string | null)[] = [];
  for (const [pattern, targets] of Object.entries(tableIn(paths))) {
    const rest = fit(pattern, written);
    if (rest === null || base === null || !Array.isArray(targets)) continue;
    for (const target of targets) if (typeof target === "string") found.push(walk(base, target.replace("*", rest)));
  }
  if (typeof from === "string" && base !== null) found.push(walk(base, written));
  const above = settings[rules.parent];
  if (found.length > 0 || typeof above !== "string" || !above.startsWith(".")) return found;
  const ending = config.slice(config.lastIndexOf("."));
  const parent = walk(folder, above.endsWith(ending) ? above : above + ending);
  return parent === null ? [] : aliasesIn(asked, parent, left - 1);
}

const tableIn = (value: unknown): Table => (typeof value === "object" && value !== null ? (value as Table) : {});

/** What stands for the star of a pattern; "" where it has none and is the import itself; null: it does not fit. */
function fit(pattern: string, written: string): string | null {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === written ? "" : null;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (!written.startsWith(head) || !written.endsWith(tail) || written.length < pattern.length - 1) return null;
  return written.slice(head.length, written.length - tail.length);
}

/** JSON with comments and commas too many; null: it cannot be read, and then it gives no name a meaning. */
function parse(text: string): Table | null {
  try {
    const value: unknown = Bun.JSONC.parse(text);
    return typeof value === "object" && value !== null ? (value as Table) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
