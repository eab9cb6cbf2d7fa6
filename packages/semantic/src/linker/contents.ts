import type { ClassShape, Member } from "../class_shape.ts";
import type { Binding, Import, Summary } from "../summary.ts";
import type { Unit } from "../unit.ts";

/** A summary by name, as the linker asks for it. It is made once for each summary, whatever tree it is seen in. */
export type Contents = {
  summary: Summary;
  bindings: ReadonlyMap<string, readonly Binding[]>;
  stars: readonly Import[];
  classes: ReadonlyMap<string, ClassShape>;
  units: ReadonlyMap<string, Unit>;
  named: ReadonlyMap<string, readonly Unit[]>;
};

const known = new WeakMap<Summary, Contents>();

export function contentsOf(summary: Summary): Contents {
  const before = known.get(summary);
  if (before) return before;
  const units = new Map<string, Unit>();
  const named = new Map<string, Unit[]>();
  const add = (unit: Unit) => {
    units.set(unit.key, unit);
    if (unit.name !== null) gather(named, unit.name, unit);
    unit.children.forEach(add);
  };
  summary.units.forEach(add);
  const bindings = new Map<string, Binding[]>();
  for (const binding of summary.bindings) gather(bindings, binding.name, binding);
  const contents: Contents = {
    summary,
    bindings,
    stars: summary.imports.filter(({ names, unit, eager }) => names === "*" && (eager || unit === "")),
    classes: classesOf(summary.classes),
    units,
    named,
  };
  known.set(summary, contents);
  return contents;
}

/** An interface is one with the class, or the other interface, of its name. */
function classesOf(shapes: readonly ClassShape[]): ReadonlyMap<string, ClassShape> {
  const found = new Map<string, ClassShape>();
  for (const shape of shapes) {
    const known = found.get(shape.name);
    const [one, other] = known?.kind === "interface" ? [shape, known] : [known, shape];
    found.set(shape.name, one && other?.kind === "interface" ? joined(one, other) : shape);
  }
  return found;
}

function joined(one: ClassShape, other: ClassShape): ClassShape {
  // What stands beside a class is there: who declares it says so.
  const more = other.members.filter(({ name }) => !one.members.some((member) => member.name === name));
  const members = one.kind === "interface" ? more : more.map((member) => ({ ...member, abstract: false }));
  return {
    ...one,
    bases: [...new Set([...one.bases, ...other.bases])],
    members: [...one.members, ...members],
    open: one.open ?? other.open,
  };
}

function gather<T>(map: Map<string, T[]>, key: string, value: T) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The unit that defines a module's own name: of several the one in which the binding stands. */
export function unitOf(contents: Contents, binding: Binding): Unit | null {
  const all = (contents.named.get(binding.name) ?? []).filter(({ key }) => !key.includes("."));
  return all.find(({ span }) => span[0] <= binding.span[0] && binding.span[1] <= span[1]) ?? all[0] ?? null;
}

const byName = new WeakMap<ClassShape, ReadonlyMap<string, Member>>();

/** A class's own member; of several of one name the first. */
export function memberOf(shape: ClassShape, name: string): Member | undefined {
  const known = byName.get(shape) ?? new Map(shape.members.toReversed().map((one) => [one.name, one]));
  byName.set(shape, known);
  return known.get(name);
}

/** The unit of a class's own member. Of several under one name (a property and its setter) the first. */
export function memberUnit(contents: Contents, owner: string, name: string): Unit | null {
  return contents.units.get(`${owner}.${name}`) ?? null;
}
