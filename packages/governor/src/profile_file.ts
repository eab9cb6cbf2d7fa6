import { z } from "zod";
import type { ProjectFile } from "./config_file.ts";
import { DgovError, type Place } from "./error.ts";
import { nearest } from "./nearest.ts";
import { RoutingTable, routedProviders, routingPlaces } from "./routing_file.ts";
import { TiersTable, tieredProviders } from "./tiers_file.ts";
import type { Toml } from "./toml.ts";
import type { KeyPath } from "./toml_place.ts";

const named = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });

/** `[profiles.NAME]` as people write it: who works, and nothing of what judges. What it does not say is as without it. */
export const ProfileTable = z.strictObject({
  provider: named.optional().describe("In place of the project's and the plan's own"),
  default_agent: named.optional().describe("In place of the project's and the plan's own"),
  script: named.optional().describe("What the scripted provider plays, relative to the repository's root"),
  worker_iteration_budget: z.int().min(1).optional().describe("Turns a worker may take"),
  agents: z.record(z.string(), named).default({}).describe("Alias to model, before those of [agents]"),
  tiers: TiersTable.optional().describe("In place of [tiers]"),
  routing: RoutingTable.optional().describe("In place of [routing]; absent, and another agent named: none"),
});
type ProfileTable = z.infer<typeof ProfileTable>;

export const profileName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
  error: "it must be lower-case letters, digits, _ and -",
});

/** Whose word goes before the plan's own defaults; null: nobody's. */
export type Profile = { name: string; provider: string | null; agent: string | null };

export const profileOf = ({ profiles }: ProjectFile, name: string | null): Profile | null => {
  if (name === null) return null;
  const { provider = null, default_agent: agent = null } = tableOf(profiles, name);
  return { name, provider, agent };
};

/**
 * The file as it would be with what a profile says written into it.
 *
 * @throws DgovError `profile_unknown`
 */
export function withProfile(file: ProjectFile, name: string | null): ProjectFile {
  if (name === null) return file;
  const table = tableOf(file.profiles, name);
  const { provider, default_agent, worker_iteration_budget: turns, script } = table;
  const elsewhere = provider !== undefined || default_agent !== undefined;
  return {
    ...file,
    project: {
      ...file.project,
      ...(provider === undefined ? {} : { provider, default_agent: "" }),
      ...(default_agent === undefined ? {} : { default_agent }),
      ...(turns === undefined ? {} : { worker_iteration_budget: turns }),
    },
    providers: script === undefined ? file.providers : Object.assign({}, file.providers, scripted(file, script)),
    agents: { ...file.agents, ...table.agents },
    tiers: table.tiers ?? file.tiers,
    routing: table.routing ?? (elsewhere ? RoutingTable.parse({}) : file.routing),
  };
}

const scripted = ({ providers }: ProjectFile, script: string) => ({
  scripted: { default_agent: "", ...providers.scripted, script },
});

function tableOf(profiles: Readonly<Record<string, ProfileTable>>, name: string): ProfileTable {
  const table = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (table) return table;
  const close = nearest(name, Object.keys(profiles));
  const why = `there is no [profiles.${name}] in .dgov/project.toml${close ? `; the nearest is "${close}"` : ""}`;
  throw new DgovError("profile_unknown", `Cannot use the profile "${name}": ${why}`);
}

/** The providers that profiles name, and where they do. */
export const profiledProviders = ({ profiles, agents }: ProjectFile): [string | undefined, KeyPath][] =>
  Object.entries(profiles).flatMap(([name, { provider, tiers, routing }]): [string | undefined, KeyPath][] => [
    [provider, ["profiles", name, "provider"]],
    ...(tiers ? tieredProviders(tiers, ["profiles", name, "tiers"]) : []),
    ...(routing ? routedProviders(routing, ["profiles", name, "routing"], agents) : []),
  ]);

export const profilePlaces = ({ profiles }: ProjectFile, toml: Toml): Place[] =>
  Object.entries(profiles).flatMap(([name, { routing }]) =>
    routing ? routingPlaces(routing, ["profiles", name, "routing"], toml) : [],
  );
