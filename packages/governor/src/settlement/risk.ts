import type { EventOf } from "@dgov/kernel";
import type { Overlap } from "@dgov/semantic/overlaps";
import type { Touch } from "@dgov/semantic/touches";
import { DgovError } from "../error.ts";
import type { Brought } from "../git/brought.ts";
import type { Symbols } from "../semantic/symbols.ts";
import { tasksOf } from "./semantic.ts";

type Scored = EventOf<"integration_risk_scored">;
type Level = Scored["level"];
type Work = {
  trees: Parameters<Symbols["overlaps"]>[0];
  head: string; // the commit whose tree is on the left
  brought: () => Promise<Brought>;
};

const LEVELS: readonly Level[] = ["none", "low", "medium", "high", "critical"];
const OVERLAPS_MAX = 50;

/**
 * How near the work and what has landed since its base have come to each other, before anybody puts them together. It
 * decides nothing: the merged tree is judged. null: nothing can look at symbols.
 */
export async function riskOf(
  symbols: Pick<Symbols, "overlaps">,
  of: Pick<Scored, "task" | "attempt">,
  { trees, head, brought }: Work,
): Promise<Scored | null> {
  const overlaps = await symbols.overlaps(trees).catch((error: unknown) => {
    if (error instanceof DgovError) return null; // whoever judges asks the same, and is broken by it
    throw error;
  });
  if (overlaps === null) return null;
  const graded = overlaps
    .map((overlap) => ({ overlap, level: levelOf(overlap) }))
    .sort((one, other) => LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level));
  const whose = graded.length > 0 ? await brought() : new Map();
  return {
    kind: "integration_risk_scored",
    ...of,
    head,
    level: graded[0]?.level ?? "none",
    overlaps: graded.slice(0, OVERLAPS_MAX).map(({ overlap }) => inWords(overlap, whose)),
  };
}

/** What one side took away or put elsewhere while the other worked on it needs the most care. */
function levelOf({ kind, left, right }: Overlap): Level {
  const gone = [left, right].some((touch) => touch !== null && touch.did !== "edited" && touch.did !== "added");
  if (kind === "syntax" || (kind === "same_symbol" && gone)) return "critical";
  if (kind === "same_file") return "low";
  return kind === "reference" ? "medium" : "high";
}

function inWords(overlap: Overlap, brought: Brought): Scored["overlaps"][number] {
  const { kind, path, symbol, left, right, user } = overlap;
  const uses = user === null ? "changes the file" : `uses it in ${user.symbol} of "${user.path}"`;
  const at = left === null && user !== null ? user.path : path;
  const theirs = `${left ? did(left) : uses} on the target${tasksOf(brought, at)}`;
  return { path, symbol, kind, ours: right ? did(right) : uses, theirs };
}

const did = ({ did: what, edited }: Touch): string => (edited.length > 0 ? `${what} (${edited.join(", ")})` : what);
