import { type Contradiction, refuted } from "./contradiction.ts";
import type { ContractFile, Part } from "./file.ts";
import type { ContractSource } from "./read.ts";

/**
 * What the contract's profile asks for, its own and what it takes over from others, and the contract has not. A profile can
 * only add: there is no way to leave out what another one asks for. Features B26.
 */
export function refuteProfile(contract: ContractSource): Contradiction[] {
  const { profile, profiles } = contract.table;
  const broken = Object.keys(profiles).flatMap((name) => brokenExtends(contract, name));
  if (broken.length > 0 || profile === undefined) return broken;
  if (!Object.hasOwn(profiles, profile))
    return [
      refuted(contract, ["profile"], {
        code: "profile_unknown",
        what: `its profile is "${profile}": it has no [profiles.${profile}]`,
      }),
    ];
  const missing = requiredBy(profiles, profile).filter((part) => !HAS[part](contract.table));
  return missing.map((part) =>
    refuted(contract, ["profile"], {
      code: "profile_unmet",
      what: `it is of profile "${profile}": that asks for ${part}, and there is none`,
      stated: profile,
    }),
  );
}

function brokenExtends(contract: ContractSource, name: string): Contradiction[] {
  const { profiles } = contract.table;
  return profiles[name]!.extends.flatMap((other, at) => {
    const place = ["profiles", name, "extends", at];
    if (!Object.hasOwn(profiles, other))
      return [
        refuted(contract, place, {
          code: "profile_unknown",
          what: `"${name}" extends "${other}": there is no such profile`,
        }),
      ];
    if (!above(profiles, other).has(name)) return [];
    return [
      refuted(contract, place, {
        code: "profile_cycle",
        what: `"${name}" extends "${other}": that one extends "${name}"`,
      }),
    ];
  });
}

const requiredBy = (profiles: ContractFile["profiles"], name: string): Part[] => [
  ...new Set([...above(profiles, name)].flatMap((one) => profiles[one]?.requires ?? [])),
];

/** A profile and all that it extends, also by way of others. */
function above(profiles: ContractFile["profiles"], name: string): Set<string> {
  const seen = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(profiles[next]?.extends ?? []));
  }
  return seen;
}

const some = (table: object): boolean => Object.keys(table).length > 0;

const HAS: Readonly<Record<Part, (contract: ContractFile) => boolean>> = {
  stated: ({ stated }) => stated !== undefined && some(stated),
  dispatch: ({ dispatch }) => dispatch !== undefined,
  requirements: ({ requirements }) => some(requirements),
  tests: ({ tests }) => some(tests),
  sources: ({ sources }) => some(sources),
  threats: ({ risk }) => some(risk?.threats ?? {}),
  rollback: ({ risk }) => risk !== undefined,
  smoke: ({ risk }) => risk?.smoke !== undefined,
  readiness: ({ readiness }) => some(readiness),
  capabilities: ({ capabilities }) => capabilities !== undefined,
};
