import type { Cause, Confidence, FilePlace, Finding, FindingKind, Fix, Side, Verdict } from "../finding.ts";
import { VERDICTS } from "../finding.ts";
import type { Merge } from "./trees.ts";

/** A finding before it is grouped: `subjects` first the provider, then who uses it. */
export type Fault = Omit<Finding, "fingerprint" | "verdict"> & { verdict: Verdict; place: FilePlace };

export const cause = (
  side: Side,
  did: Cause["did"],
  place: FilePlace,
  words: { was?: string | null; is?: string | null } = {},
): Cause => ({
  side,
  did,
  place,
  was: words.was ?? null,
  is: words.is ?? null,
});

/** What a side is called in a sentence. */
export const calls = (merge: Merge, side: Side): string => merge.called[side];

export type Weight = { verdict: Verdict; confidence: Confidence };
export const CERTAIN: Weight = { verdict: "block", confidence: "certain" };
export const LIKELY: Weight = { verdict: "warn", confidence: "likely" };
export const HINT: Weight = { verdict: "note", confidence: "hint" };

export const fix = (kind: Fix["kind"], sentence: string): Fix => ({ kind, sentence });

/**
 * One finding for each thing that is wrong, however many places it shows at, the worst first. Equal faults give equal
 * findings in an equal order.
 */
export function findingsOf(faults: readonly Fault[]): Finding[] {
  const groups = new Map<string, Fault[]>();
  for (const fault of [...faults].sort(inOrder)) {
    const key = JSON.stringify([fault.kind, fault.verdict, fault.confidence, fault.subjects[0]]);
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  return [...groups.values()].map(grouped).sort(inOrder);
}

function grouped(faults: readonly Fault[]): Finding {
  const first = faults[0] as Fault;
  const rest = new Set(faults.slice(1).map(({ place }) => `${place.path}:${place.lines[0]}`));
  rest.delete(`${first.place.path}:${first.place.lines[0]}`);
  const more = rest.size === 0 ? "" : `; the same at ${[...rest].join(", ")}`;
  const causes = new Map(faults.flatMap(({ causes: all }) => all).map((one) => [JSON.stringify(one), one]));
  const subjects = [...new Set(faults.flatMap(({ subjects: all }) => all))];
  return {
    ...first,
    subjects,
    causes: [...causes.values()],
    sentence: first.sentence + more,
    fingerprint: fingerprint(first.kind, subjects),
  };
}

function fingerprint(kind: FindingKind, subjects: readonly string[]): string {
  const digest = new Bun.CryptoHasher("sha256").update(JSON.stringify([kind, ...subjects])).digest("hex");
  return digest.slice(0, 32);
}

type Ordered = { verdict: Verdict; place: FilePlace | null; kind: FindingKind; sentence: string };

function inOrder(a: Ordered, b: Ordered): number {
  const key = ({ verdict, place, kind, sentence }: Ordered) =>
    [VERDICTS.length - VERDICTS.indexOf(verdict), place?.path ?? "", place?.lines[0] ?? 0, kind, sentence] as const;
  const [one, two] = [key(a), key(b)];
  for (const [index, mine] of one.entries()) {
    const theirs = two[index];
    if (theirs === undefined || mine === theirs) continue;
    return mine < theirs ? -1 : 1;
  }
  return 0;
}
