import type { Finding } from "@dgov/kernel";
import type { EvaluateOrder, EvaluateResult } from "@dgov/sandbox";
import { z } from "zod";
import type { RuleChange } from "./change.ts";
import { isImported, type Scripts } from "./load.ts";
import { runnerOf } from "./runner.ts";

/** Evaluates in the isolation, in a process that is killed when it does not end. */
export type Evaluate = (order: EvaluateOrder) => Promise<EvaluateResult>;

/**
 * What scripts say of a change. `refused` and `noted` are theirs; `broken` is said of scripts that gave no answer that could
 * be used, each with its file, the line where there is one, and the cure.
 */
export type RuleAnswer = { refused: Finding[]; noted: Finding[]; broken: Finding[] };

/** What one script may use. Generous: a rule that needs more does something else than look. */
const LIMITS = {
  memory_bytes: 192 * 1024 * 1024,
  stack_bytes: 256 * 1024,
  time_ms: 5_000,
  output_chars: 1_000_000,
  source_chars: 1_000_000,
  calls: 0,
} as const;
const FINDINGS_MAX = 200;
const ENTRY = "dgov/runner.js";

/** `kind` hook: it is asked for each file, and needs no examples. `change` null: only the examples are tried. */
export type Question = { kind: "rule" | "hook"; change: RuleChange | null };

/** Asks all scripts, in order, also after one that refuses or is broken: a person mends them in one go. */
export async function askAll(
  evaluate: Evaluate,
  { modules, entries }: Scripts,
  question: Question,
): Promise<RuleAnswer> {
  const all: RuleAnswer = { refused: [], noted: [], broken: [] };
  for (const path of entries) {
    const { refused, noted, broken } = await ask(evaluate, { path, modules }, question);
    all.refused.push(...refused);
    all.noted.push(...noted);
    all.broken.push(...broken);
  }
  return all;
}

type Script = { path: string; modules: Scripts["modules"] };
const NOTHING: RuleAnswer = { refused: [], noted: [], broken: [] };

async function ask(evaluate: Evaluate, script: Script, { kind, change }: Question): Promise<RuleAnswer> {
  const { path, modules } = script;
  const broken = (why: string, cure: string, line: number | null = null): RuleAnswer => {
    const message = `Cannot use the ${kind} "${path}": ${why}; ${cure}`;
    const finding = { code: `${kind}_broken`, message, path };
    return { ...NOTHING, broken: [line === null ? finding : { ...finding, line }] };
  };
  if (modules[path] === undefined)
    return broken("the commit has no such file", "commit it, or take it out of review_hooks");
  const all = { ...modules, [ENTRY]: runnerOf(path, kind) };
  const result = await evaluate({ modules: all, entry: ENTRY, input: { change }, limits: LIMITS });
  if (!result.ok) return broken(result.message, `mend it, and try it with "dgov policy check"`, result.line);
  const told = Told.parse(result.value); // the runner is ours: anything else is a bug
  if (!told.rule) {
    if (kind === "rule" && isImported(path, modules)) return NOTHING;
    return broken(
      "it has no default export that is a function",
      `write "export default function (${INPUT[kind]}) { … }"`,
    );
  }
  const contradicted = contradiction(told.examples, kind);
  if (contradicted !== null) return broken(contradicted, "mend the rule or its examples: a rule must do what they say");
  const read = findingsOf(told.said, kind === "hook" ? (change?.files ?? []).map((file) => file.path) : []);
  if ("garbage" in read) return broken(read.garbage, "give back a list of { code, message, path?, line?, severity? }");
  return sorted(read.findings, { path, kind });
}

const INPUT = { rule: "change", hook: "file" } as const;

/** What the runner gives back. `said`: what the script gave back each time it was asked. */
const Told = z.strictObject({
  rule: z.boolean(),
  examples: z.union([
    z.null(),
    z.literal("no list"),
    z.array(z.strictObject({ expected: z.unknown(), said: z.array(z.unknown()) })),
  ]),
  said: z.array(z.unknown()),
});

const Said = z.strictObject({
  code: z.string().regex(/^[A-Za-z][\w-]{0,63}$/, { error: 'a "code" is a short word of letters, digits, _ and -' }),
  message: z.string().trim().min(1, { error: 'a "message" must say something' }).max(2000),
  path: z.string().min(1).nullish(),
  line: z.int().min(1).nullish(),
  severity: z.enum(["error", "warn"]).nullish(),
});
type Said = z.infer<typeof Said>;

/**
 * Reads what was given back; `about` has the paths it was asked for, where it was asked for each.
 * Nothing at all is not nothing to say: a rule that forgets its `return` would pass for ever.
 */
function findingsOf(
  said: readonly unknown[],
  about: readonly string[] = [],
): { findings: Said[] } | { garbage: string } {
  const read = z.array(z.array(Said)).safeParse(said);
  if (read.success)
    return { findings: read.data.flatMap((all, at) => all.map((one) => ({ ...one, path: one.path ?? about[at] }))) };
  const [issue] = read.error.issues;
  const at = (issue?.path ?? []).slice(1).map(String).join(".");
  return {
    garbage: `what it gives back is no list of findings${at === "" ? "" : ` (at ${at})`}: ${issue?.message ?? ""}`,
  };
}

/** Why the examples refuse the script, or null. A rule needs one in which it fires and one in which it does not. */
function contradiction(examples: z.infer<typeof Told>["examples"], kind: Question["kind"]): string | null {
  if (examples === null) return kind === "hook" ? null : NO_EXAMPLES;
  if (examples === "no list") return "its examples are no list";
  const counts = { fires: 0, passes: 0 };
  for (const [at, { expected, said }] of examples.entries()) {
    const codes = z.array(z.string()).safeParse(expected);
    if (!codes.success) return `example ${at + 1} has no "findings": a list of codes, [] where it should pass`;
    const read = findingsOf(said);
    if ("garbage" in read) return `in example ${at + 1} ${read.garbage}`;
    const wanted = distinct(codes.data);
    const found = distinct(read.findings.map(({ code }) => code));
    if (wanted !== found) return `example ${at + 1} should give ${wanted}, and it gives ${found}`;
    counts[codes.data.length === 0 ? "passes" : "fires"] += 1;
  }
  return kind === "hook" || (counts.fires > 0 && counts.passes > 0) ? null : NO_EXAMPLES;
}

const NO_EXAMPLES =
  'it needs "export const examples = [{ change, findings }]", at least one with a finding and one without';
const distinct = (codes: readonly string[]): string => JSON.stringify([...new Set(codes)].sort());

function sorted(all: readonly Said[], { path, kind }: { path: string; kind: Question["kind"] }): RuleAnswer {
  const file = path.slice(path.lastIndexOf("/") + 1).replace(/\.js$/, "");
  const first = kind === "rule" ? "policy" : "hook";
  const told = (wanted: boolean): Finding[] => {
    const own = all.filter(({ severity }) => (severity === "warn") === wanted);
    return own.slice(0, FINDINGS_MAX).map(({ code, message, path: at, line }) => ({
      code: `${first}.${file}.${code}`,
      message,
      ...(typeof at === "string" ? { path: at } : {}),
      ...(typeof line === "number" ? { line } : {}),
    }));
  };
  return { refused: told(false), noted: told(true), broken: [] };
}
