import { ClaimError, createIsolationMaker, type Level, parseClaim, type Scope } from "@dgov/sandbox";
import { TOOL_NAMES } from "@dgov/sandbox/tool_names";
import { readProject } from "./config.ts";
import type { Claimant } from "./dispatch/scope.ts";
import { DgovError } from "./error.ts";
import { type Rungs, rungsOf } from "./ladder.ts";
import { nearest } from "./nearest.ts";
import { networkWords } from "./network.ts";
import type { Project } from "./project.ts";
import { findRoot } from "./root.ts";
import type { World } from "./session.ts";

/** One call that a person asks about, and the rights of the task that would make it. `args` is the JSON of its arguments. */
export type Trial = {
  tool: string;
  args: string;
  role: Scope["role"];
  edit: readonly string[];
  read: readonly string[];
};

/**
 * The trial as a task that has these claims.
 *
 * @throws DgovError `usage` for a tool that is none, arguments that are no JSON object, and a path that cannot be claimed
 */
export function claimantOf(trial: Trial, { rules }: Pick<Project, "rules">): Claimant {
  const { tool, args, role, edit, read } = trial;
  refuseUnknown(tool, [...TOOL_NAMES, ...Object.keys(rules.tools)]);
  refuseMalformed(args);
  for (const path of [...edit, ...read]) refuseUnclaimable(path);
  return { id: "sandbox/trial.call", role, files: { create: [], edit, delete: [], read, touch: [] }, test_cmd: null };
}

function refuseUnknown(tool: string, known: readonly string[]): void {
  if (known.includes(tool)) return;
  const near = nearest(tool, [...known]);
  const hint = near === null ? `The tools are: ${known.join(", ")}` : `Did you mean "${near}"?`;
  throw new DgovError("usage", `Cannot try "${tool}": there is no such tool`, { hint });
}

function refuseMalformed(args: string): void {
  const hint = `Write the arguments as one JSON object, in single quotes: --args '{"path":"src/app.py"}'`;
  try {
    const value: unknown = JSON.parse(args);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DgovError("usage", `Cannot read the arguments: ${why}`, { hint, cause: error });
  }
  throw new DgovError("usage", "Cannot read the arguments: they are no JSON object", { hint });
}

function refuseUnclaimable(path: string): void {
  try {
    parseClaim(path);
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    throw new DgovError("usage", error.message, {
      hint: "Name the path as a plan would: relative to the repository's root",
      cause: error,
    });
  }
}

export type Ladder = Rungs & {
  min: Level;
  chosen: Level | "auto"; // `[sandbox] level`
  network: string;
};

/** What this machine can do, tried for real, and what the project takes of it; the strongest rung first. */
export async function readLadder({
  cwd,
  self,
  now_ms,
}: Pick<World, "self" | "now_ms"> & { cwd: string }): Promise<Ladder> {
  const { min, level, hosts } = readProject(findRoot(cwd)).rules.sandbox;
  const ladder = rungsOf(await createIsolationMaker({ self, now_ms }).probe(), { min, level });
  const network = ladder.in_force === null ? "" : networkWords(ladder.in_force, hosts);
  return { ...ladder, min, chosen: level, network };
}
