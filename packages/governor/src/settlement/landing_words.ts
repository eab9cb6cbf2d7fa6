import { createHash } from "node:crypto";
import { canonical } from "@dgov/kernel";
import { ANCHOR } from "../git/anchors.ts";
import type { Words } from "../git/landing_commit.ts";
import { type Site, unitOf } from "../site.ts";
import type { Of } from "./fit.ts";
import { recordOf, type Verdict } from "./gate.ts";

/**
 * What the commit says with which judged work lands: whose it is, by which plan, behind which jail, and what was said of
 * it. It is made when all gates have spoken, so that the event it names comes after their words.
 *
 * @param verdicts of every gate that was asked of the tree, in order
 * @param batch    the target's head, where others were judged with it; null: it was judged alone
 */
export function landingWords(
  { plan, session, world, jail }: Site,
  { task, attempt }: Of,
  verdicts: readonly Verdict[],
  batch: string | null,
): Words {
  const { seq, hash } = session.tip;
  const unit = unitOf({ plan }, task);
  const trailers = {
    ...{ "Dgov-Run": session.id, "Dgov-Task": task, "Dgov-Attempt": attempt },
    ...{ "Dgov-Plan": session.run.started.plan_hash, "Dgov-Unit": unit.unit, "Dgov-Sandbox": jail.level },
    ...{ "Dgov-Verdicts": verdictsDigest(verdicts.map(recordOf)), [ANCHOR]: `${seq}:${hash}` },
    ...unproved(session, { task, attempt }),
    ...(batch === null ? {} : { "Dgov-Batch": batch }), // of those that bear the same, the last one's tree was judged
  };
  return { message: unit.commit_message, trailers, at_ms: world.now_ms() };
}

/** What the worker has stated that its own calls do not show: it stands in the commit, so that nobody takes it for granted. */
function unproved(session: Site["session"], { task, attempt }: Of): Record<string, string> {
  const stated = session.read("checks_stated", task).findLast((event) => event.attempt === attempt)?.checks ?? [];
  const bare = stated.filter(({ standing }) => standing !== "verified");
  if (bare.length === 0) return {};
  return { "Dgov-Unverified": bare.map(({ check, outcome }) => `${check} ${outcome}`).join(", ") };
}

/** sha-256 (hex) of the canonical JSON of what gates have said, as the log has it but for how long it took. */
export function verdictsDigest(records: readonly ReturnType<typeof recordOf>[]): string {
  const said = records.map(({ gate, verdict, findings, command, exit }) => ({
    gate,
    verdict,
    findings,
    command,
    exit,
  }));
  return createHash("sha256").update(canonical(said)).digest("hex");
}
