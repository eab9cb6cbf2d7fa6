type Graph = ReadonlyMap<string, readonly string[]>;

/** The nodes of a graph that lead to each other, each group sorted; and how long the longest way through all groups is. */
export type Groups = { groups: string[][]; depth: number };

type Mark = { order: number; low: number; open: boolean };
type Step = { node: string; own: Mark; targets: readonly string[]; next: number };
type Search = {
  graph: Graph;
  marks: Map<string, Mark>;
  depths: Map<string, number>; // of the group that a node is in, once it is closed
  open: string[];
  groups: string[][];
};

/** Tarjan's strongly connected components, without recursion: a chain of imports may be as long as there are files. */
export function groupsOf(graph: Graph): Groups {
  const search: Search = { graph, marks: new Map(), depths: new Map(), open: [], groups: [] };
  for (const root of graph.keys()) if (!search.marks.has(root)) searchFrom(search, root);
  return { groups: search.groups, depth: [...search.depths.values()].reduce((most, one) => Math.max(most, one), 0) };
}

function searchFrom(search: Search, root: string): void {
  const steps = [begin(search, root)];
  for (let step = steps.at(-1); step !== undefined; step = steps.at(-1)) {
    const target = step.targets[step.next++];
    const other = target === undefined ? undefined : search.marks.get(target);
    if (target === undefined) {
      steps.pop();
      end(search, step, steps.at(-1));
    } else if (other === undefined) steps.push(begin(search, target));
    else if (other.open) step.own.low = Math.min(step.own.low, other.order);
  }
}

function begin({ graph, marks, open }: Search, node: string): Step {
  const own: Mark = { order: marks.size, low: marks.size, open: true };
  marks.set(node, own);
  open.push(node);
  return { node, own, targets: (graph.get(node) ?? []).filter((one) => graph.has(one)), next: 0 };
}

function end(search: Search, { node, own }: Step, above: Step | undefined): void {
  if (above) above.own.low = Math.min(above.own.low, own.low);
  if (own.low === own.order) close(search, node);
}

/** All that was opened since a node is its group. What it leads to is closed by now. */
function close({ graph, marks, depths, open, groups }: Search, node: string): void {
  const members = open.splice(open.lastIndexOf(node));
  const within = new Set(members);
  const below = members.flatMap((one) => (graph.get(one) ?? []).filter((to) => !within.has(to)));
  const depth = below.reduce((most, one) => Math.max(most, (depths.get(one) ?? -1) + 1), 0);
  for (const one of members) {
    depths.set(one, depth);
    const mark = marks.get(one);
    if (mark) mark.open = false;
  }
  groups.push(members.sort());
}
