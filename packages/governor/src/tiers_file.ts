import { ROLES, type Role } from "@dgov/kernel/role";
import { z } from "zod";
import { agentsOf, type ProgramTable, programNamed } from "./agent_file.ts";
import type { Place } from "./error.ts";
import type { Toml } from "./toml.ts";
import type { KeyPath } from "./toml_place.ts";

const named = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });

/** A rung of the ladder above a task's own agent. Without a provider it is asked of the task's own. */
const RungTable = z.strictObject({
  agent: named.describe("A model, or an alias of [agents]"),
  provider: named.optional().describe("Name of a [providers.NAME] table, or scripted; absent: the task's own"),
});
const RUNGS_MAX = 15; // with the first as many as a run's policy takes

const RoleTable = z
  .union([named, RungTable])
  .optional()
  .describe("Who has this role where neither task nor plan says: a model, an alias of [agents], or agent and provider");

/** `[tiers]` as people write it. */
export const TiersTable = z.strictObject({
  worker: RoleTable,
  researcher: RoleTable,
  reviewer: RoleTable,
  planner: RoleTable,
  test_author: RoleTable,
  escalation: z
    .array(RungTable)
    .max(RUNGS_MAX)
    .default([])
    .describe("Who gets one attempt each, in order, at a task whose own agent has used up its attempts"),
});
export type TiersTable = z.infer<typeof TiersTable>;

/** Who has a role. `agent`: a model, or an alias; `provider` null: the project's. */
export type Tier = { agent: string; provider: string | null };
export type Tiers = Readonly<Partial<Record<Role, Tier>>>;

export const tiersOf = (table: TiersTable): Tiers =>
  Object.fromEntries(
    ROLES.flatMap((role): [Role, Tier][] => {
      const bound = table[role];
      if (bound === undefined) return [];
      return [[role, typeof bound === "string" ? { agent: bound, provider: null } : tierOf(bound)]];
    }),
  );

const tierOf = ({ agent, provider }: z.infer<typeof RungTable>): Tier => ({ agent, provider: provider ?? null });

export const escalationOf = ({ escalation }: TiersTable): Tier[] => escalation.map(tierOf);

type Named = { agent: string; provider: string | undefined; path: KeyPath };

/** All that is bound in `[tiers]`, with the place of its provider. */
function bindings(table: TiersTable, at: KeyPath): Named[] {
  const roles = ROLES.flatMap((role): Named[] => {
    const bound = table[role];
    if (bound === undefined || typeof bound === "string") return [];
    return [{ agent: bound.agent, provider: bound.provider, path: [...at, role, "provider"] }];
  });
  const rungs = table.escalation.map(({ agent, provider }, nth): Named => {
    return { agent, provider, path: [...at, "escalation", nth, "provider"] };
  });
  return [...roles, ...rungs];
}

/** The providers that `[tiers]` names, and where it does. `at`: where the table itself stands. */
export const tieredProviders = (table: TiersTable, at: KeyPath): [string | undefined, KeyPath][] =>
  bindings(table, at).map(({ provider, path }) => [provider, path]);

type File = { tiers: TiersTable; agents: Readonly<Record<string, string | ProgramTable>> };

/** Two who could be meant is nobody: a program is asked of no provider. */
export function tierPlaces({ tiers, agents }: File, toml: Toml): Place[] {
  const known = agentsOf(agents);
  return bindings(tiers, ["tiers"]).flatMap(({ agent, provider, path }): Place[] => {
    if (provider === undefined || programNamed(known, agent) === null) return [];
    const message = `Cannot ask "${provider}" for "${agent}": it is the program of [agents.${agent}]; remove provider`;
    return [{ severity: "error", code: "provider_unwanted", message, file: toml.file, ...toml.at(path), unit: null }];
  });
}
