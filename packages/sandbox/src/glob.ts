/**
 * A compiled pattern over paths: a small automaton, so that no pattern, whoever wrote it, costs more than its length
 * times the path's. Regular expressions made from globs can take exponential time.
 */
export type Glob = Ends & { states: readonly State[] };

/** What each path begins and ends with that is matched, as far as it is plain to see: most paths are refused by that. */
type Ends = { begin: string; end: string };

type State = { skip: number | null; edges: readonly Edge[] };
type Edge = { set: CharSet; to: number };
type CharSet =
  | { kind: "any" }
  | { kind: "segment" } // any character but the slash
  | { kind: "char"; char: string }
  | { kind: "class"; negated: boolean; ranges: readonly (readonly [string, string])[]; slash: boolean };

const ANY: CharSet = { kind: "any" };
const SEGMENT: CharSet = { kind: "segment" };

/**
 * Compiles a pattern. `star: "segment"`: `*`, `?` and `[…]` stay within one path segment, `**` crosses, and `**` followed
 * by a slash stands for any number of whole folders, also none. `star: "any"`: they match the slash too (fnmatch).
 */
export function compileGlob(pattern: string, star: "segment" | "any"): Glob {
  const states: State[] = [];
  const chars = [...pattern];
  const one = star === "any" ? ANY : SEGMENT;
  for (let i = 0; i < chars.length; i++) {
    const at = states.length;
    const starts = i === 0 || chars[i - 1] === "/";
    const found = chars[i] === "[" ? readClass(chars, i, star === "any") : null;
    if (chars[i] === "*" && chars[i + 1] === "*") {
      const folders = star === "segment" && starts && chars[i + 2] === "/";
      if (folders) states.push(...anyFolders(at));
      else states.push({ skip: at + 1, edges: [{ set: ANY, to: at }] });
      i += folders ? 2 : 1;
    } else if (chars[i] === "*") states.push({ skip: at + 1, edges: [{ set: one, to: at }] });
    else if (chars[i] === "?") states.push({ skip: null, edges: [{ set: one, to: at + 1 }] });
    else if (found) {
      states.push({ skip: null, edges: [{ set: found.set, to: at + 1 }] });
      i = found.end;
    } else states.push(literalState(chars[i]!, at));
  }
  const end = /[^*?\]]*$/.exec(pattern)![0].replace(/^\//, ""); // the slash of any number of folders may be missing
  return { states, begin: /^[^*?[]*/.exec(pattern)![0], end };
}

/** A text as a pattern in which no character is special; `under`: what lies in the folder of that name, without itself. */
export function literalGlob(text: string, under = false): Glob {
  const begin = under ? `${text}/` : text;
  const states = [...begin].map(literalState);
  if (under) states.push({ skip: states.length + 1, edges: [{ set: ANY, to: states.length }] });
  return { states, begin, end: under ? "" : text };
}

export function matchesGlob({ states, begin, end }: Glob, path: string): boolean {
  if (!path.startsWith(begin) || !path.endsWith(end)) return false;
  let [live, next] = [new Uint8Array(states.length + 1), new Uint8Array(states.length + 1)];
  enter(states, live, 0);
  for (const char of path) {
    let any = false;
    for (let at = 0; at < states.length; at += 1) any = (live[at] === 1 && follow(states, at, char, next)) || any;
    if (!any) return false;
    [live, next] = [next, live];
    next.fill(0);
  }
  return live[states.length] === 1;
}

/** Enters what a character leads to from a state. @returns whether it leads anywhere */
function follow(states: Glob["states"], from: number, char: string, next: Uint8Array): boolean {
  let any = false;
  for (const { set, to } of states[from]!.edges) {
    if (!holds(set, char)) continue;
    enter(states, next, to);
    any = true;
  }
  return any;
}

/** A state is reached, and with it those that need no character more. */
function enter(states: Glob["states"], live: Uint8Array, from: number): void {
  for (let at: number | null = from; at !== null && live[at] === 0; at = states[at]?.skip ?? null) live[at] = 1;
}

/** Whether some path could match both, compared without case. It may say yes too often (two classes), never no. */
export function globsMeet(a: Glob, b: Glob): boolean {
  const seen = new Set<string>();
  const open: [number, number][] = [[0, 0]];
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const [i, j] = pair;
    if (seen.has(`${i} ${j}`)) continue;
    seen.add(`${i} ${j}`);
    if (i === a.states.length && j === b.states.length) return true;
    const x = a.states[i];
    const y = b.states[j];
    if (x && x.skip !== null) open.push([x.skip, j]);
    if (y && y.skip !== null) open.push([i, y.skip]);
    open.push(...steps(x, y));
  }
  return false;
}

/** Where one character that both accept leads. */
const steps = (x: State | undefined, y: State | undefined): [number, number][] =>
  (x?.edges ?? []).flatMap((left) =>
    (y?.edges ?? []).flatMap((right): [number, number][] => (meet(left.set, right.set) ? [[left.to, right.to]] : [])),
  );

/** The same pattern as the source of a regular expression (flag `u`), for where only that can be handed on. */
export function globSource({ states }: Glob): string {
  let source = "";
  for (let at = 0; at < states.length; at++) {
    const { skip, edges } = states[at]!;
    if (skip === at + 2) {
      source += "(?:[^/]+/)*";
      at++;
    } else source += setSource(edges[0]!.set) + (skip === null ? "" : "*");
  }
  return source;
}

const literalState = (char: string, at: number): State => ({
  skip: null,
  edges: [{ set: { kind: "char", char }, to: at + 1 }],
});

/** Two states: at the start of a segment, where it may end, and inside one, which only a slash leaves. */
const anyFolders = (at: number): State[] => [
  { skip: at + 2, edges: [{ set: SEGMENT, to: at + 1 }] },
  {
    skip: null,
    edges: [
      { set: SEGMENT, to: at + 1 },
      { set: { kind: "char", char: "/" }, to: at },
    ],
  },
];

/** `[abc]`, `[a-z]`, `[!a]`, `[]a]`. null when the bracket is never closed: then it is an ordinary character. */
function readClass(chars: readonly string[], start: number, slash: boolean): { set: CharSet; end: number } | null {
  const negated = chars[start + 1] === "!" || chars[start + 1] === "^";
  const first = start + (negated ? 2 : 1);
  const end = chars.indexOf("]", first + 1);
  if (end < 0 || (!slash && chars.slice(start, end).includes("/"))) return null;
  const ranges: [string, string][] = [];
  for (let i = first; i < end; i++) {
    const range = chars[i + 1] === "-" && i + 2 < end;
    ranges.push([chars[i]!, range ? chars[i + 2]! : chars[i]!]);
    if (range) i += 2;
  }
  return { set: { kind: "class", negated, ranges, slash }, end };
}

function holds(set: CharSet, char: string): boolean {
  if (set.kind === "any") return true;
  if (set.kind === "segment") return char !== "/";
  if (set.kind === "char") return set.char === char;
  if (char === "/" && !set.slash) return false;
  return set.ranges.some(([low, high]) => low <= char && char <= high) !== set.negated;
}

function meet(x: CharSet, y: CharSet): boolean {
  if (x.kind === "char" && y.kind === "char") return x.char.toLowerCase() === y.char.toLowerCase();
  if (x.kind === "char") return meet(y, x);
  if (y.kind !== "char") return true; // two sets are taken to share a character
  return [y.char, y.char.toLowerCase(), y.char.toUpperCase()].some((char) => holds(x, char));
}

function setSource(set: CharSet): string {
  if (set.kind === "any") return "[^]";
  if (set.kind === "segment") return "[^/]";
  if (set.kind === "char") return set.char.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const quoted = (char: string) => char.replace(/[\\^\-[\]]/g, "\\$&");
  const ranges = set.ranges.filter(([low, high]) => low <= high).map(([low, high]) => `${quoted(low)}-${quoted(high)}`);
  return `${set.slash ? "" : "(?!/)"}[${set.negated ? "^" : ""}${ranges.join("")}]`;
}
