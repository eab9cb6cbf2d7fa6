import { inputSchema } from "./input.ts";
import type { Isolation } from "./isolate/isolation.ts";
import { type Passed, passCall, recordOf } from "./pass_call.ts";
import type { ToolPolicy } from "./policy.ts";
import { RECIPE_TOOLS } from "./recipe.ts";
import { toolsFor } from "./registry.ts";
import type { RunFacts } from "./run_facts.ts";
import type { ToldPaths } from "./told_paths.ts";
import type { Access, Answer, RecipeName, Scope } from "./tool.ts";

/** One call as the log keeps it. `input` and `text` are shortened, and what looks like a secret is blotted out. */
export type ToolRecord = ToldPaths &
  RunFacts & {
    n: number; // counts from 1
    tool: string;
    input: string;
    ok: boolean;
    refused_by: string | null;
    text: string;
    took_ms: number;
    within?: number; // the `n` of the script that made the call
  };

/**
 * What a toolbox needs.
 *
 * `record`    is told of a call and of all that it called in turn, in one, and in the order of their numbers
 * `required`  a check that failed before: `done` is refused until it has passed after the last write; null: none
 * `root`      absolute path of the worktree, so that a model may also name files so; default: it may not
 */
export type ToolboxOptions = {
  scope: Scope;
  policy: ToolPolicy;
  isolation: Pick<Isolation, "call">;
  now_ms: () => number;
  record: (calls: readonly ToolRecord[]) => void;
  required: { label: string; recipe: RecipeName } | null;
  root?: string;
};

export type ToolSpec = { name: string; description: string; parameters: Readonly<Record<string, unknown>> };
export type ToolResult = Pick<Answer, "ok" | "text" | "ended" | "whole" | "exit" | "missing">;
export type Toolbox = {
  readonly specs: readonly ToolSpec[];
  call(call: { id: string; tool: string; input: string }): Promise<ToolResult>;
};

/** The tools that a task has, as a model is told of them. */
export const toolSpecs = (scope: Scope): ToolSpec[] =>
  toolsFor(scope).map((tool) => ({
    name: tool.name,
    description: tool.description.trim(),
    parameters: inputSchema(tool),
  }));

/** The one way of every call: parse, ask what it touches, decide, send it in, cut the answer, record it. */
export function createToolbox(options: ToolboxOptions): Toolbox {
  const { scope, now_ms, record } = options;
  const proof = createProof(options);
  let calls = 0;
  return {
    specs: toolSpecs(scope),
    async call({ tool: name, input: raw }) {
      const n = ++calls;
      const started = now_ms();
      const passed = await passCall(options, { name, raw });
      const answer = proof.judged(passed);
      const took_ms = now_ms() - started;
      const bound = (answer.calls ?? []).map(({ accesses: _, ...call }) => ({ n: ++calls, ...call, within: n }));
      record([
        { n, ...recordOf({ name, raw }, answer, { took_ms, chars: RECORDED_CHARS, paths: RECORDED_PATHS }) },
        ...bound,
      ]);
      const { ok, text, ended } = answer;
      if (scope.editor) return toldToEditors(answer);
      return ended && ok ? { ok: true, text, ended } : { ok, text };
    },
  };
}

/** A program is told by what can be read without words, too. */
const toldToEditors = ({ ok, text, whole, exit, missing }: Answer): ToolResult => ({
  ...{ ok, text },
  ...(missing ? { missing } : {}),
  ...(whole === undefined ? {} : { whole }),
  ...(exit === undefined ? {} : { exit }),
});

const RECORDED_CHARS = 2_000;
const RECORDED_PATHS = 1_000;

/** Whether the required check has passed on the files as they are now. `judged` sees every call, and may refuse its end. */
type Proof = { judged(passed: Passed): Answer };

function createProof({ required, scope }: ToolboxOptions): Proof {
  if (required === null || !runnable(required.recipe, scope)) return { judged: ({ answer }) => answer };
  const { label, recipe } = required;
  const written = new Set<string>();
  let passed = false;
  const complete = (targets: readonly string[]): boolean => {
    const within = (path: string) => targets.some((own) => own === "." || path === own || path.startsWith(`${own}/`));
    if (recipe === "type_check") return true;
    return (recipe === "test" ? scope.test_targets : [...written]).every(within);
  };
  const saw = (accesses: readonly Access[], ok: boolean) => {
    const commands = accesses.some(({ kind }) => kind === "exec" || kind === "recipe");
    for (const access of accesses) {
      if (access.kind === "write" && (ok || commands)) written.add(access.path);
      if (access.kind === "exec" || (access.kind === "write" && (ok || commands))) passed = false; // it may have written
    }
    for (const access of accesses)
      if (ok && access.kind === "recipe" && access.recipe === recipe && complete(access.targets)) passed = true;
  };
  const demand = `Cannot end with outcome "done": "${label}" failed before, so it requires a successful ${RECIPE_TOOLS[recipe]}() call, without naming a part, after the last change or command; make that call, or end with outcome "incomplete" or "blocked"`;
  return {
    judged({ answer, accesses }) {
      saw(accesses, answer.ok);
      for (const call of answer.calls ?? []) saw(call.accesses, call.ok);
      if (answer.ended?.outcome !== "done" || passed) return answer;
      return { ok: false, text: `Error: ${demand}`, refused_by: "required_check" };
    },
  };
}

/** A check that this task cannot run itself cannot be demanded of it; settlement judges all the same. */
const runnable = (recipe: RecipeName, { recipes, test_targets }: Scope): boolean =>
  recipes[recipe] !== null && (recipe !== "test" || test_targets.length > 0 || !recipes.test?.includes("{test_dir}"));
