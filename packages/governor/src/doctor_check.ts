import { DgovError, type ErrorCode, type Place } from "./error.ts";
import { explainLogError } from "./log.ts";

/**
 * One thing that was tried for real. `detail` is what was found, or why it will not do; the cure is one command, and null
 * where there is nothing to mend.
 */
export type Check = {
  name: string;
  state: "ok" | "note" | "fault";
  detail: string;
  code: ErrorCode | null;
  cure: string | null;
  places?: readonly Place[]; // absent: no place in a file
};

/** What the caller knows of its own process. */
export type Patient = {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  self: readonly string[];
  now_ms: () => number;
};

export const OK = { state: "ok", code: null, cure: null } as const;

/** A fault a person can mend is an answer here; anything else is a bug, and stays one. */
export async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { ...OK, name, detail: await look() };
  } catch (error) {
    const fault = error instanceof DgovError ? error : explainLogError(error);
    if (!fault) throw error;
    const places = fault.places.length > 0 ? { places: fault.places } : {};
    return { name, state: "fault", detail: fault.message, code: fault.code, cure: fault.hint, ...places };
  }
}
