import type { Call } from "../summary.ts";
import type { Parameter } from "../unit.ts";

/**
 * What becomes of the arguments of a call. `problem`: why it does not fit, as a clause; null: it fits. `placed`: the
 * parameters that its arguments by place go to, in order. `omitted`: those that keep their default.
 */
export type Bound = { problem: string | null; placed: readonly string[]; omitted: readonly string[] };

/** Binds the arguments of a call as the language would. A call with a spread binds only what is written out. */
export function bindCall(
  parameters: readonly Parameter[],
  call: Pick<Call, "placed" | "named" | "spread" | "partial">,
): Bound {
  const byPlace = parameters.filter(({ kind }) => kind === "placed" || kind === "either");
  const rest = parameters.some(({ kind }) => kind === "rest");
  const namedRest = parameters.some(({ kind }) => kind === "named_rest");
  const placed = byPlace.slice(0, call.placed).map(({ name }) => name);
  const named = new Set(call.named);
  const bound = (problem: string | null): Bound => ({
    problem,
    placed,
    omitted: parameters
      .filter(({ name, kind }) => !isRest(kind) && !placed.includes(name) && !named.has(name))
      .map(({ name }) => name),
  });
  if (call.placed > byPlace.length && !rest)
    return bound(`it is given ${call.placed} arguments by place and takes ${byPlace.length}`);
  for (const name of named) {
    const parameter = parameters.find((one) => one.name === name && !isRest(one.kind));
    if (parameter?.kind === "placed" && !namedRest) return bound(`\`${name}\` can be given by place only`);
    if (!parameter && !namedRest) return bound(`it has no parameter \`${name}\``);
    if (parameter && parameter.kind !== "placed" && placed.includes(name)) return bound(`\`${name}\` is given twice`);
  }
  const lacking = parameters.find(
    ({ name, kind, optional }) =>
      !isRest(kind) && !optional && !placed.includes(name) && !(kind !== "placed" && named.has(name)),
  );
  if (lacking && !call.spread && !call.partial) return bound(`\`${lacking.name}\` must be given`);
  return bound(null);
}

const isRest = (kind: Parameter["kind"]) => kind === "rest" || kind === "named_rest";

/** A parameter that an argument by place went to and that still is there, and now gets another one; null: none. */
export function shifted(
  before: Bound,
  after: Bound,
  parameters: readonly Parameter[],
): { was: string; is: string } | null {
  for (const [index, was] of before.placed.entries()) {
    const is = after.placed[index];
    if (is !== undefined && is !== was && parameters.some(({ name }) => name === was)) return { was, is };
  }
  return null;
}
