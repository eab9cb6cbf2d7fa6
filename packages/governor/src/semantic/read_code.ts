import type { Defined, ReadCode, Reference, WorktreeTexts } from "@dgov/sandbox/code";
import {
  analyse,
  type FileView,
  type Grammars,
  openGrammars,
  type Summary,
  type TreeView,
  type Unit,
} from "@dgov/semantic";
import { lineOf, lineStarts } from "@dgov/semantic/lines";
import { nameOf, type Target, usesOf } from "@dgov/semantic/uses";
import { importsAround } from "./imports_around.ts";
import { createSearch } from "./search_code.ts";
import { untilLoaded } from "./tree_views.ts";

/** What reads code for the tools of a worker, in the process that has the worktree. It opens no file by itself. */
export async function openReadCode(): Promise<ReadCode> {
  const grammars = await openGrammars();
  const known = (path: string, text: string) => analyse(grammars, path, text);
  return {
    symbols(path, text) {
      const summary = known(path, text);
      if ("unknown" in summary) return isForeign(summary.unknown) ? null : summary;
      const starts = lineStarts(text);
      return summary.units.flatMap((unit) => definedIn(text, starts, unit, 0));
    },
    mistake(path, text) {
      const summary = known(path, text);
      if ("unknown" in summary) return isForeign(summary.unknown) ? null : summary;
      const [fault] = summary.faults;
      const line = fault ? lineOf(lineStarts(text), fault.span[0]) : 0;
      return { language: summary.language, mistake: fault ? `line ${line}: ${fault.message}` : null };
    },
    references: (name, worktree) => referencesTo(grammars, name, worktree),
    matches: createSearch(grammars),
    imports: (path, { all, read, ...more }) =>
      importsAround({ grammars, ...openWorktree(grammars, all, read), ...more }, path),
  };
}

const isForeign = (why: string): boolean => why === "there is no grammar for its language";

const UNNAMED = /^(import|export|doc|statement)$/;
const NESTED = /^(class|interface|enum|namespace|type)$/;
const HEAD_CHARS = 160;

function definedIn(text: string, starts: readonly number[], unit: Unit, depth: number): Defined[] {
  if (UNNAMED.test(unit.kind) || unit.name === null) return [];
  const [start, end] = unit.parts.header;
  const first = text
    .slice(start, end)
    .replace(/\s+/g, " ")
    .replace(/\s*[{:]?\s*$/, "");
  const head = first.length > HEAD_CHARS ? `${first.slice(0, HEAD_CHARS)}…` : first;
  const inside = depth === 0 && NESTED.test(unit.kind) ? unit.children : [];
  const own = { line: lineOf(starts, start), depth, text: head || unit.name };
  return [own, ...inside.flatMap((child) => definedIn(text, starts, child, depth + 1))];
}

async function referencesTo(
  grammars: Grammars,
  name: string,
  { paths, all, read }: WorktreeTexts,
): Promise<Reference[]> {
  const tree = openWorktree(grammars, all, read);
  const rules = (language: string) => (grammars.names.includes(language) ? grammars.profile(language).link : null);
  return untilLoaded(tree, () => {
    const targets = paths.flatMap((path) => targetsIn(tree.view.file(path), path, name));
    const found = usesOf(tree.view, rules, { targets, paths });
    const lines = new Map<string, Reference>();
    for (const [at, target] of targets.entries()) {
      const of = `${target.path}::${target.key}`;
      const defines = { path: target.path, line: target.line, how: "defines", sure: "resolved" } as const;
      for (const use of [defines, ...(found[at] ?? [])]) {
        const { path, line, how, sure } = use;
        const key = `${path} ${line}`;
        const before = lines.get(key);
        if (before !== undefined && rank(before.sure) <= rank(sure)) continue;
        lines.set(key, { path, line, how, sure, of, text: tree.view.file(path)?.text?.split("\n")[line - 1] ?? "" });
      }
    }
    return [...lines.values()].sort(byPlace);
  });
}

const rank = (sure: Reference["sure"]): number => ["resolved", "likely", "name only"].indexOf(sure);
const byPlace = (a: Reference, b: Reference): number =>
  a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1;

/** The units of a file that are called so, or that end so: "Cart.total" means the member of any `Cart`. */
function targetsIn(file: FileView | null, path: string, name: string): (Target & { line: number })[] {
  if (file === null || "unknown" in file) return [];
  const starts = lineStarts(file.text);
  const within = (units: Summary["units"]): Unit[] => units.flatMap((unit) => [unit, ...within(unit.children)]);
  return within(file.summary.units)
    .filter(({ kind, key }) => !UNNAMED.test(kind) && means(key.replace(/#\d+$/, ""), name))
    .map(({ key, parts }) => ({ path, key, line: lineOf(starts, parts.header[0]) }));
}

const means = (key: string, name: string): boolean =>
  key === name || key.endsWith(`.${name}`) || nameOf({ path: "", key }) === name;

/** The worktree as the linker sees it: a file is read when it is first asked for. */
function openWorktree(grammars: Grammars, all: readonly string[], read: WorktreeTexts["read"]) {
  const folders = new Map<string, Set<string>>([["", new Set()]]);
  for (const path of all) {
    const parts = path.split("/");
    parts.forEach((part, at) => {
      const folder = parts.slice(0, at).join("/");
      const names = folders.get(folder) ?? new Set();
      folders.set(folder, names.add(at === parts.length - 1 ? part : `${part}/`));
    });
  }
  const there = new Set(all);
  const files = new Map<string, FileView>();
  const wanted = new Set<string>();
  const view: TreeView = {
    blob: (path) => (there.has(path) ? path : null),
    folder: (path) => (folders.has(path) ? [...(folders.get(path) ?? [])] : null),
    file(path) {
      if (there.has(path) && !files.has(path)) wanted.add(path);
      return files.get(path) ?? null;
    },
  };
  return {
    view,
    async load() {
      const paths = [...wanted];
      wanted.clear();
      for (const path of paths) {
        const text = await read(path);
        const summary = text === null ? { unknown: "it cannot be read" } : analyse(grammars, path, text);
        files.set(
          path,
          text === null || "unknown" in summary ? { text, ...(summary as { unknown: string }) } : { text, summary },
        );
      }
      return paths.length > 0;
    },
  };
}
