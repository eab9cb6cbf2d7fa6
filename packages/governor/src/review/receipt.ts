import { createHash } from "node:crypto";
import { join } from "node:path";
import type { EventOf } from "@dgov/kernel";
import { readLeft } from "../left_file.ts";
import { outOf } from "../root.ts";
import { writeAtomic } from "../write.ts";

type Voted = Pick<EventOf<"seat_voted">, "task" | "attempt" | "seat">;
type Ballot = NonNullable<EventOf<"seat_voted">["ballot"]>;

/** What is left of a ballot: `absent` says nothing against it, for whole outputs may be cleaned away at any time. */
export type Receipt = Voted & Ballot & { state: "verified" | "absent" | "verification_failed" };

/**
 * Keeps a ballot as it was given, byte for byte. Only a valid one has a receipt: of an answer that was cut off there is none.
 *
 * @param out absolute path of the run's folder for whole outputs
 */
export function keepBallot(out: string, voted: Voted, raw: string): Ballot {
  const sha256 = createHash("sha256").update(raw).digest("hex");
  writeAtomic(pathOf(out, voted, sha256), raw);
  return { sha256, bytes: Buffer.byteLength(raw) };
}

/** Whether the bytes that are kept are those that the log has the hash of. */
export function readReceipt(out: string, { task, attempt, seat }: Voted, { sha256, bytes }: Ballot): Receipt {
  const kept = readLeft(pathOf(out, { task, attempt, seat }, sha256), KEPT_MAX_BYTES);
  const same = kept !== null && createHash("sha256").update(kept).digest("hex") === sha256;
  const state = kept === null ? "absent" : same ? "verified" : "verification_failed";
  return { task, attempt, seat, sha256, bytes, state };
}

const KEPT_MAX_BYTES = 64 * 1024 * 1024;

const pathOf = (out: string, { task, attempt, seat }: Voted, sha256: string): string =>
  join(out, outOf({ task, attempt }), `ballot-${seat}-${sha256.slice(0, 16)}.json`);
