import type { Call } from "../summary.ts";
import type { SyntaxNode } from "../syntax_tree.ts";
import { type Facts, type Handlers, textOf } from "./facts.ts";
import type { Name } from "./names.ts";

export type CallFacts = {
  byCallee: Map<number, CallFact>;
  byId: Map<number, CallFact>;
  arguments: Map<number, Arguments>;
  uses: Map<number, Call["use"]>;
  unpacked: Map<number, { targets: number; count: number }>;
  awaited: Set<number>;
  openTargets: Set<number>;
  decorated: Map<number, Decoration[]>; // by what is decorated
};
/** `root`: the name whose dots end in the callee; null: what is called has no name. */
export type CallFact = {
  id: number;
  root: Name | null;
  arguments: number;
  start: number;
  end: number;
  flags: readonly string[];
};
export type Arguments = {
  placed: { id: number; start: number }[];
  named: { text: string; start: number }[];
  spread: boolean;
};
/** `name`: the node whose dotted name it is; `bare`: it is not called. */
export type Decoration = { name: number; bare: boolean; text: string };

export const callHandlers: Handlers = {
  call: ([, part, more]) => {
    if (part === undefined) return () => {};
    if (part === "callee")
      return (facts, node, found) => {
        const { id, startIndex: start, endIndex: end } = found.call!;
        const flags = more === undefined ? [] : [more];
        const call = { id, root: null, arguments: found["call.arguments"]?.id ?? -1, start, end, flags };
        facts.calls.byCallee.set(node.id, call);
        facts.calls.byId.set(id, call);
      };
    if (part === "arguments") return () => {};
    return (facts, node, found) => argument(facts, [part, more], node, found["call.arguments"]!.id);
  },
  use: ([, part]) => {
    if (part === "awaited") return (facts, node) => facts.calls.awaited.add(node.id);
    if (part === "open_targets") return (facts, node) => facts.calls.openTargets.add(node.id);
    if (part === "targets") return () => {};
    if (part === "unpack")
      return (facts, node, found) => {
        const targets = found["use.targets"]!;
        const count = targets.namedChildren.filter((child) => !child.isExtra).length;
        facts.calls.unpacked.set(node.id, { targets: targets.id, count });
      };
    return (facts, node) => facts.calls.uses.set(node.id, part as "none" | "subscript" | "iterate");
  },
  decorator:
    ([, part]) =>
    (facts, node, found) => {
      if (part !== undefined) return;
      const name = found["decorator.name"] ?? node;
      const one: Decoration = { name: name.id, bare: name === node, text: textOf(facts, name) };
      const decorated = (found.decorated ?? node).id;
      const known = facts.calls.decorated.get(decorated);
      if (known === undefined) facts.calls.decorated.set(decorated, [one]);
      else if (!known.some((before) => before.name === one.name)) known.push(one);
    },
  decorated: () => () => {},
};

type ArgumentKind = readonly [part: string, more: string | undefined];

function argument(facts: Facts, [part, more]: ArgumentKind, node: SyntaxNode, list: number): void {
  const known = facts.calls.arguments.get(list) ?? emptyArguments();
  facts.calls.arguments.set(list, known);
  if (part === "placed") known.placed.push({ id: node.id, start: node.startIndex });
  else if (part === "unplaced") known.placed = known.placed.filter(({ id }) => id !== node.id);
  else if (part === "named") known.named.push({ text: textOf(facts, node), start: node.startIndex });
  else {
    known.spread = true;
    if (more === "named") known.named.push({ text: "", start: node.startIndex });
  }
}

export const emptyArguments = (): Arguments => ({ placed: [], named: [], spread: false });
