import type { EventOf } from "@dgov/kernel";
import type { Open as Named } from "../open_findings.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import { forbidsTools, type Review } from "../review_file.ts";

export type Unit = NonNullable<EventOf<"review_opened">["units"]>[number];

/** A blocker of a seat's own that it must come back to, and what it may say of it beside that it is open. */
export type Open = Named & { may: { withdraw: boolean; mend: boolean } };

/**
 * What a ballot must hold beside the vote.
 *
 * `units`    of each of these it says whether it is complete
 * `earlier`  of each of these it says what has become of it
 * `must`     whether the project itself asks for a look: then it counts of nobody who was not seen at it
 * `look`     why an approval counts only of who has looked at the tree, in words; null: it counts of anybody
 */
export type Demands = { units: readonly Unit[]; earlier: readonly Open[]; must: boolean; look: string | null };

/** What the task states that must be so, and, where the project asks for it, each claim by which it changes something. */
export function unitsOf({ review: own, files }: Pick<CompiledTask, "review" | "files">, review: Review): Unit[] {
  const { create, edit, delete: gone, touch } = files;
  const claims = [
    ...create.map((claim) => `create ${claim}`),
    ...[...edit, ...touch].map((claim) => `change ${claim}`),
    ...gone.map((claim) => `delete ${claim}`),
  ];
  const texts = [...(own.criteria ?? []), ...(review.each_claim ? claims : [])];
  return texts.map((text, at) => ({ unit: `u${at + 1}`, text }));
}

/** What the project says to whoever looks, by where it says so. */
export type Saying = { from: string; text: string };

/** What of it tells them to go without tools. */
export const forbidding = (sayings: readonly Saying[]): string[] =>
  sayings.filter(({ text }) => forbidsTools(text)).map(({ from }) => from);

/** Why nobody may approve who has not looked; null: all that differs was put before them. */
export function whyLook(
  review: Review,
  { cut, forbidden }: { cut: boolean; forbidden: readonly string[] },
): string | null {
  if (review.must_look) return "[review] must_look asks for it";
  if (cut) return "the change is longer than what you were shown of it";
  const [from] = forbidden;
  return from === undefined ? null : `${from} speaks against tools, and who cannot look can only believe`;
}
