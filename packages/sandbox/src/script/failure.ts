import type { ScriptCause, ScriptFailure, ScriptLimits } from "./order.ts";

/** What a limit says when it strikes. */
export function struckBy(cause: ScriptCause, limits: ScriptLimits): string {
  const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
  switch (cause) {
    case "timeout":
      return `it ran longer than ${limits.time_ms / 1000} s`;
    case "memory":
      return `it used more than ${mib(limits.memory_bytes)} of memory`;
    case "stack":
      return "it calls itself too deep";
    case "output":
      return `it gives out more than ${limits.output_chars} characters`;
    case "calls":
      return `it called more than ${limits.calls} tools`;
    case "source":
      return `its source is longer than ${limits.source_chars} characters`;
    default:
      return "the interpreter failed";
  }
}

/** What a script threw, as the prelude tells it: JSON of its name, message and stack, all three of them the script's word. */
export function failureOf(described: string, limits: ScriptLimits): ScriptFailure {
  const { name, message, stack } = JSON.parse(described) as Record<"name" | "message" | "stack", string>;
  const cause = name === "InternalError" || name === "RangeError" ? (OWN.get(message) ?? "error") : "error";
  const place = placeOf(stack);
  const where = place === null || place.file === "script.js" ? "" : ` (in "${place.file}")`;
  const said = cause === "error" ? `${name}: ${message}`.slice(0, MESSAGE_MAX_CHARS) : struckBy(cause, limits);
  return { cause, message: `${said}${where}`, line: place?.line ?? null };
}
const MESSAGE_MAX_CHARS = 4_000;

/** What the interpreter itself throws when a limit of its own strikes. */
const OWN: ReadonlyMap<string, ScriptCause> = new Map([
  ["out of memory", "memory"],
  ["stack overflow", "stack"],
  ["Maximum call stack size exceeded", "stack"],
]);

/** The innermost line that is the script's own. */
function placeOf(stack: string): { file: string; line: number } | null {
  for (const [, file = "", line = ""] of stack.matchAll(/(?:\(|at )([^()\n]+?):(\d+)(?::\d+)?\)?$/gm))
    if (file !== "dgov") return { file, line: Number(line) };
  return null;
}

/** Whether JSON nests deeper than so many levels. Brackets in strings do not count. */
export function nestsDeeper(json: string, levels: number): boolean {
  let depth = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > levels) return true;
  }
  return false;
}
