import type { Query } from "../query/query.ts";
import type { SyntaxNode, SyntaxTree } from "../syntax_tree.ts";
import { callHandlers } from "./calls.ts";
import { classHandlers } from "./classes.ts";
import type { Facts, Found, Handler, Handlers } from "./facts.ts";
import { importHandlers } from "./imports.ts";
import { layoutHandlers } from "./layout.ts";
import { nameHandlers } from "./names.ts";
import type { ReferencesProfile } from "./profile.ts";
import { regionHandlers } from "./regions.ts";

const HANDLERS: Handlers = {
  ...nameHandlers,
  ...regionHandlers,
  ...callHandlers,
  ...importHandlers,
  ...classHandlers,
  ...layoutHandlers,
};

/**
 * Runs the query over a tree once and takes down what it finds.
 *
 * @throws Error when it captures something that has no meaning here
 */
export function gather(query: Query, tree: SyntaxTree, profile: ReferencesProfile): Facts {
  const facts = emptyFacts(tree.flat.text, profile);
  const handlers = handlersOf(query);
  query.matches(tree, (captures) => {
    if (captures.length === 1) {
      const [{ name, at }] = captures as [(typeof captures)[0]];
      handlers.get(name)?.(facts, tree.node(at), ALONE);
      return;
    }
    const found: Record<string, SyntaxNode> = {};
    for (const { name, at } of captures) found[name] = tree.node(at);
    for (const { name, at } of captures) handlers.get(name)?.(facts, tree.node(at), found);
  });
  return facts;
}

const ALONE: Found = {};

const known = new WeakMap<Query, ReadonlyMap<string, Handler>>();

/** Captures that begin with "_" are for the query's own conditions. */
function handlersOf(query: Query): ReadonlyMap<string, Handler> {
  const before = known.get(query);
  if (before !== undefined) return before;
  const made = new Map<string, Handler>();
  for (const name of query.captureNames) {
    if (name.startsWith("_")) continue;
    const parts = name.split(".");
    const handler = Object.hasOwn(HANDLERS, parts[0]!) ? HANDLERS[parts[0]!]!(parts) : null;
    if (handler === null) throw new Error(`Cannot read references.scm: "@${name}" is no capture of docs/grammars.md`);
    made.set(name, handler);
  }
  known.set(query, made);
  return made;
}

const emptyFacts = (text: string, profile: ReferencesProfile): Facts => ({
  ...{ text, profile, points: [], regions: [] },
  names: {
    ...{ byId: new Map(), defined: new Map(), links: new Map() },
    ...{ written: new Set(), roots: new Map(), origins: new Map() },
  },
  calls: {
    ...{ byCallee: new Map(), byId: new Map(), arguments: new Map(), uses: new Map(), unpacked: new Map() },
    ...{ awaited: new Set(), openTargets: new Set(), decorated: new Map() },
  },
  imports: { modules: new Map(), parts: new Map(), flags: new Map() },
  exports: { names: null, listed: [], pragmas: new Set() },
  classes: { byId: new Map(), own: [] },
  layout: {
    ...{
      blocks: new Map(),
      clauses: [],
      comments: new Set(),
      leading: new Set(),
      docs: new Set(),
      breaks: new Set(),
      entries: new Map(),
      faults: [],
    },
  },
});
