import type { ClassShape } from "../class_shape.ts";
import type { Linker } from "./linker.ts";
import { isNamed } from "./named.ts";
import { once } from "./once.ts";
import { classOf } from "./outcome.ts";

/**
 * A class and what it inherits from, in the order in which members are looked for.
 *
 * `open`       why members may come from where nobody sees; null: all of its bases were seen
 * `ambiguous`  why the order itself is a guess; null: it is certain
 * `broken`     the bases that can have no linear order, as the class that wants them; null: they have one
 */
export type Lineage = {
  classes: readonly { path: string; shape: ClassShape }[];
  open: string | null;
  ambiguous: string | null;
  broken: string | null;
};

const LONGEST_CHAIN = 12;

type Row = { path: string; shape: ClassShape; id: string };

/** `height`: how many classes stand above one another in it; `cut`: some of them were left out, for there are too many. */
type Seen = Lineage & { classes: readonly Row[]; height: number; cut: boolean };

export function lineageOf(linker: Linker, path: string, name: string): Lineage {
  return lineage(linker, path, name, 0);
}

const known = once<Linker, Seen>();
const whole = new WeakMap<Linker, Map<string, Seen>>();

/** Whoever comes to a base by many ways asks the same again and again: once a class, and where it is cut once a depth. */
function lineage(linker: Linker, path: string, name: string, depth: number): Seen {
  const all = whole.get(linker) ?? new Map<string, Seen>();
  whole.set(linker, all);
  const key = `${path}::${name}`;
  const before = all.get(key);
  if (before !== undefined && before.height + depth <= LONGEST_CHAIN) return before;
  const seen = known(linker, `${depth} ${key}`, () => lineageAt(linker, path, name, depth));
  if (!seen.cut) all.set(key, seen);
  return seen;
}

function lineageAt(linker: Linker, path: string, name: string, depth: number): Seen {
  const shape = linker.contents(path)?.classes.get(name);
  if (!shape || depth > LONGEST_CHAIN)
    return {
      classes: [],
      open: shape ? "its bases go on too long" : "it is no class that is seen",
      ambiguous: null,
      broken: null,
      height: 0,
      cut: shape !== undefined,
    };
  const rules = linker.rules(path);
  const rows: Row[][] = [];
  const heads: Row[] = [];
  let open = shape.open;
  let ambiguous: string | null = null;
  let broken: string | null = null;
  let height = 0;
  let cut = false;
  for (const base of shape.bases) {
    if (isNamed(base, rules?.classes.bare ?? [])) continue;
    const at = baseOf(linker, path, name, base);
    const above = at && lineage(linker, at.path, at.name, depth + 1);
    const head = above?.classes[0];
    height = Math.max(height, (above?.height ?? -1) + 1);
    cut ||= above?.cut ?? false;
    if (!above || !head) {
      open ??= `its base "${base}" is not seen`;
      continue;
    }
    open ??= above.open;
    ambiguous ??= above.ambiguous;
    broken ??= above.broken;
    rows.push([...above.classes]);
    heads.push(head);
  }
  linker.effort.spend(1 + rows.reduce((sum, { length }) => sum + length, 0));
  const merged = linearise([...rows, heads]);
  // Who comes first is only known if every base is: an unseen one may stand in between and bring the member itself.
  if (shape.bases.length > 1 && open !== null) ambiguous ??= open;
  if (merged === null && rules?.classes.order === "c3") broken ??= name;
  const classes = [{ path, shape, id: `${path}::${shape.name}` }, ...(merged ?? unique(rows.flat()))];
  return { classes, open, ambiguous, broken, height, cut };
}

function baseOf(linker: Linker, path: string, owner: string, base: string): { path: string; name: string } | null {
  const [first = "", ...members] = base.replace(/[[<(].*$/s, "").split(".");
  if (first === owner && members.length === 0) return null;
  const own = members.length === 0 ? siblingClass(linker, path, owner, first) : null;
  if (own) return { path, name: own };
  const written = { name: first, members, self: null, instance: null, from: null };
  const atRun = linker.follow(path, written, "run");
  const outcome = atRun.is === "found" ? atRun : linker.follow(path, written, "types");
  if (outcome.is !== "found" || outcome.rest.length > 0 || outcome.likely !== null) return null;
  if (outcome.target.is === "member") return innerClass(linker, outcome.target.path, outcome.target);
  return classOf(outcome.target);
}

/** A base of a class inside of another one may be its sibling there. */
function siblingClass(linker: Linker, path: string, owner: string, name: string): string | null {
  const outer = owner.slice(0, Math.max(0, owner.lastIndexOf(".")));
  const key = outer === "" ? name : `${outer}.${name}`;
  return outer !== "" && key !== owner && linker.contents(path)?.classes.has(key) ? key : null;
}

function innerClass(linker: Linker, path: string, { shape, member }: { shape: ClassShape; member: { name: string } }) {
  const key = `${shape.name}.${member.name}`;
  return linker.contents(path)?.classes.has(key) ? { path, name: key } : null;
}

/** C3: the one order that keeps every base's own order; null: there is none. */
function linearise(lists: readonly (readonly Row[])[]): Row[] | null {
  if (lists.length === 2) return [...lists[0]!]; // one base: its order, of which it is the head
  const queues = lists.map((rows) => ({ rows, at: 0 }));
  // How often each stands behind another one that is still to come.
  const behind = new Map<string, number>();
  for (const rows of lists)
    for (let at = 1; at < rows.length; at += 1) behind.set(rows[at]!.id, (behind.get(rows[at]!.id) ?? 0) + 1);
  const order: Row[] = [];
  for (;;) {
    const free = queues.find(({ rows, at }) => at < rows.length && (behind.get(rows[at]!.id) ?? 0) === 0);
    const next = free?.rows[free.at];
    if (!next) return queues.every(({ rows, at }) => at === rows.length) ? order : null;
    order.push(next);
    for (const queue of queues) {
      if (queue.rows[queue.at]?.id !== next.id) continue;
      queue.at += 1;
      const head = queue.rows[queue.at]?.id;
      if (head !== undefined) behind.set(head, (behind.get(head) ?? 0) - 1);
    }
  }
}

function unique(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** Members that are wanted and that nothing in front gives. */
export function wantedOf({ classes }: Lineage): { name: string; owner: string; path: string }[] {
  const given = new Set<string>();
  return classes.flatMap(({ path, shape }) => {
    const open = shape.members.filter(({ name, abstract }) => abstract && !given.has(name));
    for (const { name, kind } of shape.members) if (kind !== "own") given.add(name);
    return open.map(({ name }) => ({ name, owner: shape.name, path }));
  });
}
