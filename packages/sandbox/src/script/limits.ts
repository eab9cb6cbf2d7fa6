import type { ScriptLimits } from "./order.ts";

/** What scripts may use, in one table. Each limit that strikes is an answer, and what was done until then stays done. */
export const SCRIPT_LIMITS = {
  tools: {
    memory_bytes: 64 * 1024 * 1024,
    stack_bytes: 256 * 1024,
    time_ms: 120_000, // unless the model asks for another
    output_chars: 1_000_000,
    source_chars: 200_000,
    calls: 10_000,
  } satisfies ScriptLimits,
  time_max_s: 900, // what a model may ask for
  start_ms: 20_000, // until the process of a script begins
  grace_ms: 400, // beyond its time, before the process of a script that does not hear of it is killed
  keep_bytes: 48 * 1024 * 1024, // an interpreter whose memory has grown beyond this is not used again
  tidy_bytes: 100 * 1024 * 1024, // a child that has grown beyond this collects its garbage after a script
  depth_max: 500, // of the JSON of a result: whoever reads it must not overflow
  recorded_chars: 4_000_000, // of all calls of one script in the log; beyond that each is cut to very little
  recorded_call_chars: 2_000,
  recorded_least_chars: 80,
  recorded_paths_chars: 8_000_000, // of all paths of one script's calls; beyond that they are only counted
  recorded_call_paths: 1_000,
} as const;
