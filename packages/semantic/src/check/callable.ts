import type { ClassShape } from "../class_shape.ts";
import { type Lineage, wantedOf } from "../linker/lineage.ts";
import type { Linker, Name } from "../linker/linker.ts";
import { isNamed } from "../linker/named.ts";
import { classOf, type Outcome, type Target } from "../linker/outcome.ts";
import type { LinkRules } from "../linker/rules.ts";
import type { Decorator, Parameter, Signature, Unit } from "../unit.ts";

/**
 * What a callee takes, with its receiver off. `kind`: what it is, so that a change of that is seen. `parameters` null: it
 * cannot be known what it takes. `overloads`: what it takes instead, where it says so in several ways. `unit`: what is
 * executed; null: it is generated, or not in the tree. `doubt`: why it may take something else after all.
 */
export type Callable = {
  kind: "function" | "class" | "abstract_class" | "method" | "static" | "class_method" | "property" | "value";
  parameters: readonly Parameter[] | null;
  overloads: readonly (readonly Parameter[])[];
  decorators: readonly Decorator[];
  signature: Signature | null;
  unit: Unit | null;
  path: string;
  doubt?: string;
};

/** null: it is nothing of which that can be said, as something with members that are not followed. */
export function callableOf(linker: Linker, outcome: Outcome, callee: Name): Callable | null {
  if (outcome.is !== "found" || outcome.rest.length > 0 || outcome.target.is === "module") return null;
  const { target } = outcome;
  const rules = linker.rules(target.path);
  if (!rules) return null;
  if (target.is === "member") return memberCallable(linker, target, rules, callee);
  const { binding, unit, path } = target;
  const own = classOf(target);
  if (own) return construction(linker, own, rules, unit);
  if (unit?.signature)
    return plain("function", { unit, path, skip: 0, overloads: overloadsOf(linker, path, unit) }, rules);
  const nothing = { parameters: null, overloads: [], decorators: [], signature: null, unit, path };
  return binding.kind === "variable" ? { kind: "value", ...nothing } : null;
}

type MemberTarget = Extract<Target, { is: "member" }>;

function memberCallable(linker: Linker, target: MemberTarget, rules: LinkRules, callee: Name): Callable | null {
  const { member, unit, path, shape } = target;
  const inner = linker.contents(path)?.classes.get(`${shape.name}.${member.name}`);
  if (inner) return construction(linker, { path, name: inner.name }, rules, unit);
  const nothing = {
    parameters: null,
    overloads: [],
    decorators: unit?.signature?.decorators ?? [],
    signature: null,
    unit,
    path,
  };
  if (member.kind === "property") return { kind: "property", ...nothing };
  // A field that holds a function is called as a method is, and gets no receiver.
  if (member.kind === "field" && unit?.signature) return plain("method", { unit, path, skip: 0, overloads: [] }, rules);
  if (member.kind === "field" || member.kind === "own" || member.kind === "member")
    return { kind: "value", ...nothing };
  if (!unit?.signature) return null;
  const onInstance = callee.self !== null || callee.instance !== null;
  const receiver =
    rules.calls.receiver === "parameter" &&
    (member.kind === "class_method" || (member.kind === "method" && onInstance));
  return plain(member.kind, { unit, path, skip: receiver ? 1 : 0, overloads: overloadsOf(linker, path, unit) }, rules);
}

type Written = { unit: Unit; path: string; skip: number; overloads: readonly (readonly Parameter[])[] };

/** A function as it is written, unless a decorator makes something else of it. `skip`: parameters that are receivers. */
function plain(kind: Callable["kind"], { unit, path, skip, overloads }: Written, rules: LinkRules): Callable {
  const { signature } = unit;
  const decorators = signature?.decorators ?? [];
  const known = decorators.every(
    ({ name }) => isNamed(name, rules.calls.transparent) || isNamed(name, rules.calls.wrapping),
  );
  return {
    kind,
    parameters: known ? withoutReceiver(signature?.parameters ?? [], skip) : null,
    overloads: known ? overloads.map((parameters) => withoutReceiver(parameters, skip)) : [],
    decorators,
    signature,
    unit,
    path,
  };
}

/** The heads of a callable that says in several ways what it takes; none: its own head says it. */
function overloadsOf(linker: Linker, path: string, unit: Unit): (readonly Parameter[])[] {
  if (linker.rules(path)?.names.merging !== true) return [];
  const units = [...(linker.contents(path)?.units.values() ?? [])];
  const heads = units.filter(({ key }) => key.replace(/#\d+$/, "") === `${unit.key}.overload`);
  // An implementation is hidden behind its overloads.
  const all = heads.length > 0 && unit.parts.body === null ? [...heads, unit] : heads;
  return all.map(({ signature }) => signature?.parameters ?? []);
}

/** A receiver that is taken by `*args` stays: nothing is taken off it. */
function withoutReceiver(parameters: readonly Parameter[], skip: number): readonly Parameter[] {
  const [first] = parameters;
  return skip === 0 || !first || first.kind === "rest" ? parameters : parameters.slice(1);
}

type Made = { lineage: Lineage; rules: LinkRules; unit: Unit | null };

/** What a class takes when an instance is made: what its constructor does, or its fields where one is generated. */
function construction(
  linker: Linker,
  { path, name }: { path: string; name: string },
  rules: LinkRules,
  unit: Unit | null,
): Callable | null {
  const lineage = linker.lineage(path, name);
  const made = constructed(linker, path, { lineage, rules, unit });
  const remade = lineage.classes.find(({ shape }) => shape.remade !== null)?.shape.remade ?? null;
  return made === null || remade === null ? made : { ...made, doubt: remade };
}

/** Whether no instance of a class can be made: by its own word, or because a member is wanted that nothing gives. */
function isAbstract({ lineage, rules }: Made): boolean {
  if (rules.classes.abstract === "never") return lineage.classes[0]?.shape.kind === "abstract";
  const asked = lineage.classes.some(({ shape }) => shape.kind === "abstract");
  return asked && lineage.open === null && lineage.ambiguous === null && wantedOf(lineage).length > 0;
}

function constructed(linker: Linker, path: string, { lineage, rules, unit }: Made): Callable | null {
  if (isAbstract({ lineage, rules, unit }))
    return { kind: "abstract_class", parameters: null, overloads: [], decorators: [], signature: null, unit, path };
  const unseen: Callable = {
    kind: "class",
    parameters: null,
    overloads: [],
    decorators: [],
    signature: null,
    unit,
    path,
  };
  for (const { path: at, shape } of lineage.classes) {
    if (shape.kind === "interface" && shape === lineage.classes[0]?.shape)
      return lineage.open === null
        ? { ...unseen, parameters: membersAsNamed(lineage.classes.map((row) => row.shape)) }
        : unseen;
    if (shape.kind === "enum" || shape.kind === "interface") return unseen;
    const maker = rules.calls.constructor_names
      .map((one) => linker.contents(at)?.units.get(`${shape.name}.${one}`))
      .find(Boolean);
    if (
      maker?.signature &&
      rules.calls.constructor_names.filter((one) => shape.members.some((member) => member.name === one)).length === 1
    )
      return plain(
        "class",
        {
          unit: maker,
          path: at,
          skip: rules.calls.receiver === "parameter" ? 1 : 0,
          overloads: overloadsOf(linker, at, maker),
        },
        rules,
      );
    if (maker) return unseen;
    if (shape.kind === "generated") {
      if (lineage.open !== null && shape.bases.length > 0) return unseen;
      return { ...unseen, parameters: generated(lineage.classes.map((row) => row.shape)) };
    }
  }
  return lineage.open === null && rules.calls.arity === "strict" ? { ...unseen, parameters: [] } : unseen;
}

/** What has to be written out where a thing with the members of an interface is made. */
function membersAsNamed(shapes: readonly ClassShape[]): Parameter[] {
  const members = new Map(shapes.toReversed().flatMap((shape) => shape.members.map((one) => [one.name, one] as const)));
  return [...members.values()].map(
    ({ name, abstract }): Parameter => ({ name, kind: "named", default: null, optional: !abstract, annotation: null }),
  );
}

/** What an element gives is a thing with the members that the first parameter's type has; null: nobody knows which. */
export function asElement(linker: Linker, callable: Callable): Callable {
  const written = callable.parameters?.length === 1 ? callable.parameters[0]?.annotation : null;
  const unseen = { ...callable, parameters: null, overloads: [] };
  const rules = linker.rules(callable.path);
  if (!written || !rules || !/^[\w$]+$/.test(written)) return unseen;
  const found = linker.follow(
    callable.path,
    { name: written, members: [], self: null, instance: null, from: null },
    "types",
  );
  const of = found.is === "found" && found.likely === null ? classOf(found.target) : null;
  const made = of && construction(linker, of, rules, callable.unit);
  if (!made?.parameters) return unseen;
  const always = rules.calls.element_attributes.map(
    (name): Parameter => ({ name, kind: "named", default: null, optional: true, annotation: null }),
  );
  const own = made.parameters.filter(({ name }) => !rules.calls.element_attributes.includes(name));
  return { ...unseen, parameters: [...own, ...always] };
}

/** The fields of a class and of those it inherits from, those of the farthest first; a field that is given anew keeps its place. */
function generated(classes: readonly Pick<ClassShape, "fields">[]): Parameter[] {
  const fields = new Map<string, Parameter>();
  for (const { fields: own } of [...classes].reverse())
    for (const { name, optional, by_name } of own)
      fields.set(name, { name, kind: by_name ? "named" : "either", default: null, optional, annotation: null });
  return [...fields.values()];
}
