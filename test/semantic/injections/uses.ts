import {
  afterImports,
  bodyStart,
  type Chance,
  cut,
  type Edits,
  endWith,
  type Ground,
  type Site,
  type Source,
} from "./ground.ts";

/** A use that the right side adds: how it is written once the name can be read, and what is written with it. */
export type Use = { form: string; edits: Edits };

/** Ways in which an expression stands in new code. */
const SHAPES: readonly ((expression: string) => string)[] = [
  (e) => `def fresh_use(flag=None):\n    return ${e}`,
  (e) => `def fresh_use(flag=None):\n    value = ${e}\n    return value`,
  (e) => `class FreshUse:\n    def run(self):\n        return [${e} for _ in range(2)]`,
  (e) => `def fresh_use():\n    return lambda: ${e}`,
  (e) => `def fresh_use(flag=None):\n    if flag:\n        return {"key": ${e}}\n    return None`,
  (e) => `def fresh_use():\n    def inner():\n        return ${e}\n    return inner`,
  (e) => `def fresh_use():\n    with open("x") as file:\n        file.write(str(${e}))`,
  (e) => `def fresh_use():\n    return f"{${e}}"`,
];

type Way = (ground: Ground, site: Site, of: (name: string) => string, chance: Chance) => Use | null;

const inSameFile: Way = (_ground, { source, name }, of, chance) => {
  const shape = chance.pick(SHAPES) ?? ((e) => e);
  return { form: "same file", edits: new Map([[source.path, endWith(source.text, shape(of(name)))]]) };
};

const insideBody: Way = (_ground, { source, name, unit }, of, chance) => {
  const hosts = source.summary.units.filter(
    (one) => one.kind === "function" && one !== unit && one.parts.body !== null && !one.signature?.is_generator,
  );
  const host = chance.pick(hosts);
  const start = host && bodyStart(source, host);
  if (!host || start === null) return null;
  const indent = source.text.slice(source.text.lastIndexOf("\n", start - 1) + 1, start);
  if (!/^ +$/.test(indent) || host.signature?.parameters.some((one) => one.name === name)) return null;
  const text = cut(source.text, [start, start], `fresh_value = ${of(name)}\n${indent}`);
  return { form: "inside a body", edits: new Map([[source.path, text]]) };
};

/** A file of the same top package that is not the one of the site. */
function neighbour(ground: Ground, { source }: Site, chance: Chance): Source | null {
  const top = source.module.split(".")[0];
  const all = ground.sources.filter(
    (one) => one !== source && one.module.split(".")[0] === top && one.path.endsWith(".py") && one.text.length > 200,
  );
  return chance.pick(all);
}

/** Elsewhere, with an import of its own; `read` says how the name is written then. */
const elsewhere =
  (form: string, line: (site: Site) => string, read: (site: Site) => string): Way =>
  (ground, site, of, chance) => {
    const at = neighbour(ground, site, chance);
    const start = at && afterImports(at);
    if (!at || start === null || new RegExp(`\\b${site.name}\\b`).test(at.text)) return null;
    const shape = chance.pick(SHAPES) ?? ((e) => e);
    const text = endWith(cut(at.text, [start, start], `${line(site)}\n`), shape(of(read(site))));
    return { form, edits: new Map([[at.path, text]]) };
  };

const inFunction: Way = (ground, site, of, chance) => {
  const at = neighbour(ground, site, chance);
  if (!at) return null;
  const code = `def fresh_use():\n    from ${site.source.module} import ${site.name}\n\n    return ${of(site.name)}`;
  return { form: "import in a function", edits: new Map([[at.path, endWith(at.text, code)]]) };
};

const inNewFile: Way = (_ground, site, of) => {
  const folder = site.source.path.slice(0, site.source.path.lastIndexOf("/") + 1);
  const code = `from ${site.source.module} import ${site.name}\n\n\ndef fresh_use():\n    return ${of(site.name)}\n`;
  return { form: "new file", edits: new Map([[`${folder}fresh_module.py`, code]]) };
};

const relative: Way = (_ground, site, of) => {
  const folder = site.source.path.slice(0, site.source.path.lastIndexOf("/") + 1);
  if (!site.source.module.includes(".") || site.source.path.endsWith("__init__.py")) return null;
  const last = site.source.module.split(".").at(-1);
  const code = `from .${last} import ${site.name} as given\n\n\nclass Fresh:\n    value = None\n\n    def use(self):\n        return ${of("given")}\n`;
  return { form: "relative import", edits: new Map([[`${folder}fresh_module.py`, code]]) };
};

const WAYS: readonly Way[] = [
  inSameFile,
  insideBody,
  elsewhere(
    "from import",
    ({ source, name }) => `from ${source.module} import ${name}`,
    ({ name }) => name,
  ),
  elsewhere(
    "import as",
    ({ source }) => `import ${source.module} as fresh_alias`,
    ({ name }) => `fresh_alias.${name}`,
  ),
  elsewhere(
    "import",
    ({ source }) => `import ${source.module}`,
    ({ source, name }) => `${source.module}.${name}`,
  ),
  inFunction,
  inNewFile,
  relative,
];

/** Adds a use of something at the top level of a module. `of`: the expression, when it is known how the name is written. */
export function useOf(ground: Ground, site: Site, of: (name: string) => string, chance: Chance): Use | null {
  return chance.pick(WAYS)?.(ground, site, of, chance) ?? null;
}

/** Ways to use a member of a class, with its class at hand: in it, below it, on it, on a local, on a parameter. */
export function memberUse(ground: Ground, site: Site, call: string, chance: Chance): Use | null {
  const { source, owner, name } = site;
  if (!owner) return null;
  const at: Site = { ...site, unit: owner, name: owner.name ?? "", owner: null };
  const end = owner.span[1];
  const inside = `\n\n    def fresh_member(self):\n        return self.${name}${call}\n`;
  const below = (base: string) =>
    `class Fresh(${base}):\n    def fresh_member(self):\n        return self.${name}${call}`;
  const above = (base: string) =>
    `class Fresh(${base}):\n    def fresh_member(self):\n        return super().${name}${call}`;
  const typed = (base: string) => `def fresh_use(one: ${base}):\n    return one.${name}${call}`;
  const way = chance.below(5);
  if (way === 0)
    return { form: "in the class", edits: new Map([[source.path, cut(source.text, [end, end], inside.trimEnd())]]) };
  const code = [below, above, typed][way - 1] ?? below;
  if (way === 4) {
    const text = endWith(source.text, below(at.name));
    return { form: "below, in the file", edits: new Map([[source.path, text]]) };
  }
  const host = neighbour(ground, at, chance);
  const start = host && afterImports(host);
  if (!host || start === null || new RegExp(`\\b${at.name}\\b`).test(host.text)) return null;
  const text = endWith(cut(host.text, [start, start], `from ${source.module} import ${at.name}\n`), code(at.name));
  return { form: ["", "below", "super()", "typed parameter"][way] ?? "", edits: new Map([[host.path, text]]) };
}
