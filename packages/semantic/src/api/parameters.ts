import type { Calling } from "./calling.ts";
import { compareDeprecated, compareWritten, type OneOf } from "./content.ts";
import { isStuck, settled } from "./follow.ts";
import { entries, type Spot, tableAt, under } from "./spot.ts";

/** Parameters by what they are: their place and their name, in a path their position. */
type Parameters = ReadonlyMap<string, { spot: Spot; name: string; words: string }>;

/** An operation in its path. */
export type Placed = { path: string; item: Spot; operation: Spot };

/** Compares what a call says besides its body. */
export function compareParameters(calling: Calling, base: Placed, head: Placed): void {
  const flow = calling.sent;
  const { say } = calling;
  const [before, after] = [parametersOf(calling, base), parametersOf(calling, head)];
  for (const [key, { spot, name, words }] of before) {
    const other = after.get(key);
    if (!other) {
      say("parameter_removed", { flow, words }, `the parameter "${name}" is gone`, { base: spot });
      continue;
    }
    const spots = { base: spot, head: other.spot };
    if (name !== other.name && key.startsWith("path "))
      say("parameter_renamed", { flow, words }, `"${name}" is called "${other.name}" now`, spots);
    compareParameter({ ...calling, flow, words }, spot, other.spot);
  }
  for (const [key, { spot, name, words }] of after) {
    if (before.has(key)) continue;
    const isRequired = tableAt(spot).required === true;
    const kind = isRequired ? "required_parameter_added" : "parameter_added";
    say(kind, { flow, words }, `the parameter "${name}" is new${isRequired ? ", and required" : ""}`, { head: spot });
  }
}

/** The operation's own hold before those of its path. Headers that say how HTTP itself works are none. */
function parametersOf(calling: Calling, { path, item, operation }: Placed): Parameters {
  const found = new Map<string, { spot: Spot; name: string; words: string }>();
  const positions = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name);
  for (const owner of [item, operation])
    for (const [, at] of entries(under(owner, "parameters"))) {
      const spot = settled(at);
      if (isStuck(spot)) {
        calling.stuck(spot, at);
        continue;
      }
      const table = tableAt(spot);
      const [place, name] = [String(table.in), String(table.name)];
      if (place === "header" && /^(accept|content-type|authorization)$/i.test(name)) continue;
      const position = place === "path" ? positions.indexOf(name) : -1;
      const key = position >= 0 ? `${position}` : place === "header" ? name.toLowerCase() : name;
      found.set(`${place} ${key}`, { spot, name, words: `${place} parameter ${name}` });
    }
  return found;
}

function compareParameter(calling: OneOf, base: Spot, head: Spot): void {
  const { say, flow, words } = calling;
  const [was, is] = [tableAt(base), tableAt(head)];
  const spots = { base, head };
  if (is.required === true && was.required !== true)
    say("parameter_required", { flow, words }, "it is required now", spots);
  if (was.required === true && is.required !== true)
    say("parameter_optional", { flow, words }, "it is no longer required", spots);
  compareDeprecated(calling, base, head);
  compareWritten(calling, base, head);
  calling.fields(base, head, PARAMETER, words);
}

const PARAMETER = "name in required deprecated schema content style explode allowReserved allowEmptyValue".split(" ");
