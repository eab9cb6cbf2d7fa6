import { z } from "zod";
import { JsonError, type PlacedJson, readJson } from "./json_place.ts";
import type { Ask, Model, ProviderFailure, Reply } from "./model.ts";

const Count = z.int().min(0);

const ScriptCall = z
  .strictObject({
    tool: z.string().min(1).describe("Name of the tool"),
    args: z.record(z.string(), z.unknown()).optional().describe("Arguments of the call; absent: none"),
    raw: z.string().optional().describe("Instead of args: the text as a model would send it, also when it is not JSON"),
  })
  .refine(({ args, raw }) => args === undefined || raw === undefined, { error: 'has both "args" and "raw": keep one' });

const ScriptTurn = z.strictObject({
  say: z.string().optional().describe("Text of the reply"),
  calls: z.array(ScriptCall).optional().describe("Tool calls of the reply, in order"),
  delay_ms: Count.optional().describe("Wait before the reply"),
  usage: z
    .strictObject({ input: Count, output: Count, cached: Count.optional(), served: z.string().optional() })
    .optional()
    .describe(
      "Tokens of the reply; absent: none. cached: how many of the input the provider had in its cache; served: what it says has answered",
    ),
  finish: z.literal("length").optional().describe("The reply was cut off at the output limit"),
  fail: z
    .strictObject({
      cause: z.enum(["auth", "rate_limit", "server", "network", "bad_request", "garbage", "context_length"]),
      retry_after_ms: Count.optional(),
    })
    .optional()
    .describe("The provider fails instead of replying"),
  hang: z.literal(true).optional().describe("The provider never answers: only a time limit ends the call"),
});
export type ScriptTurn = z.infer<typeof ScriptTurn>;

const Turns = z.array(ScriptTurn);
const ScriptTask = z
  .strictObject({
    turns: Turns.optional().describe("The turns of every attempt"),
    attempts: z
      .array(z.strictObject({ turns: Turns }))
      .min(1)
      .optional()
      .describe("Turns by attempt; further attempts repeat the last"),
  })
  .refine(({ turns, attempts }) => (turns === undefined) !== (attempts === undefined), {
    error: 'wants either "turns" or "attempts"',
  });

/** What the provider named `scripted` plays: turns of a model, by task and attempt. */
export const Script = z.strictObject({
  $schema: z.string().optional().describe("Where an editor finds this schema"),
  version: z.literal(1),
  tasks: z.record(z.string(), ScriptTask).describe("By unit id, `<section>/<file stem>.<slug>`"),
  default: ScriptTask.optional().describe("For every task that is not listed"),
  reviews: z.record(z.string(), ScriptTask).optional().describe("By seat of the review, whatever the task"),
});
export type Script = z.infer<typeof Script>;

/** A script that cannot be played. `line` and `column` count from 1. The caller maps `code` to its own kind of error. */
export class ScriptError extends Error {
  override name = "ScriptError";
  readonly code: "script_syntax" | "script_schema";
  readonly places: readonly { line: number; column: number; message: string }[];
  constructor(code: ScriptError["code"], path: string, places: ScriptError["places"]) {
    const lines = places.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
    super(`Cannot read the script "${path}":\n${lines.join("\n")}`);
    this.code = code;
    this.places = places;
  }
}

/**
 * Reads a script, and tells every error in it at once. `path` is only for the message.
 * @throws ScriptError
 */
export function parseScript(text: string, path: string): Script {
  const json = readPlaced(text, path);
  const parsed = Script.safeParse(json.value);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ ...json.place([...issue.path, key]), message: `unknown key "${key}"` }));
    const where = issue.path.map(String).join(".");
    return [{ ...json.place(issue.path), message: where ? `"${where}": ${issue.message}` : issue.message }];
  });
  throw new ScriptError("script_schema", path, places);
}

function readPlaced(text: string, path: string): PlacedJson {
  try {
    return readJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ScriptError("script_syntax", path, [{ ...error.place, message: error.message }]);
  }
}

/** Whether the script has turns for a task. One without plays as a model that only talks, and so is stuck. */
export const scriptCovers = (script: Script, task: string): boolean =>
  Object.hasOwn(script.tasks, task) || script.default !== undefined;

/** `attempt` counts from 1. `seat`: it plays this seat of the review, and not the task's worker. */
export type ScriptedOptions = {
  task: string;
  attempt: number;
  sleep_ms: (ms: number) => Promise<void>;
  seat?: string | undefined;
};

/** A model that plays its part of a script through the same loop as a real one. It costs what the script says. */
export function scriptedModel(script: Script, { task, attempt, sleep_ms, seat }: ScriptedOptions): Model {
  const turns = turnsOf(partOf(script, { task, seat }), attempt);
  let played = 0;
  return {
    complete: async ({ signal }) => {
      const n = ++played;
      const turn = turns[n - 1] ?? {
        say: turns.length > 0 ? "The script ends here." : `The script has no turns for "${seat ?? task}".`,
      };
      if (signal.aborted) return failure("cancelled", null);
      if (turn.hang) await aborted(signal);
      else if (turn.delay_ms) await Promise.race([sleep_ms(turn.delay_ms), aborted(signal)]);
      if (signal.aborted) return failure("cancelled", null);
      if (turn.fail) return failure(turn.fail.cause, turn.fail.retry_after_ms ?? null);
      return replyOf(turn, n);
    },
  };
}

function partOf({ tasks, reviews = {}, ...script }: Script, { task, seat }: Pick<ScriptedOptions, "task" | "seat">) {
  if (seat !== undefined) return Object.hasOwn(reviews, seat) ? reviews[seat] : undefined;
  return Object.hasOwn(tasks, task) ? tasks[task] : script.default;
}

function turnsOf(part: ReturnType<typeof partOf>, attempt: number): readonly ScriptTurn[] {
  if (part?.attempts) return (part.attempts[attempt - 1] ?? part.attempts.at(-1))?.turns ?? [];
  return part?.turns ?? [];
}

function replyOf(turn: ScriptTurn, n: number): Reply {
  const calls = (turn.calls ?? []).map(({ tool, args, raw }, at) => ({
    id: `call_${n}_${at + 1}`,
    tool,
    input: raw ?? JSON.stringify(args ?? {}),
  }));
  return {
    text: turn.say ?? "",
    calls,
    tokens: tokensOf(turn),
    finish: turn.finish ?? (calls.length > 0 ? "calls" : "stop"),
  };
}

function tokensOf({ usage }: ScriptTurn): Reply["tokens"] {
  if (!usage) return { input: 0, output: 0, estimated: true };
  const { input, output, ...told } = usage;
  return { input, output, estimated: false, ...present(told) };
}

const present = ({ cached, served }: { cached?: number | undefined; served?: string | undefined }) => ({
  ...(cached === undefined ? {} : { cached }),
  ...(served === undefined ? {} : { served }),
});

const failure = (cause: ProviderFailure["cause"], retry_after_ms: number | null): ProviderFailure => ({
  ended: "provider",
  cause,
  detail: `Cannot complete the call: the script says "${cause}"`,
  retry_after_ms,
});

const aborted = (signal: Ask["signal"]): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
