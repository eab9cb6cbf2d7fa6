import { z } from "zod";
import { modelOf, programNamed } from "./agent_file.ts";
import type { Place } from "./error.ts";
import { nearest } from "./nearest.ts";
import type { Project } from "./project.ts";
import type { Toml } from "./toml.ts";
import type { KeyPath } from "./toml_place.ts";

const named = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });

const SeatTable = z.strictObject({
  provider: named.describe("Name of a [providers.NAME] table, or scripted"),
  agent: named.describe("Its model, or an alias of [agents]"),
  family: named.describe("Who made the model, in your words; no two seats may be of one family"),
  look_for: z.string().default("").describe("What this seat looks for before all else, as it is told"),
});

const seatName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, { error: "it must be lower-case letters, digits and _" });

/** `[review]` as people write it. Without seats there is no review. */
export const ReviewTable = z.strictObject({
  approvals: z.int().min(1).optional().describe("How many seats must approve; absent: all"),
  turns: z.int().min(1).max(1000).default(30).describe("Turns that a seat may take"),
  timeout_s: z.int().min(1).max(86_400).default(600).describe("Seconds for a seat to vote"),
  seats: z
    .record(seatName, SeatTable)
    .default({})
    .describe("Reviewers by name; each votes without knowing of the others"),
});
export type ReviewTable = z.infer<typeof ReviewTable>;

/** One reviewer. `agent` is the model as it is sent. */
export type Seat = { name: string; provider: string; agent: string; family: string; look_for: string };

/** Who must agree to a change, and how many of them. */
export type Review = { approvals: number; turns: number; time_ms: number; seats: readonly Seat[] };

/** null: nobody is asked. */
export function reviewOf(table: ReviewTable, agents: Project["agents"]): Review | null {
  const seats = Object.entries(table.seats).map(
    ([name, { provider, agent, family, look_for }]): Seat => ({
      name,
      provider,
      agent: modelOf(agents, agent),
      family: family.trim(),
      look_for: look_for.trim(),
    }),
  );
  if (seats.length === 0) return null;
  return { approvals: table.approvals ?? seats.length, turns: table.turns, time_ms: table.timeout_s * 1000, seats };
}

type File = {
  review: ReviewTable;
  agents: Project["agents"];
  providers: Readonly<Record<string, unknown>>;
};

/** What would make a review say less than it seems to: nobody to ask, or the same mind asked twice. */
export function reviewPlaces({ review, agents, providers }: File, toml: Toml): Place[] {
  const seats = reviewOf(review, agents)?.seats ?? [];
  const known = ["scripted", ...Object.keys(providers)];
  const faults = [
    ...shortFaults(review.approvals, seats.length),
    ...programFaults(review, agents),
    ...seats.flatMap((seat, at) => seatFaults(seat, { before: seats.slice(0, at), known })),
  ];
  return faults.map(({ path, code, message }): Place => {
    return { severity: "error", code, message, file: toml.file, ...toml.at(path), unit: null };
  });
}

type Fault = { path: KeyPath; code: string; message: string };

function shortFaults(approvals: number | undefined, seats: number): Fault[] {
  if (approvals === undefined || approvals <= seats) return [];
  const message = `Cannot wait for ${approvals} approvals: [review] has ${seats} seat(s); add [review.seats.NAME]`;
  return [{ path: ["review", "approvals"], code: "review_short", message }];
}

/** A vote is a tool call, bound to what was asked: what a program prints is none. */
const programFaults = ({ seats }: ReviewTable, agents: Project["agents"]): Fault[] =>
  Object.entries(seats).flatMap(([name, { agent }]): Fault[] => {
    if (programNamed(agents, agent) === null) return [];
    const message = `Cannot seat "${name}": "${agent}" is a program, and what it prints is no vote; choose a model`;
    return [{ path: ["review", "seats", name, "agent"], code: "agent_program", message }];
  });

function seatFaults(seat: Seat, { before, known }: { before: readonly Seat[]; known: readonly string[] }): Fault[] {
  const { name, provider, family, agent } = seat;
  const fault = (key: string, code: string, message: string): Fault[] => [
    { path: ["review", "seats", name, key], code, message },
  ];
  if (!known.includes(provider)) {
    const close = nearest(provider, known);
    const why = `there is no [providers.${provider}]${close ? `; the nearest is "${close}"` : ""}`;
    return fault("provider", "provider_unknown", `Cannot use the provider "${provider}": ${why}`);
  }
  const kin = before.find((other) => other.family.toLowerCase() === family.toLowerCase());
  const beside = (other: Seat) => `Cannot seat "${name}" beside "${other.name}"`;
  if (kin)
    return fault(
      "family",
      "review_kin",
      `${beside(kin)}: both are of the family "${family}", and would err alike; choose a model of another`,
    );
  const twin = before.find((other) => modelName(other.agent) === modelName(agent));
  if (!twin) return [];
  const both = `${beside(twin)}: both are "${modelName(agent)}", whatever family they name; choose another model`;
  return fault("agent", "review_kin", both);
}

/** Who resells a model puts his own name before it. */
const modelName = (agent: string): string => agent.toLowerCase().split("/").at(-1) ?? agent;
