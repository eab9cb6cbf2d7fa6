import { z } from "zod";
import { modelOf, programNamed } from "./agent_file.ts";
import { counted } from "./counted.ts";
import type { Place } from "./error.ts";
import { nearest } from "./nearest.ts";
import type { Project } from "./project.ts";
import type { Toml } from "./toml.ts";
import type { KeyPath } from "./toml_place.ts";

const named = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });

const SeatTable = z.strictObject({
  provider: named.optional().describe("Name of a [providers.NAME] table, or scripted; of a program, none"),
  agent: named.describe("Its model, an alias of [agents], or a program of [agents.NAME]"),
  family: named.describe("Who made the model, in your words; no two seats may be of one family"),
  look_for: z.string().default("").describe("What this seat looks for before all else, as it is told"),
  advises: z.boolean().default(false).describe("Whether it is heard and counts for nothing"),
});

const seatName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, { error: "it must be lower-case letters, digits and _" });

const patterns = z.array(named).default([]);

/** `[review]` as people write it. Without seats there is no review. */
export const ReviewTable = z.strictObject({
  approvals: z.int().min(1).optional().describe("How many seats must approve; absent: all"),
  turns: z.int().min(1).max(1000).default(30).describe("Turns that a seat may take"),
  timeout_s: z.int().min(1).max(86_400).default(600).describe("Seconds for a seat to vote"),
  over_files: z
    .int()
    .min(0)
    .optional()
    .describe(
      "Only changes of more files are reviewed, or by an agent that was escalated to, or at risk, or in areas; absent: all",
    ),
  areas: patterns.describe("Patterns of files of which every change is reviewed"),
  apart: patterns.describe(
    "Patterns of files for which one who approves must be of another provider and another family than the author",
  ),
  families: z
    .record(z.string(), named)
    .default({})
    .describe('Of authors, by "PROVIDER/MODEL"; who is not listed is of an unknown one'),
  each_claim: z
    .boolean()
    .default(false)
    .describe("Whether each claim of a task is judged by itself, beside its criteria"),
  rounds: z
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe(
      "Rounds of votes: after the first, which is blind, seats that disagree hear each other; absent: the first alone",
    ),
  answers: z
    .boolean()
    .default(false)
    .describe("Whether an author may answer a blocker with evidence, and reviewers speak of their earlier ones"),
  must_look: z.boolean().default(false).describe("Whether only those may approve who have read of the tree"),
  seats: z
    .record(seatName, SeatTable)
    .default({})
    .describe("Reviewers by name; each votes without knowing of the others"),
});
export type ReviewTable = z.infer<typeof ReviewTable>;

/** One reviewer. `agent` is the model as it is sent; of a program its name, and `provider` is `program`. */
export type Seat = {
  name: string;
  provider: string;
  agent: string;
  family: string;
  look_for: string;
  advises?: true; // it counts for nothing; absent: it counts
};

/** Who must agree to a change, and how many of them. `due`: to which changes; absent: to all. */
export type Review = {
  approvals: number;
  turns: number;
  time_ms: number;
  seats: readonly Seat[];
  due?: { over_files: number; areas: readonly string[] };
  apart?: Apart; // absent: nowhere
  each_claim?: true; // absent: a task's criteria alone are judged one by one
  rounds?: number; // at least 2, and then all must agree; absent: the blind one alone
  answers?: true; // absent: an author answers by its work alone
  must_look?: true; // absent: a vote counts of who was told all of the change
};

/** Where one who approves must have nothing in common with the author. `families`: of authors, by `PROVIDER/MODEL`. */
export type Apart = { files: readonly string[]; families: Readonly<Record<string, string>> };

/** null: nobody is asked. */
export function reviewOf(table: ReviewTable, agents: Project["agents"]): Review | null {
  const seats = Object.entries(table.seats).map(
    ([name, { provider, agent, family, look_for, advises }]): Seat => ({
      name,
      provider: provider ?? (programNamed(agents, agent) === null ? "" : PROGRAM),
      agent: modelOf(agents, agent),
      family: family.trim(),
      look_for: look_for.trim(),
      ...(advises ? { advises } : {}),
    }),
  );
  if (seats.length === 0) return null;
  const { over_files, areas, apart, families, each_claim, must_look, rounds, answers } = table;
  return {
    approvals: table.approvals ?? seats.filter(({ advises }) => !advises).length,
    ...{ turns: table.turns, time_ms: table.timeout_s * 1000, seats },
    ...(over_files === undefined ? {} : { due: { over_files, areas } }),
    ...(apart.length === 0 ? {} : { apart: { files: apart, families } }),
    ...(each_claim ? { each_claim } : {}),
    ...(must_look ? { must_look } : {}),
    ...(answers ? { answers } : {}),
    ...(rounds > 1 ? { rounds } : {}),
  };
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
    ...roundFaults(review, seats.filter(({ advises }) => !advises).length),
    ...shortFaults(review.approvals, seats.filter(({ advises }) => !advises).length),
    ...dueFaults(review),
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
  const message = `Cannot wait for ${approvals} approvals: [review] has ${counted(seats, "seat")}; add [review.seats.NAME]`;
  return [{ path: ["review", "approvals"], code: "review_short", message }];
}

/** Who deliberates looks for one word of all, which needs two, and which no lower number can stand for. */
function roundFaults({ rounds, approvals }: ReviewTable, seats: number): Fault[] {
  const fault = (key: string, why: string): Fault[] => [
    { path: ["review", key], code: "review_rounds", message: `Cannot use [review] ${key}: ${why}` },
  ];
  if (rounds === 1) return [];
  if (seats < 2)
    return fault(
      "rounds",
      `${seats === 1 ? "one seat counts" : "no seat counts"}, and nobody has another to hear; add [review.seats.NAME]`,
    );
  const fewer = approvals !== undefined && approvals < seats;
  return fewer ? fault("approvals", "with rounds all who count must agree; remove one of the two") : [];
}

/** A pattern that never acts would be a false comfort. */
function dueFaults({ over_files, areas, apart, families, seats }: ReviewTable): Fault[] {
  const fault = (key: string, why: string): Fault => {
    return { path: ["review", key], code: "review_unasked", message: `Cannot use [review] ${key}: ${why}` };
  };
  const some = Object.keys(seats).length > 0;
  return [
    ...(areas.length > 0 && over_files === undefined
      ? [fault("areas", "every change is reviewed without over_files")]
      : []),
    ...(apart.length > 0 && !some ? [fault("apart", "nobody sits there; add [review.seats.NAME]")] : []),
    ...(Object.keys(families).length > 0 && apart.length === 0
      ? [fault("families", "nothing asks for it without apart")]
      : []),
  ];
}

/** What stands where a program does: nobody knows whom it asks. */
export const PROGRAM = "program";

/** A program is asked of no provider, and of one that works by itself nobody sees whether it looked. */
const programFaults = ({ seats, must_look }: ReviewTable, agents: Project["agents"]): Fault[] =>
  Object.entries(seats).flatMap(([name, { agent, provider }]): Fault[] => {
    const program = programNamed(agents, agent);
    const fault = (key: string, code: string, why: string): Fault[] => [
      { path: ["review", "seats", name, key], code, message: `Cannot seat "${name}": ${why}` },
    ];
    if (program === null) return [];
    if (provider !== undefined)
      return fault("provider", "provider_unwanted", `"${agent}" is a program and asked of no provider; remove it`);
    if (must_look && program.protocol !== "acp")
      return fault(
        "agent",
        "review_unseen",
        `"${agent}" works by itself, and nobody sees whether it has looked, which must_look asks for; choose a model, or a program of protocol "acp"`,
      );
    return [];
  });

function seatFaults(seat: Seat, { before, known }: { before: readonly Seat[]; known: readonly string[] }): Fault[] {
  const { name, provider, family, agent, look_for } = seat;
  const fault = (key: string, code: string, message: string): Fault[] => [
    { path: ["review", "seats", name, key], code, message },
  ];
  if (provider === "") return fault("agent", "provider_unknown", `Cannot seat "${name}": it names no provider`);
  if (provider !== PROGRAM && !known.includes(provider)) {
    const close = nearest(provider, known);
    const why = `there is no [providers.${provider}]${close ? `; the nearest is "${close}"` : ""}`;
    return fault("provider", "provider_unknown", `Cannot use the provider "${provider}": ${why}`);
  }
  if (name === SELF) return fault("provider", "name_taken", `Cannot name a seat "${SELF}": it is the author's own`);
  if (forbidsTools(look_for))
    return fault(
      "look_for",
      "review_tools_forbidden",
      `Cannot seat "${name}": look_for tells it to go without tools, and who cannot look can only believe; say what it is to look for`,
    );
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

/** The seat of the author itself, where a task asks for `self_review`. */
export const SELF = "self";

/** Whether words tell who reads them to go without tools. */
export const forbidsTools = (text: string): boolean => FORBIDS_TOOLS.test(text);

const FORBIDS_TOOLS =
  /\b(?:not|n't|never|without|avoid)\s+(?:(?:to|use|using|call|calling|run|running|any|the|your)\s+){0,3}tools?\b|\bno tools?\b/i;

/** Who resells a model puts his own name before it. */
const modelName = (agent: string): string => agent.toLowerCase().split("/").at(-1) ?? agent;
