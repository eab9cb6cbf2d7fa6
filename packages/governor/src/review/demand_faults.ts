import type { Ballot, Looking } from "./ballot.ts";
import { missing } from "./place.ts";

/** What a ballot leaves out or contradicts of what it was asked beside its vote, in words; null: nothing. */
export async function demandFault(ballot: Ballot, looking: Looking): Promise<string | null> {
  return unitFault(ballot, looking) ?? (await earlierFault(ballot, looking));
}

/** Each unit once, and only an approval of all of them is one. */
function unitFault({ vote, units }: Ballot, { demands }: Looking): string | null {
  const wrong = namesFault(
    "unit",
    demands.units.map(({ unit }) => unit),
    units.map(({ unit }) => unit),
  );
  if (wrong !== null) return wrong;
  const open = units.find(({ state }) => state !== "complete");
  if (open === undefined) return null;
  if (open.why === "") return `it says that "${open.unit}" is ${open.state}, and not why`;
  if (vote !== "approve") return null;
  return `it approves, and says that "${open.unit}" is ${open.state}: reject it with a blocker, or abstain`;
}

/** Whoever approves has nothing open any more, and says at which line a blocker of its own was none. */
async function earlierFault({ vote, earlier }: Ballot, looking: Looking): Promise<string | null> {
  const { demands } = looking;
  const wrong = namesFault(
    "earlier finding",
    demands.earlier.map(({ id }) => id),
    earlier.map(({ finding }) => finding),
  );
  if (wrong !== null) return wrong;
  for (const { finding, state, path, line } of earlier) {
    if (state === "open" && vote === "approve") return `it approves, and leaves its own finding "${finding}" open`;
    const { may } = demands.earlier.find(({ id }) => id === finding) ?? { may: null };
    if (state === "mended" && !may?.mend)
      return `it calls "${finding}" mended, and this is the tree that it was found in`;
    if (state !== "withdrawn") continue;
    if (!may?.withdraw)
      return `it withdraws "${finding}", and nobody has answered it with evidence that is there: it is open, or mended`;
    if (path === undefined || line === undefined)
      return `it withdraws "${finding}" and does not say which path and line shows that it was no blocker`;
    const why = await missing({ path, line }, looking);
    if (why !== null) return `it withdraws "${finding}" by a place that is not there: ${why}`;
  }
  return null;
}

/** Whether each name that was asked for is given once, and no other. */
function namesFault(noun: string, asked: readonly string[], given: readonly string[]): string | null {
  const strange = given.find((name) => !asked.includes(name));
  if (strange !== undefined)
    return `nobody asked for the ${noun} "${strange}"${asked.length === 0 ? "" : `: it must be ${asked.join(", ")}`}`;
  const left = asked.find((name) => !given.includes(name));
  if (left !== undefined) return `it says nothing of the ${noun} "${left}"`;
  const twice = given.find((name, at) => given.indexOf(name) !== at);
  return twice === undefined ? null : `it speaks of the ${noun} "${twice}" twice`;
}
