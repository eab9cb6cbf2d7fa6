import type { SyntaxNode } from "../syntax_tree.ts";
import type { CallFacts } from "./calls.ts";
import type { ClassFacts } from "./classes.ts";
import type { ExportFacts, ImportFacts } from "./imports.ts";
import type { LayoutFacts } from "./layout.ts";
import type { NameFacts } from "./names.ts";
import type { ReferencesProfile } from "./profile.ts";
import type { Region } from "./regions.ts";
import type { Context } from "./scope.ts";

/**
 * What the query found in one text, by the id of the node where one thing leads to another. It is gathered in the order
 * in which matches come, which is none to rely on, and read when all is there.
 */
export type Facts = {
  text: string;
  profile: ReferencesProfile;
  points: Point[];
  regions: Region[];
  names: NameFacts;
  calls: CallFacts;
  imports: ImportFacts;
  exports: ExportFacts;
  classes: ClassFacts;
  layout: LayoutFacts;
};

/** What stands somewhere in a scope and under guards; the sweep says in which and under which. */
export type Item = { start: number; end: number; rank: number };
export type Point = Item & { kind: string; detail: string; node: SyntaxNode; at: Context };

/** One match of the query, by capture name. */
export type Found = Readonly<Record<string, SyntaxNode | undefined>>;
export type Handler = (facts: Facts, node: SyntaxNode, found: Found) => void;
/** Makes the handler of a capture from its name's parts: ["bind", "variable", "hoisted"]. */
export type Handlers = Readonly<Record<string, (parts: readonly string[]) => Handler>>;

export const textOf = (facts: Facts, node: SyntaxNode): string => facts.text.slice(node.startIndex, node.endIndex);

export function point(facts: Facts, kind: string, detail: string, node: SyntaxNode): Point {
  const made = { kind, detail, node, start: node.startIndex, end: node.endIndex, rank: 9, at: null as never };
  facts.points.push(made);
  return made;
}
