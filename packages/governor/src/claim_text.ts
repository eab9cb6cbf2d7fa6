import { type Claim, ClaimError, parseClaim } from "@dgov/sandbox/claim";

/** A path of the repository, or a symbol of it, as a claim; null for what is none. */
export function claimOf(text: string): Claim | null {
  try {
    return parseClaim(text);
  } catch (error) {
    if (error instanceof ClaimError) return null;
    throw error;
  }
}
