import { inputSchema, parseInput } from "./input.ts";
import type { Isolation } from "./isolate/isolation.ts";
import { nearest } from "./nearest.ts";
import { decide, type ToolPolicy } from "./policy.ts";
import { RECIPE_TOOLS } from "./recipe.ts";
import { ENDING, toolNamed, toolsOf } from "./registry.ts";
import { linkOutside } from "./shell/places.ts";
import { shorten, withoutSecrets } from "./shorten.ts";
import type { Access, Answer, RecipeName, Scope } from "./tool.ts";
import { TOOL_LIMITS } from "./tool_limits.ts";

/** One call as the log keeps it. `input` and `text` are shortened, and what looks like a secret is blotted out. */
export type ToolRecord = {
  n: number; // counts from 1
  tool: string;
  input: string;
  ok: boolean;
  refused_by: string | null;
  touched: readonly string[];
  text: string;
  took_ms: number;
};

/**
 * What a toolbox needs.
 *
 * `required`  a check that failed before: `done` is refused until it has passed after the last write; null: none
 * `root`      absolute path of the worktree, so that a model may also name files so; default: it may not
 */
export type ToolboxOptions = {
  scope: Scope;
  policy: ToolPolicy;
  isolation: Pick<Isolation, "call">;
  now_ms: () => number;
  record: (call: ToolRecord) => void;
  required: { label: string; recipe: RecipeName } | null;
  root?: string;
};

export type ToolSpec = { name: string; description: string; parameters: Readonly<Record<string, unknown>> };
export type ToolResult = Pick<Answer, "ok" | "text" | "ended">;
export type Toolbox = {
  readonly specs: readonly ToolSpec[];
  call(call: { id: string; tool: string; input: string }): Promise<ToolResult>;
};

/** The one way of every call: parse, ask what it touches, decide, send it in, cut the answer, record it. */
export function createToolbox(options: ToolboxOptions): Toolbox {
  const { scope, now_ms, record } = options;
  const proof = createProof(options);
  let calls = 0;
  return {
    specs: toolsOf(scope.role).map((tool) => ({
      name: tool.name,
      description: tool.description.trim(),
      parameters: inputSchema(tool),
    })),
    async call({ tool: name, input: raw }) {
      const n = ++calls;
      const started = now_ms();
      const answer = await answerTo(options, proof, { name, raw });
      const text = shorten(printable(answer.text), TOOL_LIMITS.answer_max_chars);
      record({
        n,
        tool: name.slice(0, 100),
        input: shorten(withoutSecrets(raw), RECORDED_CHARS),
        ok: answer.ok,
        refused_by: answer.refused_by ?? null,
        touched: answer.touched ?? [],
        text: shorten(withoutSecrets(text), RECORDED_CHARS),
        took_ms: Math.max(0, Math.round(now_ms() - started)),
      });
      return answer.ended && answer.ok ? { ok: true, text, ended: answer.ended } : { ok: answer.ok, text };
    },
  };
}

const RECORDED_CHARS = 2_000;

/** @throws IsolationLost when the isolated process is gone; everything else is an answer */
async function answerTo(options: ToolboxOptions, proof: Proof, asked: { name: string; raw: string }): Promise<Answer> {
  const { scope, policy, isolation, root } = options;
  const tool = toolsOf(scope.role).find(({ name }) => name === asked.name);
  if (!tool) return unknownTool(asked.name, scope);
  const parsed = parseInput(tool, asked.raw, root ?? null);
  if (!parsed.ok) return { ok: false, text: parsed.text, refused_by: "input" };
  const accesses = tool.access(parsed.input, scope);
  for (const access of accesses) {
    const decision = decide(policy, scope, access);
    if (!decision.allow)
      return { ok: false, text: `Error: ${decision.why} [${decision.rule}]`, refused_by: decision.rule };
  }
  const linked = root === undefined ? null : followsOut(root, policy, accesses);
  if (linked !== null) return linked;
  const answer = await isolation.call(tool.name, parsed.input);
  proof.saw(accesses, answer);
  const { ended, ...rest } = answer;
  if (ended === undefined || tool !== ENDING[scope.role]) return rest; // no other tool can end the work
  if (ended.outcome === "done" && !proof.given())
    return { ok: false, text: `Error: ${proof.demand()}`, refused_by: "required_check" };
  return answer;
}

/** The one question that the policy, which is pure, cannot answer: what the links in the worktree point to. */
function followsOut(root: string, policy: ToolPolicy, accesses: readonly Access[]): Answer | null {
  if (!policy.restrict_run_bash) return null;
  for (const access of accesses) {
    const word = access.kind === "exec" ? linkOutside(root, access.command) : null;
    if (word === null) continue;
    const why = `"${word.slice(0, 200)}" leads out of the worktree by a symbolic link: a task stays in it`;
    return { ok: false, text: `Error: ${why} [shell.outside]`, refused_by: "shell.outside" };
  }
  return null;
}

function unknownTool(name: string, scope: Scope): Answer {
  const names = toolsOf(scope.role).map((tool) => tool.name);
  if (toolNamed(name))
    return {
      ok: false,
      text: `Error: "${name}" is not allowed in this worker role ("${scope.role}")`,
      refused_by: "role",
    };
  const near = nearest(name.slice(0, 100), names);
  const offer = near === null ? "" : ` Did you mean "${near}"?`;
  return {
    ok: false,
    text: `Error: There is no tool "${name.slice(0, 100)}".${offer} The tools are: ${names.join(", ")}`,
    refused_by: "tool",
  };
}

/** Whether the required check has passed on the files as they are now. */
type Proof = { saw(accesses: readonly Access[], answer: Answer): void; given(): boolean; demand(): string };

function createProof({ required, scope }: ToolboxOptions): Proof {
  if (required === null || !runnable(required.recipe, scope)) return { saw() {}, given: () => true, demand: () => "" };
  const { label, recipe } = required;
  const written = new Set<string>();
  let passed = false;
  const complete = (targets: readonly string[]): boolean => {
    const within = (path: string) => targets.some((own) => own === "." || path === own || path.startsWith(`${own}/`));
    if (recipe === "type_check") return true;
    return (recipe === "test" ? scope.test_targets : [...written]).every(within);
  };
  return {
    saw(accesses, { ok }) {
      const commands = accesses.some(({ kind }) => kind === "exec" || kind === "recipe");
      for (const access of accesses) {
        if (access.kind === "write" && (ok || commands)) written.add(access.path);
        if (access.kind === "exec" || (access.kind === "write" && (ok || commands))) passed = false; // it may have written
      }
      for (const access of accesses)
        if (ok && access.kind === "recipe" && access.recipe === recipe && complete(access.targets)) passed = true;
    },
    given: () => passed,
    demand: () =>
      `Cannot end with outcome "done": "${label}" failed before, so it requires a successful ${RECIPE_TOOLS[recipe]}() call, without naming a part, after the last change or command; make that call, or end with outcome "incomplete" or "blocked"`,
  };
}

/** A check that this task cannot run itself cannot be demanded of it; settlement judges all the same. */
const runnable = (recipe: RecipeName, { recipes, test_targets }: Scope): boolean =>
  recipes[recipe] !== null && (recipe !== "test" || test_targets.length > 0 || !recipes.test?.includes("{test_dir}"));

/** Without what would steer a terminal or break a log: escape sequences, control characters, halves of characters. */
function printable(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "")
  );
}
