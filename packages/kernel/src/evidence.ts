import { z } from "zod";
import { Oid } from "./plan.ts";
import type { RecordOf } from "./records.ts";

/** The stream of evidence: what was seen, of which tree. It holds no work, and nothing in it can be chosen to be done. */
export const EVIDENCE = "evidence";

const seen = { tree: Oid, commit: Oid, holds: z.boolean(), note: z.string() };

/**
 * Something that was seen of a tree. `holds`: it speaks for what it is given for.
 *
 * `landing` a task landed as this commit, behind these gates, by the log of a run
 * `commit`  there is such a commit; that it does any good is nobody's word
 * `check`   a command of the project was run on a checkout with nothing uncommitted, and ended so
 */
export const EvidenceSaid = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("landing"),
    ...seen,
    run: z.string(),
    task: z.string(),
    attempt: z.int().min(1),
    gates: z.array(z.strictObject({ gate: z.string(), verdict: z.enum(["pass", "reject", "broken"]) })),
    event: z.string(), // the hash of the event that says it landed
  }),
  z.strictObject({ kind: z.literal("commit"), ...seen }),
  z.strictObject({ kind: z.literal("check"), ...seen, recipe: z.string(), command: z.string(), exit: z.int() }),
]);
export type EvidenceSaid = z.infer<typeof EvidenceSaid>;

/** `id` is its short name, `E-` and eight digits; `hash` names it among all that ever was. */
export type Evidence = EvidenceSaid & { id: string; hash: string; at_ms: number };

/** Of two with one short name, which chance does not bring, neither is found by it. */
export function evidenceOf(records: readonly RecordOf<EvidenceSaid>[]): Evidence[] {
  const all = records.map(({ id, at_ms, said }) => ({ ...said, id: `E-${id.slice(0, 8)}`, hash: id, at_ms }));
  return all.filter((one) => all.every((other) => other === one || other.id !== one.id));
}
