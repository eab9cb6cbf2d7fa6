import type { Parameter } from "../../../packages/semantic/src/unit.ts";
import type { Chance, Edits, Ground, Site } from "./ground.ts";
import type { Use } from "./uses.ts";

/** Two edits that are good alone and broken together. `twin`: what left might have done without harm; null: nothing. */
export type Injection = { left: Edits; right: Use; twin: Edits | null };

/** Makes one somewhere in the ground, by chance; null: not there. */
export type Breakage = (ground: Ground, chance: Chance) => Injection | null;

export const ordinary = (name: string | null): name is string =>
  name !== null && /^[A-Za-z_]\w{4,}$/.test(name) && !/^__|^test/i.test(name);

export function functions(ground: Ground, fits: (site: Site) => boolean, chance: Chance): Site | null {
  const all = ground.sources.flatMap((source) =>
    source.summary.units.flatMap((unit): Site[] => {
      if (unit.kind !== "function" || !ordinary(unit.name) || unit.guards.length > 0) return [];
      if ((unit.signature?.decorators.length ?? 1) > 0 || unit.parts.body === null) return [];
      return [{ source, unit, name: unit.name, owner: null }];
    }),
  );
  return chance.pick(all.filter(fits));
}

export function methods(ground: Ground, fits: (site: Site) => boolean, chance: Chance): Site | null {
  const all = ground.sources.flatMap((source) =>
    source.summary.units.flatMap((owner): Site[] => {
      const shape = source.summary.classes.find(({ name }) => name === owner.name);
      if (owner.kind !== "class" || !shape || shape.open !== null || shape.bases.length > 0 || shape.kind !== "plain")
        return [];
      if (owner.guards.length > 0 || source.text[owner.span[1]] !== "\n") return [];
      return owner.children.flatMap((unit): Site[] => {
        const plain = unit.kind === "method" && unit.signature?.decorators.length === 0 && unit.parts.body !== null;
        return plain && unit.name !== null ? [{ source, unit, name: unit.name, owner }] : [];
      });
    }),
  );
  return chance.pick(all.filter(fits));
}

export const alone = (ground: Ground) => (site: Site) => ground.count(site.name) === 1;
export const rare = (ground: Ground) => (site: Site) => ground.count(site.name) <= 12;

export const parameters = ({ unit, owner }: Site): readonly Parameter[] =>
  (unit.signature?.parameters ?? []).slice(owner ? 1 : 0);
export const places = (site: Site) => parameters(site).filter(({ kind }) => kind === "either");
export const isRest = ({ kind }: Parameter) => kind === "rest" || kind === "named_rest";

/** Arguments for all that must be given, and by place for `more` of what may be left out. */
function argumentsFor(site: Site, more = 0, extra: readonly string[] = []): string {
  const wanted = places(site).filter(({ optional }) => !optional).length + more;
  const named = parameters(site).filter(({ kind, optional }) => kind === "named" && !optional);
  return [...Array(wanted).fill("None"), ...named.map(({ name }) => `${name}=None`), ...extra].join(", ");
}

export const call = (site: Site, more = 0, extra: readonly string[] = []) => `(${argumentsFor(site, more, extra)})`;
