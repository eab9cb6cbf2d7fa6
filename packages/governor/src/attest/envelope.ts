import { sign as signBytes, verify as verifyBytes } from "node:crypto";
import { z } from "zod";
import type { Key } from "./keys.ts";

/** A signed statement, as DSSE 1.0 wraps it: what is signed is its type and its very bytes, whatever they say. */
export const Envelope = z.strictObject({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.base64() })).min(1),
});
export type Envelope = z.infer<typeof Envelope>;

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** Puts a signature of each key to a statement. */
export function seal(payload: Uint8Array, keys: readonly Key[]): Envelope {
  const bytes = paeOf(PAYLOAD_TYPE, payload);
  return {
    payloadType: PAYLOAD_TYPE,
    payload: Buffer.from(payload).toString("base64"),
    signatures: keys.map(({ id, key }) => ({ keyid: id, sig: signBytes(null, bytes, key).toString("base64") })),
  };
}

/**
 * Which of the trusted keys have signed. Whose a signature is, its key decides and not the id that is written beside it;
 * and a key counts once, however often it has signed and however often it is trusted.
 *
 * @returns ids
 */
export function signersOf({ payloadType, payload, signatures }: Envelope, trusted: readonly Key[]): string[] {
  const bytes = paeOf(payloadType, Buffer.from(payload, "base64"));
  const signed = ({ key }: Key) =>
    signatures.some(({ sig }) => verifyBytes(null, bytes, key, Buffer.from(sig, "base64")));
  return [...new Set(trusted.filter(signed).map(({ id }) => id))];
}

/** What is signed (DSSE 1.0, "PAE"): lengths stand before the parts, so that no two pairs of parts are alike. */
function paeOf(type: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
