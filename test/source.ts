import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ParseResult, parse } from "@babel/parser";

export const ROOT = join(import.meta.dir, "..");

/** A file of ours, parsed. `code` is the text with every comment blanked out, so that words in it are not taken for code. */
export type Source = { path: string; text: string; code: string; program: Tree; comments: readonly Comment[] };
export type Comment = { value: string; start: number; end: number; line: number };
type Tree = ParseResult["program"];

/** Any node of the syntax tree, as far as a walk needs to know it. */
export type Node = { type: string; loc: { start: { line: number }; end: { line: number } } } & Record<string, unknown>;

/** Paths of every TypeScript file that we wrote, relative to the repository's root. */
export function ourFiles(): string[] {
  const found = ["packages/*/src/**/*.ts", "scripts/**/*.ts", "test/**/*.ts"].flatMap((pattern) => [
    ...new Bun.Glob(pattern).scanSync({ cwd: ROOT }),
  ]);
  return found.filter((path) => !path.includes("node_modules/") && !path.startsWith("test/fixtures/")).sort();
}

export const readSource = (path: string): Source => parseSource(path, readFileSync(join(ROOT, path), "utf8"));

export function parseSource(path: string, text: string): Source {
  const { program, comments } = parse(text, { sourceType: "module", plugins: ["typescript"] });
  const found = (comments ?? []).map(({ value, start, end, loc }) => ({
    value,
    start: start ?? 0,
    end: end ?? 0,
    line: loc?.start.line ?? 0,
  }));
  let code = text;
  for (const { start, end } of found)
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, " ") + code.slice(end);
  return { path, text, code, program, comments: found };
}

/** Visits every node below, parents first. `above` are its ancestors, nearest last. */
export function walk(node: unknown, visit: (node: Node, above: readonly Node[]) => void, above: readonly Node[] = []) {
  if (Array.isArray(node)) for (const one of node) walk(one, visit, above);
  if (!isNode(node)) return;
  visit(node, above);
  const inner = [...above, node];
  for (const [key, value] of Object.entries(node))
    if (typeof value === "object" && key !== "loc" && !key.endsWith("Comments")) walk(value, visit, inner);
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "loc" in value;

/** Every module a file names, with whether only types come from it. */
export function importsOf({ program }: Pick<Source, "program">): { from: string; typeOnly: boolean }[] {
  const found: { from: string; typeOnly: boolean }[] = [];
  walk(program.body, (node) => {
    const named = /^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) || node.type === "ImportExpression";
    if (!named || !isNode(node.source)) return;
    const kinds = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : [];
    const eachType =
      kinds.length > 0 && kinds.every((kind) => kind.importKind === "type" || kind.exportKind === "type");
    const typeOnly = node.importKind === "type" || node.exportKind === "type" || eachType;
    found.push({ from: String(node.source.value), typeOnly });
  });
  return found;
}
