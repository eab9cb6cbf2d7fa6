import { bodyStart, cut, type Edits, type Site } from "./ground.ts";
import { alone, type Breakage, call, functions, isRest, methods, ordinary, parameters, places } from "./sites.ts";
import { memberUse, useOf } from "./uses.ts";

/** The stretch between the parentheses of a definition's head, and the parameters in it; null: it is not plain. */
function head({ source, unit }: Site): { span: readonly [number, number]; parts: string[] } | null {
  const [start, end] = unit.parts.header;
  const text = source.text.slice(start, end);
  const [, before = "", inside] = /^((?:async\s+)?def\s+\w+\()([^()#]*)\)/.exec(text) ?? [];
  if (inside === undefined) return null;
  const parts = inside.split(/,(?![^[{]*[\]}])/).map((part) => part.trim());
  return {
    span: [start + before.length, start + before.length + inside.length],
    parts: parts.filter((part) => part !== ""),
  };
}

/** Left writes the list of parameters anew, and a line at the start of the body that makes up for it. */
function rewritten(site: Site, list: (parts: string[]) => string[] | null, line = ""): Edits | null {
  const at = head(site);
  const start = bodyStart(site.source, site.unit);
  const parts = at && list(at.parts);
  if (!at || !parts || start === null) return null;
  const { text, path } = site.source;
  const indent = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  if (!/^\s+$/.test(indent)) return null;
  const body = line === "" ? text : cut(text, [start, start], `${line}\n${indent}`);
  return new Map([[path, cut(body, at.span, parts.join(", "))]]);
}

const bare = (part: string) => part.replace(/[:=].*$/s, "").trim();

type Change = { left: Edits | null; call: string; twin?: Edits | null };

/** A change of what a function or method takes, and a call that fits the old head. */
const signature =
  (change: (site: Site) => Change | null, where: "function" | "method" | "constructor"): Breakage =>
  (ground, chance) => {
    const site =
      where === "function"
        ? functions(ground, alone(ground), chance)
        : methods(
            ground,
            (one) =>
              where === "method"
                ? ordinary(one.name) && alone(ground)(one)
                : one.name === "__init__" && alone(ground)({ ...one, name: one.owner?.name ?? "" }),
            chance,
          );
    const made = site && change(site);
    if (!site || !made?.left) return null;
    const use =
      where === "method"
        ? memberUse(ground, site, made.call, chance)
        : useOf(
            ground,
            where === "constructor" && site.owner
              ? { ...site, unit: site.owner, name: site.owner.name ?? "", owner: null }
              : site,
            (name) => name + made.call,
            chance,
          );
    const twin =
      made.twin === undefined
        ? rewritten(site, (parts) =>
            parts.some((part) => part.startsWith("*")) ? null : [...parts, "fresh_optional=None"],
          )
        : made.twin;
    return use && { left: made.left, right: use, twin };
  };

export const added = (site: Site): Change => ({
  left: rewritten(site, (parts) => {
    const at = parts.findIndex((part) => part.includes("=") || part.startsWith("*"));
    return at < 0 ? [...parts, "fresh_required"] : [...parts.slice(0, at), "fresh_required", ...parts.slice(at)];
  }),
  call: call(site),
});

const dropped = (site: Site): Change | null => {
  const last = places(site).at(-1);
  if (!last || parameters(site).some(isRest)) return null;
  const more = places(site).filter(({ optional }) => optional).length;
  return {
    left: rewritten(site, (parts) => parts.filter((part) => bare(part) !== last.name), `${last.name} = None`),
    call: call(site, more),
  };
};

const droppedNamed = (site: Site): Change | null => {
  const last = places(site).at(-1);
  if (!last?.optional || parameters(site).some(isRest)) return null;
  return {
    left: rewritten(site, (parts) => parts.filter((part) => bare(part) !== last.name), `${last.name} = None`),
    call: call(site, 0, [`${last.name}=None`]),
  };
};

const renamedNamed = (site: Site): Change | null => {
  const last = places(site).at(-1);
  if (!last?.optional || parameters(site).some(isRest)) return null;
  const to = `fresh_${last.name}`;
  return {
    left: rewritten(
      site,
      (parts) => parts.map((part) => (bare(part) === last.name ? part.replace(last.name, to) : part)),
      `${last.name} = ${to}`,
    ),
    call: call(site, 0, [`${last.name}=None`]),
  };
};

const swapped = (site: Site): Change | null => {
  const [one, two] = places(site);
  if (
    !one ||
    !two ||
    one.optional ||
    two.optional ||
    site.unit.signature?.parameters.some(({ kind }) => kind === "placed")
  )
    return null;
  const skip = site.owner ? 1 : 0;
  return {
    left: rewritten(site, ([...parts]) => [
      ...parts.slice(0, skip),
      parts[skip + 1] ?? "",
      parts[skip] ?? "",
      ...parts.slice(skip + 2),
    ]),
    call: call(site),
  };
};

const byNameOnly = (site: Site): Change | null => {
  const last = places(site).at(-1);
  if (!last || parameters(site).some(({ kind }) => kind !== "either")) return null;
  const more = places(site).filter(({ optional }) => optional).length;
  return {
    left: rewritten(site, (parts) => [...parts.slice(0, -1), "*", ...parts.slice(-1)]),
    call: call(site, more),
    twin: null,
  };
};

const defaultGone = (site: Site): Change | null => {
  if (!places(site).some(({ optional }) => optional)) return null;
  return {
    left: rewritten(site, (parts) => parts.map((part) => (part.startsWith("*") ? part : part.replace(/\s*=.*$/s, "")))),
    call: call(site),
  };
};

const asynchronous = (site: Site): Change | null => {
  const { unit, source } = site;
  if (unit.signature?.is_async || unit.signature?.is_generator) return null;
  const [at] = unit.parts.header;
  return { left: new Map([[source.path, cut(source.text, [at, at], "async ")]]), call: call(site) };
};

/** What a function, a method or a constructor takes is not what it was. */
export const SIGNATURES: Readonly<Record<string, Breakage>> = {
  "parameter added": signature(added, "function"),
  "parameter added, method": signature(added, "method"),
  "parameter added, constructor": signature(added, "constructor"),
  "parameter removed": signature(dropped, "function"),
  "parameter removed, method": signature(dropped, "method"),
  "parameter removed, by name": signature(droppedNamed, "function"),
  "parameter renamed, by name": signature(renamedNamed, "function"),
  "parameter renamed, method": signature(renamedNamed, "method"),
  "parameters swapped": signature(swapped, "function"),
  "made named only": signature(byNameOnly, "function"),
  "default removed": signature(defaultGone, "function"),
  "default removed, constructor": signature(defaultGone, "constructor"),
  "made asynchronous": signature(asynchronous, "function"),
  "made asynchronous, method": signature(asynchronous, "method"),
};
