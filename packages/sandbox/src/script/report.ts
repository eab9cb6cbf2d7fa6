import type { ToolPolicy } from "../policy.ts";
import type { Answer, BoundCall } from "../tool.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import type { EvaluateOrder, EvaluateResult } from "./order.ts";
import type { ScriptOrder, ScriptReport } from "./words.ts";

/** What the model reads of its script: what it printed and gave back, or why it ended, and what was done until then. */
export function answerOf({ ending, log, calls }: ScriptReport): Answer {
  const printed = log.trimEnd();
  if (ending.ok) {
    const parts = [printed, resultOf(ending.json)].filter((part) => part !== "");
    return { ok: true, text: parts.join("\n") || "(the script gave nothing back)", calls };
  }
  const { message, line } = ending;
  const where = line === null ? "" : ` at line ${line}`;
  const text = [
    `Error: The script ended${where}: ${message}`,
    `What it did until then stays done: ${summary(calls)}`,
    ...(printed === "" ? [] : ["It had printed:", printed]),
  ];
  return { ok: false, text: text.join("\n"), calls };
}

/** A text as it is, anything else as JSON. */
function resultOf(json: string | null): string {
  if (json === null) return "";
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

function summary(calls: readonly BoundCall[]): string {
  if (calls.length === 0) return "no tool was called.";
  const counts = new Map<string, number>();
  for (const { tool } of calls) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  const touched = [...new Set(calls.flatMap((call) => call.touched))];
  const untold = calls.reduce((sum, { touched_more = 0 }) => sum + touched_more, 0);
  const more = Math.max(0, touched.length - SHOWN) + untold;
  const shown = touched.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const called = [...counts].map(([tool, count]) => `${count} ${tool}`).join(", ");
  return `it called ${called}${touched.length === 0 ? "" : `; changed ${shown}`}.`;
}
const SHOWN = 20;

/** What `run_script` is called with; its schema has made it so. */
export type ScriptInput = { code: string; timeout_s: number };

/** @throws Error without a policy: a script is not run when nobody has said by what its calls are judged */
export function toolsOrder({ code, timeout_s }: ScriptInput, policy: ToolPolicy | null): ScriptOrder {
  if (policy === null) throw new Error("Cannot run a script: there is no policy to judge its calls");
  return { kind: "tools", code, policy, limits: { ...SCRIPT_LIMITS.tools, time_ms: timeout_s * 1000 } };
}

/** The order as the child has it. @throws TypeError when `input` is no JSON */
export const modulesOrder = ({ modules, entry, input, limits }: EvaluateOrder): ScriptOrder => ({
  kind: "modules",
  modules,
  entry,
  input: JSON.stringify(input ?? null),
  limits,
});

export function evaluated({ ending, log }: ScriptReport): EvaluateResult {
  if (ending.ok) return { ok: true, value: ending.json === null ? null : JSON.parse(ending.json), log };
  const { cause, message, line } = ending;
  return { ok: false, cause, message, line, log };
}
