import { pointerOf, referredFile } from "./references.ts";
import { type Spot, under } from "./spot.ts";
import { isTable } from "./value.ts";

/** A reference that leads nowhere. `remote`: it leaves the repository, and may well lead somewhere. */
export type Stuck = { stuck: "remote" | "missing" | "circular"; ref: string };

export const isStuck = (found: Spot | Stuck): found is Stuck => "stuck" in found;

export const refIn = ({ value }: Spot): string | null =>
  isTable(value) && typeof value.$ref === "string" ? value.$ref : null;

/** Where one reference leads. */
export function referred(spot: Spot, ref: string): Spot | Stuck {
  const file = referredFile(spot.file, ref);
  if (file === null) return { stuck: "remote", ref };
  const { side } = spot;
  const found = side.files.get(file);
  const way = pointerOf(ref);
  let at: Spot | null = found && way ? { side, file, pointer: "", value: found.value } : null;
  for (const key of way ?? []) at = at && under(at, key);
  return at ?? { stuck: "missing", ref };
}

const HOPS_MAX = 50;

/** What stands there, or where the references that stand there lead in the end. */
export function settled(spot: Spot): Spot | Stuck {
  let at: Spot | Stuck = spot;
  for (let hops = 0; hops < HOPS_MAX; hops += 1) {
    const ref: string | null = refIn(at);
    if (ref === null) return at;
    at = referred(at, ref);
    if (isStuck(at)) return at;
  }
  return { stuck: "circular", ref: refIn(spot) ?? "" };
}
