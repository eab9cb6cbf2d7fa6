import { type Claim, covers, type ToolRecord } from "@dgov/sandbox";

/** One thing that a call tried and was not allowed. `by`: the rule or layer that kept it; `what`: a sentence. */
export type Violation = { by: string; what: string };

type Called = Pick<ToolRecord, "tool" | "ok" | "refused_by" | "text" | "touched">;

/**
 * What a call and all that it called in turn were refused, and what they changed all the same and would not land.
 *
 * @param changed paths that differ when the call is over
 */
export function violationsOf(
  calls: readonly Called[],
  { changed, write }: { changed: readonly string[]; write: readonly Claim[] },
): Violation[] {
  const isForeign = (path: string) => !write.some((claim) => covers(claim, path));
  const unclaimed = changed.filter(isForeign).map((path) => {
    return { by: "claims", what: `"${path}" was changed and is not claimed: the gate "claims" rejects such work` };
  });
  const all = [...calls.flatMap((call) => violationsIn(call, { changed, isForeign })), ...unclaimed];
  const first = new Map(all.map((one) => [`${one.by} ${one.what}`, one]));
  return [...first.values()];
}

type Judging = { changed: readonly string[]; isForeign: (path: string) => boolean };

function violationsIn({ tool, refused_by, text, touched }: Called, { changed, isForeign }: Judging): Violation[] {
  const told = text.split("\n").flatMap((line) => (line.startsWith(CONFINED) ? [line.slice(CONFINED.length)] : []));
  const jail = told.map((what) => ({ by: "jail", what }));
  if (refused_by === null) return jail;
  const undone = touched.filter((path) => !changed.includes(path));
  if (undone.length > 0) {
    const how = (path: string) => (isForeign(path) ? "without a claim" : "beside the claimed symbols");
    const what = (path: string) => `"${path}" was written ${how(path)}, and put back`;
    return [...undone.map((path) => ({ by: refused_by, what: what(path) })), ...jail];
  }
  const [why = ""] = text.replace(/^Error: /, "").split("\n");
  return [{ by: refused_by, what: `${tool}: ${why}` }, ...jail];
}
const CONFINED = "CONFINED: ";
