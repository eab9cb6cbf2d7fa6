import type { Call, Origin, Read, Summary } from "../summary.ts";
import type { Span } from "../unit.ts";
import { type CallFact, emptyArguments } from "./calls.ts";
import { type Facts, textOf } from "./facts.ts";
import { dots, type Name } from "./names.ts";
import { type Bound, type Context, find, type Scope } from "./scope.ts";
import type { Swept } from "./sweep.ts";
import type { UnitAt } from "./units.ts";

/** What a dotted name stands for, as far as one text can say. */
type Meaning = Pick<Read, "name" | "members" | "self" | "instance" | "from">;

/** How something is called: all of a call but what is called and where. */
type Shape = Omit<Call, "unit" | "callee" | "guarded">;

/** All that is wanted of the module's scope, of imports and of classes, each once in a unit: where it stands first. */
export function readsOf(facts: Facts, swept: Swept, unitAt: UnitAt): Pick<Summary, "reads" | "calls" | "sets"> {
  const reads = new Once<Read>();
  const calls = new Once<Call>();
  const sets = new Once<Meaning>();
  const decorations = new Set(
    [...facts.calls.decorated.values()].flat().flatMap((one) => (one.bare ? [one.name] : [])),
  );
  const read = (means: Meaning, at: Context, [start, end]: Span, types = at.types): void => {
    const unit = unitAt(start);
    const time = types ? "types" : "run";
    reads.add(`${unit} ${keyOf(means)} ${at.guardedRead} ${time} ${at.eager}`, () => ({
      ...{ unit, span: [start, end], ...means, guarded: at.guardedRead, time, eager: at.eager },
    }));
  };
  const call = (means: Meaning, { at }: Name, how: Shape): void => {
    const unit = unitAt(how.span[0]);
    const { placed, named, spread, partial, awaited, use } = how;
    const key = `${placed} ${named.join()} ${spread} ${partial} ${awaited} ${use} ${at.guardedCall}`;
    calls.add(`${unit} ${keyOf(means)} ${key}`, () => ({ unit, callee: means, guarded: at.guardedCall, ...how }));
  };
  for (const name of swept.names) {
    const set = name.set === null ? null : meaningOf(facts, { ...name, members: [...name.members, name.set] });
    if (set !== null && set.self === null) sets.add(keyOf(set), () => set);
    const means = meaningOf(facts, name);
    if (means === null) continue;
    const made = facts.calls.byCallee.get(name.last);
    read(means, name.at, [name.start, name.end], name.at.types || name.role === "type");
    if (decorations.has(name.last)) call(means, name, { ...BARE, span: [name.start, name.end] });
    if (made === undefined) continue;
    call(means, name, shapeOf(facts, made));
    partialOf(facts, made, means, (other, whose, how) => call(other, whose, how));
    const result = resultOf(facts, made, means, name);
    if (result === null) continue;
    read(result.means, name.at, [made.start, made.end]);
    const then = facts.calls.byCallee.get(result.last);
    if (then !== undefined) call(result.means, name, shapeOf(facts, then));
  }
  for (const { kind, at, start, end } of swept.points)
    if (kind === "string" && at.annotation)
      for (const means of forwardOf(facts, facts.text.slice(start, end), at)) read(means, at, [start, end], true);
  return { reads: reads.all, calls: calls.all, sets: sets.all };
}

const BARE: Omit<Shape, "span"> = {
  form: "call",
  ...{ placed: 1, named: [], spread: false, partial: false, awaited: false, use: "value" },
};

/** What is the same but for its place is kept once. */
class Once<T> {
  readonly all: T[] = [];
  readonly #known = new Set<string>();
  add(key: string, one: () => T): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.all.push(one());
  }
}

const keyOf = ({ name, members, self, instance, from }: Meaning): string =>
  `${name}.${members.join(".")} ${self} ${instance} ${from?.module} ${from?.name}`;

/** null: it is no read, or what is read is a function's own. */
export function meaningOf(facts: Facts, name: Name): Meaning | null {
  const { role, text, members, at } = name;
  if (role === "receiver") {
    const self = classAround(at.scope);
    const called = members.length === 0 && facts.calls.byCallee.has(name.last) ? facts.profile.super_calls : null;
    if (self === null || (members.length === 0 && called === null)) return null;
    const own = called === null ? members : [called];
    return { name: text.replace(/\W.*$/s, ""), members: own, self: self.path, instance: null, from: null };
  }
  if (role === "label" || role === "bind" || role === "global" || role === "nonlocal") return null;
  return meaningIn(facts, at.scope, text, members);
}

function meaningIn(facts: Facts, scope: Scope, name: string, members: readonly string[]): Meaning | null {
  const found = find(scope, name, facts.profile.class_scope === "names");
  const plain: Meaning = { name, members, self: null, instance: null, from: null };
  if (found === null || found.scope.kind === "module") return plain;
  const { bound } = found;
  if (bound.receiver !== null && bound.count === 1)
    return members.length === 0 ? null : { ...plain, self: bound.receiver.path };
  if (bound.count !== 1) return null;
  if (bound.bind.from !== null) return { ...plain, from: bound.bind.from };
  const instance = members.length === 0 ? null : instanceOf(facts, bound);
  return instance === null ? null : { ...plain, ...instance };
}

/** The class of a local that is bound once: by an annotation, or by a call of the class. */
function instanceOf(facts: Facts, { bind, name }: Bound): { instance: string; from: Origin | null } | null {
  if (bind.annotation !== null) {
    const written = typeIn(facts, textOf(facts, bind.annotation));
    if (!/^[\p{L}_$][\p{L}\p{N}_$.]*$/u.test(written)) return null;
    const [first, ...rest] = written.split(".");
    return classNamed(facts, name.at.scope, first!, rest);
  }
  if (bind.value === null) return null;
  const made = facts.calls.byId.get(bind.value.id);
  if (made?.root == null || !constructs(facts, made)) return null;
  const { role, text, members, at } = made.root;
  return role === "receiver" ? null : classNamed(facts, at.scope, text, members);
}

/** The type that an annotation names, where it may also be nothing, or in quotes. */
function typeIn({ profile }: Facts, annotation: string): string {
  let written = annotation.replace(/^["']|["']$/g, "");
  for (const pattern of profile.optional_types)
    written = new RegExp(pattern).exec(written.replace(/\s+/g, ""))?.[1] ?? written;
  return written.replace(/^["']|["']$/g, "");
}

const constructs = (facts: Facts, call: CallFact): boolean =>
  facts.profile.construction === "call" || call.flags.includes("new");

/** A class can only be one that the module or an import binds: what is bound nowhere is built in. */
function classNamed(
  facts: Facts,
  scope: Scope,
  first: string,
  rest: readonly string[],
): { instance: string; from: Origin | null } | null {
  const found = find(scope, first, facts.profile.class_scope === "names");
  const instance = [first, ...rest].join(".");
  if (found === null)
    return [...facts.imports.parts.values()].some(({ taken }) => taken === "*") ? { instance, from: null } : null;
  if (found.scope.kind === "module") return { instance, from: null };
  const { bind, count } = found.bound;
  return bind.from !== null && count === 1 ? { instance, from: bind.from } : null;
}

/** The class in whose method or field a word like `this` stands. */
export function classAround(scope: Scope): Scope | null {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    if (at.kind === "class") return at;
    if (at.kind !== "function" || at.flags.includes("arrow")) continue;
    const around = at.parent?.kind === "type" ? at.parent.parent : at.parent;
    if (around?.kind === "class") return around;
    if (!at.flags.includes("inner")) return null;
  }
  return null;
}

function shapeOf(facts: Facts, made: CallFact): Shape {
  const { placed, named, spread } = facts.calls.arguments.get(made.arguments) ?? emptyArguments();
  const unpacked = facts.calls.unpacked.get(made.id);
  const use =
    unpacked === undefined
      ? (facts.calls.uses.get(made.id) ?? "value")
      : facts.calls.openTargets.has(unpacked.targets)
        ? "iterate"
        : (`unpack ${unpacked.count}` as const);
  return {
    ...{ span: [made.start, made.end], placed: placed.length, named: named.map(({ text }) => text).filter(Boolean) },
    form: made.flags.includes("element") ? "element" : made.flags.includes("literal") ? "literal" : "call",
    ...{ spread, partial: false, awaited: facts.calls.awaited.has(made.id), use },
  };
}

type TellCall = (means: Meaning, name: Name, how: Shape) => void;

/** A call that gives some arguments of another: of its first argument, or of what it is a member of. */
function partialOf(facts: Facts, made: CallFact, means: Meaning, tell: TellCall): void {
  const { partial } = facts.profile;
  const last = means.members.at(-1);
  if (last !== undefined && partial.includes(`.${last}`) && made.root !== null)
    tell({ ...means, members: means.members.slice(0, -1) }, made.root, withoutFirst(shapeOf(facts, made)));
  if (!partial.includes(canonical(facts, means))) return;
  const first = facts.calls.arguments.get(made.arguments)?.placed[0];
  const name = first === undefined ? undefined : facts.names.roots.get(first.id);
  const other = name === undefined ? null : meaningOf(facts, name);
  if (other !== null) tell(other, name!, withoutFirst(shapeOf(facts, made)));
}

const withoutFirst = (shape: Shape): Shape => ({
  ...{ ...shape, placed: Math.max(0, shape.placed - 1), partial: true, use: "value" },
});

/** A dotted name as it is outside of this module, as far as its imports say. */
export function canonical(facts: Facts, { name, members, from }: Pick<Meaning, "name" | "members" | "from">): string {
  const origin = from ?? facts.names.origins.get(name) ?? null;
  if (origin === null) return [name, ...members].join(".");
  return [origin.module, ...(origin.name === null ? [] : [origin.name]), ...members].join(".");
}

/** What is read of the result of a call, which may be one of the class that is called. */
function resultOf(facts: Facts, made: CallFact, means: Meaning, name: Name): { means: Meaning; last: number } | null {
  if (
    means.self !== null ||
    means.instance !== null ||
    facts.names.byId.has(made.id) ||
    !facts.names.links.has(made.id) ||
    !constructs(facts, made)
  )
    return null;
  const known = classNamed(facts, name.at.scope, means.name, means.members);
  const { members, last } = dots(facts, made.id);
  return known === null || members.length === 0
    ? null
    : { means: { name: means.name, members, self: null, ...known }, last };
}

/** The dotted names in a string that stands where a type is wanted. */
function forwardOf(facts: Facts, text: string, { scope }: Context): Meaning[] {
  if (!/^[\w\s.[\],|"']+$/.test(text)) return [];
  const parts = text.match(/[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/g) ?? [];
  return parts.flatMap((part) => {
    const [first, ...rest] = part.split(".");
    return meaningIn(facts, scope, first!, rest) ?? [];
  });
}

/** Strings that look like a path with dots, where they are no type. */
export function isDotted(text: string): boolean {
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*([.:][A-Za-z_]\w*)(\.[A-Za-z_]\w*)*$/.test(text);
}
