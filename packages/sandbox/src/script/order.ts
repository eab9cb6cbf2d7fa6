/** What one script may use. Kept by the interpreter, and the time also from outside, by killing its process. */
export type ScriptLimits = {
  memory_bytes: number; // the interpreter's heap
  stack_bytes: number; // at most 512 KiB: beyond that the process that runs the interpreter overflows first
  time_ms: number; // from the first line to the last, with all that it waits for
  output_chars: number; // of what it logs, and of the JSON of its result
  source_chars: number; // of all its sources together
  calls: number; // of tools
};

/**
 * Modules to evaluate, with nothing at hand but each other: no clock, no chance, no tools. The default export of `entry`
 * is called with `input`, which is copied as JSON, and may be async. They import each other by their names in `modules`.
 */
export type EvaluateOrder = {
  modules: Readonly<Record<string, string>>;
  entry: string;
  input: unknown;
  limits: ScriptLimits;
};

/**
 * `value` is JSON; null where the function returned nothing. `line` counts from 1, in the module that `message` names.
 *
 * error    it threw, could not be parsed, or waits for what never comes
 * timeout, memory, stack, output, calls, source: that limit struck
 * crash    the interpreter itself failed
 */
export type EvaluateResult = { ok: true; value: unknown; log: string } | ({ ok: false; log: string } & ScriptFailure);
export type ScriptFailure = { cause: ScriptCause; message: string; line: number | null };
export type ScriptCause = "error" | "timeout" | "memory" | "stack" | "output" | "calls" | "source" | "crash";
