import { apiGates, type JudgedApis } from "./api.ts";
import type { Gate } from "./gate.ts";
import { structureGates } from "./structure.ts";

/** The gates that need neither a checkout nor a jail, where the project asks for them: they compare the tree with the target's head. */
export async function treeGates(judged: JudgedApis, now_ms: () => number): Promise<Gate<JudgedApis>[]> {
  return [...(await structureGates(judged, now_ms)), ...apiGates(judged)];
}
