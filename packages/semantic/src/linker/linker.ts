import type { Binding, Export, Origin, Read } from "../summary.ts";
import type { TreeView } from "../tree_view.ts";
import { NAMELESS, type Unit } from "../unit.ts";
import { type Contents, contentsOf, memberOf, memberUnit, unitOf } from "./contents.ts";
import { type Effort, UNLIMITED } from "./effort.ts";
import { type Lineage, lineageOf } from "./lineage.ts";
import { findModule, type ModuleAt } from "./modules.ts";
import { once } from "./once.ts";
import { classOf, type Missing, type Outcome, type Target } from "./outcome.ts";
import { folderOf, join } from "./paths.ts";
import type { LinkRules, RulesOf } from "./rules.ts";
import { type Shared, sharedIn } from "./shared.ts";
import { configuredRoots, sourceRoots } from "./source_roots.ts";

/** What is followed: a read, a callee, or a name as it is written in a base. */
export type Name = Pick<Read, "name" | "members" | "self" | "instance" | "from">;

/**
 * Follows names through one tree. It keeps what it has found out, so it is of use only as long as its view answers the
 * same.
 */
export type Linker = {
  view: TreeView;
  effort: Effort;
  contents(path: string): Contents | null;
  rules(path: string): LinkRules | null;
  module(from: string, written: string): ModuleAt;
  /** What a name of a module's own scope stands for. */
  lookup(path: string, name: string, time: Read["time"]): Outcome;
  /** What an origin stands for, seen from a file. */
  origin(from: string, origin: Origin, time: Read["time"]): Outcome;
  /** What a dotted name stands for, all of it. */
  follow(path: string, name: Name, time: Read["time"]): Outcome;
  lineage(path: string, name: string): Lineage;
  /** What the files beside one bind, where all of a folder are one scope. */
  shared(path: string): Shared;
};

/** How long a chain of re-exports, stars and bases may be before nobody knows. */
const LONGEST_CHAIN = 12;

export function openLinker(view: TreeView, rulesOf: RulesOf, effort: Effort = UNLIMITED): Linker {
  const kept = new Map<string, unknown>();
  const keep = <T>(key: string, make: () => T): T => {
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key) as T;
  };
  const contents = (path: string) => {
    effort.spend(1);
    const file = view.file(path);
    return file && "summary" in file ? contentsOf(file.summary) : null;
  };
  const languageOf = (path: string) => contents(path)?.summary.language ?? null;
  const rootsOf = (rules: LinkRules["modules"]) => (from: string) => {
    const language = languageOf(from);
    const configured = keep(`configured ${language}`, () => configuredRoots(view, rules));
    return keep(`roots ${language} ${folderOf(from)}`, () => sourceRoots(view, rules, from, configured));
  };
  const linker: Linker = {
    view,
    effort,
    contents,
    rules: (path) => {
      const language = languageOf(path);
      return language === null ? null : rulesOf(language);
    },
    module: (from, written) =>
      keep(`module ${from} ${written}`, () => {
        const rules = linker.rules(from);
        return rules
          ? findModule({ view, rules: rules.modules, roots: rootsOf(rules.modules) }, from, written)
          : { at: "unknown", why: "no rules for it" };
      }),
    lookup: (path, name, time) => lookup(linker, { path, name, time }, 0),
    origin: (from, origin, time) => followOrigin(linker, from, { origin, time }, 0),
    follow: (path, name, time) => follow(linker, path, name, time),
    shared: (path) => keep(`shared ${folderOf(path)}`, () => sharedIn(linker, folderOf(path), linker.rules(path))),
    lineage: (path, name) => keep(`lineage ${path} ${name}`, () => lineageOf(linker, path, name)),
  };
  return linker;
}

type FoundModule = Extract<ModuleAt, { at: "module" }>;

/** `outside`: it is asked of the module, and not read in it. */
type Asked = { path: string; name: string; time: Read["time"]; outside?: boolean };

const unknown = (why: string): Outcome => ({ is: "unknown", why });
const found = (target: Target, likely: string | null = null): Outcome => ({ is: "found", target, rest: [], likely });
const missing = (what: Missing["what"], { path, name }: Asked, inside = ""): Outcome => ({
  is: "missing",
  missing: { what, name, path, inside },
});

const looked = once<Linker, Outcome>();

/**
 * What a module's scope binds a name to: of what stands in it, of stars and own bindings, the last. Each is asked once at
 * each depth: aliases of aliases lead to one name by many ways.
 */
function lookup(linker: Linker, asked: Asked, depth: number): Outcome {
  const { path, name, time, outside = false } = asked;
  return looked(linker, `${depth} ${time} ${outside} ${name} ${path}`, () => lookupAt(linker, asked, depth));
}

function lookupAt(linker: Linker, asked: Asked, depth: number): Outcome {
  if (depth > LONGEST_CHAIN) return unknown("its imports go on too long");
  const contents = linker.contents(asked.path);
  if (!contents) return unknown(`nothing is known of ${asked.path}`);
  const all = contents.bindings.get(asked.name) ?? [];
  const bindings = asked.time === "run" ? all.filter(({ time }) => time === "run") : all;
  const last = bindings.at(-1);
  const star = fromStars(linker, asked, depth, last?.span[0] ?? -1);
  if (star) return star;
  if (last) return several(linker, asked, bindings, depth);
  const beside = linker.rules(asked.path)?.modules.scope === "folder" ? fromShared(linker, asked) : null;
  if (beside) return beside;
  const doubt = mayAnswer(linker, contents, asked);
  if (doubt !== null) return unknown(doubt);
  if (linker.rules(asked.path)?.names.builtins.includes(asked.name)) return { is: "outside", origin: "the language" };
  return missing(all.length > 0 ? "run_time" : "name", asked);
}

function fromShared(linker: Linker, { path, name }: Asked): Outcome | null {
  const { names, unread } = linker.shared(path);
  const [first, ...more] = names.get(name) ?? [];
  if (first === undefined) return unread === null ? null : unknown(`nothing is known of ${unread}`);
  const contents = linker.contents(first.path);
  const target: Target = { is: "definition", ...first, unit: contents && unitOf(contents, first.binding) };
  return found(target, more.length === 0 ? null : "it is bound in several places");
}

/**
 * Why a module may have a name that it does not bind; null: it has not. A function that answers for names is asked from
 * outside alone, and one that ends by refusing all others answers for those that are written out.
 */
function mayAnswer(linker: Linker, { summary, units }: Contents, { path, name, outside }: Asked): string | null {
  const answers = linker.rules(path)?.names.answers ?? null;
  const unit = answers && units.get(answers.by);
  if (summary.open === null || !answers || !unit) return summary.open;
  if (!outside) return null;
  const text = linker.view.file(path)?.text ?? "";
  const body = unit.parts.body === null ? "" : text.slice(...unit.parts.body);
  const refuses = new RegExp(`^(?:${answers.refuses})`).test(lastStatement(body));
  return refuses && !text.includes(`"${name}"`) && !text.includes(`'${name}'`) ? null : summary.open;
}

/** The text of a body from its last line on that is indented as its first one. */
function lastStatement(body: string): string {
  const starts = [...body.matchAll(/\n([ \t]*)(?=\w)/g)];
  const last = starts.findLast(([, indent]) => indent === starts[0]?.[1]);
  return last ? body.slice(last.index + last[0].length) : body;
}

/** Of several bindings of one name it is a guess which of them is meant. */
function several(linker: Linker, asked: Asked, bindings: readonly Binding[], depth: number): Outcome {
  linker.effort.spend(bindings.length);
  const outcomes = bindings.map((binding) => followBinding(linker, asked, binding, depth));
  const last = outcomes.at(-1);
  if (!last || bindings.length === 1) return last ?? unknown("it is not bound");
  if (merges(linker, asked, bindings)) return outcomes.find(({ is }) => is === "found") ?? last;
  // Under conditions the first is what is meant and the others stand in for it; one after another the last counts.
  const ordered = new Set(bindings.map(({ guards }) => guards.join())).size > 1 ? outcomes : outcomes.toReversed();
  const best = ordered.find(({ is }) => is === "found") ?? last;
  if (best.is !== "found") return outcomes.find(({ is }) => is !== "missing") ?? best;
  return { ...best, likely: "it is bound in several places" };
}

/** Whether all that binds a name is one: its overloads, an interface and its class, a namespace and its function. */
function merges(linker: Linker, { path }: Asked, bindings: readonly Binding[]): boolean {
  if (!linker.rules(path)?.names.merging) return false;
  return bindings.every(({ from, guards }) => from === null && guards.join() === bindings[0]?.guards.join());
}

function followBinding(linker: Linker, { path, time }: Asked, binding: Binding, depth: number): Outcome {
  const contents = linker.contents(path);
  const itself = () => found({ is: "definition", path, binding, unit: contents && unitOf(contents, binding) });
  if (binding.from === null) return itself();
  if (binding.from.module === "" && binding.from.name !== null) {
    const [name = "", ...members] = binding.from.name.split(".");
    if (name === binding.name) return itself();
    const outcome = walk(linker, lookup(linker, { path, name, time }, depth + 1), members, time);
    // An alias of what cannot be followed is still a name that is bound here.
    return outcome.is === "found" && outcome.rest.length === 0 ? outcome : itself();
  }
  return followOrigin(linker, path, { origin: binding.from, time }, depth + 1);
}

function followOrigin(
  linker: Linker,
  from: string,
  { origin, time }: { origin: Origin; time: Read["time"] },
  depth: number,
): Outcome {
  const module = linker.module(from, origin.module);
  if (module.at === "outside") return { is: "outside", origin: origin.module };
  if (module.at === "unknown") return unknown(module.why);
  if (origin.name === null) return found({ is: "module", file: module.file, folder: module.folder });
  return inModule(linker, module, { name: origin.name, time }, depth);
}

/** A name of a module seen from outside: what its text binds, else a module in its folder. */
function inModule(linker: Linker, module: FoundModule, { name, time }: Omit<Asked, "path">, depth: number): Outcome {
  const own = module.file === null ? null : given(linker, { path: module.file, name, time, outside: true }, depth + 1);
  if (own?.is === "found") return own;
  const below = module.folder === null ? null : submodule(linker, module.folder, module.file, name);
  if (below) return below;
  if (own?.is === "unknown") return own;
  // What the language has built in is no member of a module; what the module has imported from elsewhere is.
  if (own?.is === "outside" && own.origin !== "the language") return own;
  if (own?.is === "missing") return own;
  return missing("name", { path: module.file ?? `${module.folder}/`, name, time });
}

/** What others see of a module under a name. What is imported may be a type: whoever reads it says what for. */
function given(linker: Linker, asked: Asked, depth: number): Outcome {
  const rule = linker.rules(asked.path)?.names.exports ?? "all";
  const contents = linker.contents(asked.path);
  if (rule === "all" || !contents || depth > LONGEST_CHAIN) return lookup(linker, asked, depth);
  const { exports, imports } = contents.summary;
  const any: Asked = { ...asked, time: "types" };
  const passed = imports.find(({ exported, names, alias }) =>
    exported && Array.isArray(names) ? names.some((one) => one.alias === asked.name) : exported && alias === asked.name,
  );
  if (passed) {
    const { names, module } = passed;
    const name = Array.isArray(names) ? (names.find((one) => one.alias === asked.name)?.name ?? null) : null;
    return followOrigin(linker, asked.path, { origin: { module, name }, time: "types" }, depth + 1);
  }
  if (exports === "dynamic") return unknown("what a module gives away is not to be read off");
  const entry = exports?.find(({ name }) => name === asked.name);
  if (entry && entry.of !== null) return lookup(linker, { ...any, name: entry.of }, depth);
  if (entry) return found({ is: "definition", path: asked.path, ...nameless(contents, entry) });
  const star = fromStars(linker, any, depth, -1);
  if (star) return star;
  // A module of the older kind is taken whole where its default is asked for.
  const whole = asked.name === NAMELESS && exports?.every(({ of }) => of === null);
  if (rule === "listed" && (exports === null || whole)) return unknown("it does not say what it gives away");
  return missing("name", asked);
}

/** What is given away and has no name in its module. */
function nameless({ named }: Contents, { name, span }: Export): { binding: Binding; unit: Unit | null } {
  const units = [...(named.get(name) ?? []), ...(named.get(`exports.${name}`) ?? [])];
  const unit = units.find((one) => !one.key.includes(".") || one.key === `exports.${name}`) ?? null;
  const at = { unit: unit?.key ?? "", span, name, guards: [], from: null, value: null };
  return { binding: { ...at, kind: "variable", time: "run" }, unit };
}

function submodule(linker: Linker, folder: string, file: string | null, name: string): Outcome | null {
  const rules = linker.rules(file ?? "") ?? linker.rules(firstFile(linker, folder) ?? "");
  if (rules && rules.modules.submodules !== "found") return null;
  const path = join(folder, name);
  const inner = linker.view.folder(path);
  const index = inner && rules?.modules.index.map((one) => join(path, one)).find((one) => linker.view.blob(one));
  if (index) return found({ is: "module", file: index, folder: path });
  const text = rules?.modules.extensions.map((one) => path + one).find((one) => linker.view.blob(one) !== null);
  if (text !== undefined) return found({ is: "module", file: text, folder: null });
  // Where no file of a folder says in which language it is, one with any ending may be the module.
  const unread = rules ? undefined : linker.view.folder(folder)?.find((one) => one.startsWith(`${name}.`));
  if (unread !== undefined) return unknown(`nothing is known of ${join(folder, unread)}`);
  return inner ? found({ is: "module", file: null, folder: path }) : null;
}

function firstFile(linker: Linker, folder: string): string | null {
  const name = linker.view.folder(folder)?.find((one) => linker.contents(join(folder, one)) !== null);
  return name === undefined ? null : join(folder, name);
}

/** The star import that brings a name and stands below its last own binding; null: none does. */
function fromStars(linker: Linker, asked: Asked, depth: number, after: number): Outcome | null {
  const contents = linker.contents(asked.path);
  let doubt: Outcome | null = null;
  for (const star of contents?.stars.toReversed() ?? []) {
    if (star.span[0] < after || (asked.time === "run" && star.time !== "run")) continue;
    const module = linker.module(asked.path, star.module);
    const brought =
      module.at === "module" ? exported(linker, module, asked, depth) : unknown(`"${star.module}" is not here`);
    if (brought?.is === "found" || brought?.is === "outside") return brought;
    // A star of which nobody knows what it brings speaks for every name that is bound nowhere else.
    if (brought && after < 0) doubt ??= brought;
  }
  return doubt;
}

const brought = once<Linker, Outcome | null>();

/** What a star import of a module brings under a name; null: nothing. Stars of stars lead to one module by many ways. */
function exported(linker: Linker, module: FoundModule, asked: Asked, depth: number): Outcome | null {
  const key = `${depth} ${asked.time} ${asked.name} ${module.file}`;
  return brought(linker, key, () => exportedAt(linker, module, asked, depth));
}

function exportedAt(linker: Linker, module: FoundModule, { name, time }: Asked, depth: number): Outcome | null {
  const contents = module.file === null ? null : linker.contents(module.file);
  if (module.file === null || !contents) return unknown("nothing is known of a module that is imported whole");
  const { exports, open } = contents.summary;
  if ((linker.rules(module.file)?.names.exports ?? "all") !== "all") {
    const own = name === NAMELESS ? null : inModule(linker, module, { name, time }, depth);
    return own?.is === "missing" ? null : own;
  }
  const listed = Array.isArray(exports) ? exports.some((one) => one.name === name) : null;
  if (listed === false) return null;
  if (exports === "dynamic") return unknown("what a module gives away is not to be read off");
  const { unstarred = null } = linker.rules(module.file)?.names ?? {};
  if (listed === null && unstarred !== null && name.startsWith(unstarred)) return null;
  const outcome = inModule(linker, module, { name, time }, depth);
  if (outcome.is === "missing") return open === null ? null : unknown(open);
  return outcome.is === "outside" && outcome.origin === "the language" ? null : outcome;
}

function follow(linker: Linker, path: string, name: Name, time: Read["time"]): Outcome {
  if (name.self !== null) {
    const above = linker.rules(path)?.classes.above.includes(name.name) ?? false;
    return walkClass(linker, { path, name: name.self, above }, name.members, time);
  }
  if (name.instance !== null) {
    const [first = "", ...members] = name.instance.split(".");
    // What says of which class it is one may be there for types alone.
    const start = name.from ? linker.origin(path, name.from, "types") : linker.lookup(path, first, "types");
    const owner = walk(linker, start, members, "types");
    if (owner.is !== "found" || owner.rest.length > 0) return owner.is === "found" ? unknown("no class") : owner;
    const of = classOf(owner.target);
    return of ? walkClass(linker, of, name.members, time) : unknown("it is an instance of no class that is seen");
  }
  const start = name.from ? linker.origin(path, name.from, time) : linker.lookup(path, name.name, time);
  return walk(linker, start, name.members, time);
}

/** Follows members from what was found, as far as modules and classes go. */
function walk(linker: Linker, start: Outcome, members: readonly string[], time: Read["time"]): Outcome {
  let at = start;
  for (const [index, member] of members.entries()) {
    if (at.is !== "found") return at;
    const next = step(linker, at.target, member, time);
    if (next === null) return { ...at, rest: members.slice(index) };
    at = next.is === "found" ? { ...next, likely: next.likely ?? at.likely } : next;
    if (next.is === "missing" && at.is === "missing" && start.is === "found" && start.likely !== null)
      return unknown(start.likely);
  }
  return at;
}

/** One member of a target; null: it is nothing whose members are known. */
function step(linker: Linker, target: Target, member: string, time: Read["time"]): Outcome | null {
  if (target.is === "module")
    return inModule(linker, { at: "module", file: target.file, folder: target.folder }, { name: member, time }, 0);
  if (target.is === "definition" && target.binding.kind === "namespace") return inNamespace(linker, target, member);
  const of = classOf(target);
  return of && walkClass(linker, of, [member], time);
}

/** A member of a namespace, which may stand in several parts; null: something else has its name too. */
function inNamespace(linker: Linker, { path, binding }: Definition, member: string): Outcome | null {
  const contents = linker.contents(path);
  const own = (unit: Unit) => unit.key.replace(/#\d+$/, "") === binding.name;
  const parts = [...(contents?.units.values() ?? [])].filter(own);
  if (parts.length === 0 || parts.some(({ kind }) => kind !== "namespace")) return null;
  const unit = parts.flatMap(({ children }) => children).find(({ name }) => name === member);
  if (!unit) return missing("member", { path, name: member, time: "types" }, binding.name);
  const kind = unit.kind === "namespace" ? "namespace" : "variable";
  const inner: Binding = { ...binding, name: `${binding.name}.${member}`, kind, span: unit.span, value: null };
  return found({ is: "definition", path, binding: inner, unit });
}

type Definition = Extract<Target, { is: "definition" }>;

function walkClass(
  linker: Linker,
  of: { path: string; name: string; above?: boolean },
  [member, ...rest]: readonly string[],
  time: Read["time"],
): Outcome {
  if (member === undefined) return linker.lookup(of.path, of.name, time);
  const lineage = linker.lineage(of.path, of.name);
  for (const { path, shape } of of.above ? lineage.classes.slice(1) : lineage.classes) {
    linker.effort.spend(1);
    const has = memberOf(shape, member);
    const inner = linker.contents(path)?.classes.get(`${shape.name}.${member}`);
    if (inner && rest.length > 0) return walkClass(linker, { path, name: inner.name }, rest, time);
    const contents = linker.contents(path);
    if (!has || !contents) continue;
    const unit = memberUnit(contents, shape.name, member);
    return { is: "found", target: { is: "member", path, shape, member: has, unit }, rest, likely: lineage.ambiguous };
  }
  if (lineage.open !== null) return unknown(lineage.open);
  if (linker.rules(of.path)?.classes.members.includes(member)) return { is: "outside", origin: "the language" };
  return missing("member", { path: of.path, name: member, time }, of.name);
}
