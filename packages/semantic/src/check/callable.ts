import type { Linker, Name } from "../linker/linker.ts";
import { classOf, type Outcome, type Target } from "../linker/outcome.ts";
import { isNamed, type LinkRules } from "../linker/rules.ts";
import type { Decorator, Parameter, Signature, Unit } from "../unit.ts";

/**
 * What a callee takes, with its receiver off. `kind`: what it is, so that a change of that is seen. `parameters` null: it
 * cannot be known what it takes. `unit`: what is executed; null: it is generated, or not in the tree.
 */
export type Callable = {
  kind: "function" | "class" | "abstract_class" | "method" | "static" | "class_method" | "property" | "value";
  parameters: readonly Parameter[] | null;
  decorators: readonly Decorator[];
  signature: Signature | null;
  unit: Unit | null;
  path: string;
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
  if (unit?.signature) return plain("function", { unit, path, skip: 0 }, rules);
  const nothing = { parameters: null, decorators: [], signature: null, unit, path };
  return binding.kind === "variable" ? { kind: "value", ...nothing } : null;
}

type MemberTarget = Extract<Target, { is: "member" }>;

function memberCallable(linker: Linker, target: MemberTarget, rules: LinkRules, callee: Name): Callable | null {
  const { member, unit, path, shape } = target;
  const inner = linker.contents(path)?.classes.get(`${shape.name}.${member.name}`);
  if (inner) return construction(linker, { path, name: inner.name }, rules, unit);
  const nothing = { parameters: null, decorators: unit?.signature?.decorators ?? [], signature: null, unit, path };
  if (member.kind === "property") return { kind: "property", ...nothing };
  if (member.kind === "field" || member.kind === "own" || member.kind === "member")
    return { kind: "value", ...nothing };
  if (!unit?.signature) return null;
  const onInstance = callee.self !== null || callee.instance !== null;
  const receiver =
    rules.calls.receiver === "parameter" &&
    (member.kind === "class_method" || (member.kind === "method" && onInstance));
  return plain(member.kind, { unit, path, skip: receiver ? 1 : 0 }, rules);
}

type Written = { unit: Unit; path: string; skip: number };

/** A function as it is written, unless a decorator makes something else of it. `skip`: parameters that are receivers. */
function plain(kind: Callable["kind"], { unit, path, skip }: Written, rules: LinkRules): Callable {
  const { signature } = unit;
  const decorators = signature?.decorators ?? [];
  const known = decorators.every(
    ({ name }) => isNamed(name, rules.calls.transparent) || isNamed(name, rules.calls.wrapping),
  );
  return {
    kind,
    parameters: known ? withoutReceiver(signature?.parameters ?? [], skip) : null,
    decorators,
    signature,
    unit,
    path,
  };
}

/** A receiver that is taken by `*args` stays: nothing is taken off it. */
function withoutReceiver(parameters: readonly Parameter[], skip: number): readonly Parameter[] {
  const [first] = parameters;
  return skip === 0 || !first || first.kind === "rest" ? parameters : parameters.slice(1);
}

/** What a class takes when an instance is made: what its constructor does, or its fields where one is generated. */
function construction(
  linker: Linker,
  { path, name }: { path: string; name: string },
  rules: LinkRules,
  unit: Unit | null,
): Callable | null {
  const lineage = linker.lineage(path, name);
  if (lineage.classes[0]?.shape.kind === "abstract" && rules.classes.abstract === "never")
    return { kind: "abstract_class", parameters: null, decorators: [], signature: null, unit, path };
  const unseen: Callable = { kind: "class", parameters: null, decorators: [], signature: null, unit, path };
  for (const { path: at, shape } of lineage.classes) {
    if (shape.kind === "enum" || shape.kind === "interface") return unseen;
    const maker = rules.calls.constructor_names
      .map((one) => linker.contents(at)?.units.get(`${shape.name}.${one}`))
      .find(Boolean);
    if (
      maker?.signature &&
      rules.calls.constructor_names.filter((one) => shape.members.some((member) => member.name === one)).length === 1
    )
      return plain("class", { unit: maker, path: at, skip: rules.calls.receiver === "parameter" ? 1 : 0 }, rules);
    if (maker) return unseen;
    if (shape.kind === "generated") {
      if (lineage.open !== null && shape.bases.length > 0) return unseen;
      return { ...unseen, parameters: generated(lineage.classes.map((row) => row.shape)) };
    }
  }
  return lineage.open === null && rules.calls.arity === "strict" ? { ...unseen, parameters: [] } : unseen;
}

/** The fields of a class and of those it inherits from, those of the farthest first; a field that is given anew keeps its place. */
function generated(classes: readonly { fields: readonly { name: string; optional: boolean }[] }[]): Parameter[] {
  const fields = new Map<string, Parameter>();
  for (const { fields: own } of [...classes].reverse())
    for (const { name, optional } of own)
      fields.set(name, { name, kind: "either", default: null, optional, annotation: null });
  return [...fields.values()];
}
