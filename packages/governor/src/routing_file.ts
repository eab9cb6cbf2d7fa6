import { ROLES } from "@dgov/kernel/role";
import { z } from "zod";
import { modelOf } from "./agent_file.ts";
import type { Place } from "./error.ts";
import type { Profile } from "./profile_file.ts";
import type { Project } from "./project.ts";
import { type Tiers, type TiersTable, tiersOf } from "./tiers_file.ts";
import type { Toml } from "./toml.ts";
import type { KeyPath } from "./toml_place.ts";

const named = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });
const some = z.array(named).min(1);
const count = z.int().min(0).max(1_000_000_000);

const RuleTable = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, { error: "it must be lower-case letters, digits, _ and -" }),
  roles: z.array(z.enum(ROLES)).min(1).optional().describe("Tasks of one of these roles"),
  tags: some.optional().describe("Tasks that have one of these tags"),
  sections: some.optional().describe("Tasks of one of these sections of their plan"),
  extensions: some.optional().describe('Tasks all of whose files end so, for example [".py"]'),
  paths: some.optional().describe("Tasks all of whose files are in these folders or match these patterns"),
  files_max: z.int().min(1).max(10_000).optional().describe("Tasks that claim at most so many files, each by its name"),
  candidates: z
    .array(
      z.string().regex(/^[^/\s]+\/\S+$/, {
        error: 'it must be "PROVIDER/MODEL", the model as it is sent or an alias of [agents], or "program/NAME"',
      }),
    )
    .min(1)
    .max(32)
    .describe("Who may do them; of several the one whose price is least"),
});

/** `[routing]` as people write it: which kinds of tasks go to whom. Without rules it says nothing. */
export const RoutingTable = z.strictObject({
  usage: z
    .strictObject({
      input: count.default(200_000).describe("Input tokens"),
      cached_input: count.default(0).describe("Of these, what the provider has in its cache"),
      output: count.default(10_000).describe("Output tokens"),
    })
    .prefault({})
    .refine(({ input, cached_input }) => cached_input <= input, { error: "of the input more is cached than there is" })
    .describe("What a task is taken to use when prices are compared"),
  rules: z.array(RuleTable).max(200).default([]).describe("The first that fits a task decides"),
});
export type RoutingTable = z.infer<typeof RoutingTable>;
type RuleTable = RoutingTable["rules"][number];

/** `model` as it is sent. */
export type RouteCandidate = { provider: string; agent: string };
export type RouteRule = Omit<RuleTable, "candidates"> & { candidates: readonly RouteCandidate[] };
/**
 * `usage` in tokens of one task; `profile`: whose word goes before the plan's own defaults; `tiers`: who has a role where
 * nobody else says.
 */
export type Routing = {
  profile: Profile | null;
  tiers: Tiers;
  usage: { input: number; cached: number; output: number };
  rules: readonly RouteRule[];
};

type Routed = { routing: RoutingTable; tiers: TiersTable; agents: Project["agents"]; profile: Profile | null };

export function routingOf({ routing: { usage, rules }, tiers, agents, profile }: Routed): Routing {
  return {
    profile,
    tiers: tiersOf(tiers),
    usage: { input: usage.input, cached: usage.cached_input, output: usage.output },
    rules: rules.map((rule) => ({ ...rule, candidates: rule.candidates.map((text) => candidateOf(text, agents)) })),
  };
}

function candidateOf(text: string, agents: Project["agents"]): RouteCandidate {
  const at = text.indexOf("/");
  const agent = text.slice(at + 1);
  return { provider: text.slice(0, at), agent: modelOf(agents, agent) };
}

/** What stands before the name of a program of `[agents]` where others have a provider. */
export const PROGRAM = "program";

type Agents = Readonly<Record<string, unknown>>;

/**
 * The provider that each candidate names, and where it does; `above` is the key path of the `[routing]` they stand in. Who
 * names a program of `agents` names no provider.
 */
export const routedProviders = ({ rules }: RoutingTable, above: KeyPath, agents: Agents): [string, KeyPath][] =>
  rules.flatMap(({ candidates }, at) =>
    candidates.flatMap((text, nth): [string, KeyPath][] => {
      const [provider = "", ...agent] = text.split("/");
      const named = agent.join("/");
      const program = provider === PROGRAM && Object.hasOwn(agents, named) && typeof agents[named] === "object";
      return program ? [] : [[provider, [...above, "rules", at, "candidates", nth]]];
    }),
  );

/** A rule that never acts would be a false comfort, and two of one name could not be told apart in the log. */
export function routingPlaces({ rules }: RoutingTable, above: KeyPath, toml: Toml): Place[] {
  const all = rules.findIndex((rule) => CONDITIONS.every((key) => rule[key] === undefined));
  return rules.flatMap(({ name }, at): Place[] => {
    const twin = rules.findIndex((one) => one.name === name) < at;
    const late = all !== -1 && all < at;
    if (!twin && !late) return [];
    const why = twin
      ? "there is another of this name"
      : `"${rules[all]!.name}" before it takes every task; put that one last`;
    const message = `Cannot use the routing rule "${name}": ${why}`;
    const code = twin ? "value_invalid" : "rule_unreachable";
    const spot = toml.at([...above, "rules", at, "name"]);
    return [{ severity: "error", code, message, file: toml.file, ...spot, unit: null }];
  });
}

const CONDITIONS = ["roles", "tags", "sections", "extensions", "paths", "files_max"] as const;
