import type { Unit } from "../../../packages/semantic/src/unit.ts";
import { afterImports, cut, type Edits, endWith, renameAll, type Site, type Source } from "./ground.ts";
import { added, SIGNATURES } from "./signatures.ts";
import { alone, type Breakage, call, functions, isRest, methods, ordinary, parameters, rare } from "./sites.ts";
import { memberUse, useOf } from "./uses.ts";

/** What stands under a name gets another one, everywhere; or it goes. */
const renamedFunction: Breakage = (ground, chance) => {
  const site = functions(ground, rare(ground), chance);
  const use = site && useOf(ground, site, (name) => name + call(site), chance);
  return site && use && { left: renameAll(ground, site.name, `${site.name}_fresh`), right: use, twin: null };
};

const removedFunction: Breakage = (ground, chance) => {
  const site = functions(ground, alone(ground), chance);
  const use = site && useOf(ground, site, (name) => name + call(site), chance);
  if (!site || !use) return null;
  return { left: new Map([[site.source.path, cut(site.source.text, site.unit.span)]]), right: use, twin: null };
};

const movedFunction: Breakage = (ground, chance) => {
  const site = functions(ground, alone(ground), chance);
  const to = site && chance.pick(ground.sources.filter((one) => one !== site.source && one.text.length > 300));
  const use = site && useOf(ground, site, (name) => name, chance);
  if (!site || !to || !use || use.edits.has(to.path)) return null;
  const { text, path } = site.source;
  const left = new Map([
    [path, cut(text, site.unit.span)],
    [to.path, endWith(to.text, text.slice(...site.unit.span))],
  ]);
  return { left, right: use, twin: null };
};

const isTop = (kind: Unit["kind"]) => (site: { unit: Unit }) => site.unit.kind === kind;

const renamedTop =
  (kind: Unit["kind"], of: (name: string) => string): Breakage =>
  (ground, chance) => {
    const all = ground.sources.flatMap((source) =>
      source.summary.units.flatMap((unit): Site[] =>
        ordinary(unit.name) && unit.guards.length === 0 ? [{ source, unit, name: unit.name, owner: null }] : [],
      ),
    );
    const site = chance.pick(all.filter((one) => isTop(kind)(one) && rare(ground)(one) && !one.name.includes(".")));
    const use = site && useOf(ground, site, of, chance);
    return site && use && { left: renameAll(ground, site.name, `${site.name}_fresh`), right: use, twin: null };
  };

const renamedMethod: Breakage = (ground, chance) => {
  const site = methods(ground, (one) => ordinary(one.name) && rare(ground)(one), chance);
  const use = site && memberUse(ground, site, call(site), chance);
  return site && use && { left: renameAll(ground, site.name, `${site.name}_fresh`), right: use, twin: null };
};

/** An attribute that methods set on their instance is called otherwise. */
const renamedAttribute: Breakage = (ground, chance) => {
  const all = ground.sources.flatMap((source) =>
    source.summary.classes.flatMap((shape): Site[] => {
      const owner = source.summary.units.find((unit) => unit.kind === "class" && unit.name === shape.name);
      if (!owner || shape.open !== null || shape.bases.length > 0 || shape.kind !== "plain") return [];
      if (source.text[owner.span[1]] !== "\n") return [];
      return shape.members.flatMap(({ name, kind }): Site[] =>
        kind === "own" && ordinary(name) && ground.count(name) <= 12 ? [{ source, unit: owner, name, owner }] : [],
      );
    }),
  );
  const site = chance.pick(all);
  const use = site && memberUse(ground, site, "", chance);
  return site && use && { left: renameAll(ground, site.name, `${site.name}_fresh`), right: use, twin: null };
};

/** Left imports it under another name, in one file; right uses the old one there. */
const renamedImport: Breakage = (_ground, chance) => {
  const all = _ground.sources.flatMap((source) =>
    source.summary.imports.flatMap((one) => {
      const line = source.text.slice(...one.span);
      const name = one.names === null && /^import \w+$/.test(line) ? one.module : null;
      const from =
        Array.isArray(one.names) && one.names.length === 1 && /^from [\w.]+ import \w+$/.test(line)
          ? (one.names[0]?.name ?? null)
          : null;
      const bound = name ?? from;
      return one.time === "run" && (one.unit === "" || one.eager)
        ? bound && ordinary(`${bound}_____`)
          ? [{ source, span: one.span, bound }]
          : []
        : [];
    }),
  );
  const at = chance.pick(
    all.filter(({ source, bound }) => source.summary.bindings.filter(({ name }) => name === bound).length === 1),
  );
  if (!at) return null;
  const { source, span, bound } = at;
  const rest = (text: string) =>
    text.replace(new RegExp(`(?<![.\\w"'])${bound}\\b(?!\\s*=[^=])`, "g"), `${bound}_fresh`);
  const line = source.text.slice(...span);
  const left = `${rest(source.text.slice(0, span[0]))}${line} as ${bound}_fresh${rest(source.text.slice(span[1]))}`;
  const right = endWith(source.text, `def fresh_use():\n    return ${bound}`);
  return {
    left: new Map([[source.path, left]]),
    right: { form: "same file", edits: new Map([[source.path, right]]) },
    twin: null,
  };
};

/** Both define one name, at two places of a module or class. */
const duplicated =
  (owner: "module" | "class"): Breakage =>
  (ground, chance) => {
    const code = (indent: string, value: string) =>
      `${indent}def fresh_twice(${indent === "" ? "" : "self"}):\n${indent}    return ${value}\n`;
    const source = chance.pick(
      ground.sources.filter(
        ({ summary }) => summary.units.filter(({ kind }) => kind === "function" || kind === "class").length > 2,
      ),
    );
    if (!source) return null;
    if (owner === "module") {
      const first = source.summary.units.find(
        ({ kind, guards }) => (kind === "function" || kind === "class") && guards.length === 0,
      );
      if (!first) return null;
      const left = cut(source.text, [first.span[0], first.span[0]], `${code("", "1")}\n\n`);
      return {
        left: new Map([[source.path, left]]),
        right: { form: "module", edits: new Map([[source.path, endWith(source.text, code("", "2"))]]) },
        twin: null,
      };
    }
    const shape = chance.pick(
      source.summary.units.filter(
        ({ kind, children }) => kind === "class" && children.filter((one) => one.kind === "method").length > 2,
      ),
    );
    const first = shape?.children.find(({ kind }) => kind === "method");
    if (!shape || !first) return null;
    const start = source.text.lastIndexOf("\n", first.span[0]) + 1;
    const left = cut(source.text, [start, start], `${code("    ", "1")}\n`);
    const right = cut(source.text, [shape.span[1], shape.span[1]], `\n\n${code("    ", "2").trimEnd()}`);
    return {
      left: new Map([[source.path, left]]),
      right: { form: "class", edits: new Map([[source.path, right]]) },
      twin: null,
    };
  };

/** One defines a name that the other imports from a neighbour. */
const twoMeanings: Breakage = (ground, chance) => {
  const site = functions(ground, (one) => ground.count(one.name) <= 3, chance);
  const at =
    site &&
    chance.pick(
      ground.sources.filter(
        (one) =>
          one !== site.source &&
          !one.text.includes(site.name) &&
          one.module.split(".")[0] === site.source.module.split(".")[0] &&
          afterImports(one) !== null,
      ),
    );
  const start = at && afterImports(at);
  if (!site || !at || start === null) return null;
  const left = cut(at.text, [start, start], `from ${site.source.module} import ${site.name}\n`);
  const right = endWith(
    at.text,
    `def ${site.name}():\n    return None\n\n\ndef fresh_use():\n    return ${site.name}()`,
  );
  return {
    left: new Map([[at.path, left]]),
    right: { form: "module", edits: new Map([[at.path, right]]) },
    twin: null,
  };
};

/** A file is called otherwise, with all the lines that import it; right imports it by its old name. */
const renamedModule: Breakage = (ground, chance) => {
  const site = functions(
    ground,
    ({ source }) => source.module.includes(".") && !source.path.endsWith("__init__.py"),
    chance,
  );
  const use = site && useOf(ground, site, (name) => name, chance);
  if (!site || !use || use.edits.has(site.source.path)) return null;
  const last = site.source.module.split(".").at(-1) ?? "";
  if (last.length < 4) return null;
  const left = new Map<string, string | null>();
  const lines = (text: string) =>
    text.replace(new RegExp(`^(\\s*(?:from|import)\\b.*)\\b${last}\\b`, "gm"), `$1${last}_fresh`);
  for (const { path, text } of ground.holders(last)) left.set(path, lines(text));
  left.set(site.source.path.replace(/\w+\.py$/, `${last}_fresh.py`), left.get(site.source.path) ?? site.source.text);
  left.set(site.source.path, null);
  return { left, right: use, twin: null };
};

/** The override of a method that is called otherwise now. */
const orphaned: Breakage = (ground, chance) => {
  const site = methods(ground, (one) => ordinary(one.name) && rare(ground)(one), chance);
  if (!site?.owner) return null;
  const at: Site = { ...site, unit: site.owner, name: site.owner.name ?? "", owner: null };
  const self = site.unit.signature?.parameters.map(({ name, kind }) =>
    kind === "rest" ? `*${name}` : kind === "named_rest" ? `**${name}` : `${name}=None`,
  );
  const list = ["self", ...(self ?? []).slice(1)].join(", ");
  const file = `${site.source.path.slice(0, site.source.path.lastIndexOf("/") + 1)}fresh_module.py`;
  const code = `from ${at.source.module} import ${at.name}\n\n\nclass Fresh(${at.name}):\n    def ${site.name}(${list}):\n        return None\n`;
  return {
    left: renameAll(ground, site.name, `${site.name}_fresh`),
    right: { form: "new file", edits: new Map([[file, code]]) },
    twin: null,
  };
};

/** A method that an override of the other side has to take more for. */
const narrowedOverride: Breakage = (ground, chance) => {
  const site = methods(
    ground,
    (one) => ordinary(one.name) && alone(ground)(one) && !parameters(one).some(isRest),
    chance,
  );
  const left = site && added(site).left;
  if (!site?.owner || !left) return null;
  const list = [
    "self",
    ...parameters(site).map(({ name, optional, kind }) => (kind === "named" ? "" : optional ? `${name}=None` : name)),
  ]
    .filter((part) => part !== "")
    .join(", ");
  if (parameters(site).some(({ kind }) => kind === "named")) return null;
  const file = `${site.source.path.slice(0, site.source.path.lastIndexOf("/") + 1)}fresh_module.py`;
  const code = `from ${site.source.module} import ${site.owner.name}\n\n\nclass Fresh(${site.owner.name}):\n    def ${site.name}(${list}):\n        return None\n`;
  return { left, right: { form: "new file", edits: new Map([[file, code]]) }, twin: null };
};

/** Each of two modules takes a name from the other while it is loaded. */
const circle: Breakage = (ground, chance) => {
  const one = functions(ground, () => true, chance);
  const mates = (site: Site) =>
    site.source !== one?.source && site.source.module.split(".")[0] === one?.source.module.split(".")[0];
  const two = one && functions(ground, mates, chance);
  const [a, b] = [one && afterImports(one.source), two && afterImports(two.source)];
  if (!one || !two || typeof a !== "number" || typeof b !== "number") return null;
  const knows = (source: Source, other: Source) => source.text.includes(other.module.split(".").at(-1) ?? "");
  if (knows(one.source, two.source) || knows(two.source, one.source)) return null;
  const edit = ({ source }: Site, at: number, of: Site): Edits =>
    new Map([[source.path, cut(source.text, [at, at], `from ${of.source.module} import ${of.name}\n`)]]);
  return { left: edit(one, a, two), right: { form: "circle", edits: edit(two, b, one) }, twin: null };
};

export const BREAKAGES: Readonly<Record<string, Breakage>> = {
  "function removed": removedFunction,
  "function renamed": renamedFunction,
  "function moved": movedFunction,
  "class renamed": renamedTop("class", (name) => name),
  "constant renamed": renamedTop("variable", (name) => name),
  "method renamed": renamedMethod,
  "attribute renamed": renamedAttribute,
  "import renamed": renamedImport,
  "module renamed": renamedModule,
  "defined twice": duplicated("module"),
  "defined twice, method": duplicated("class"),
  "two meanings": twoMeanings,
  "override orphaned": orphaned,
  "override too narrow": narrowedOverride,
  "import circle": circle,
  ...SIGNATURES,
};
