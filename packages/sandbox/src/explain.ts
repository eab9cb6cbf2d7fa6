import { type Claim, claimedSymbols, formatClaim } from "./claim.ts";
import type { ToolComponent } from "./component/component.ts";
import { confinesAt, nativePrograms } from "./explain_level.ts";
import { parseInput } from "./input.ts";
import type { Level } from "./isolate/confinement.ts";
import { unknownTool } from "./pass_call.ts";
import { decide, judgeExec, type Policy } from "./policy.ts";
import { toolsFor } from "./registry.ts";
import type { Access, Scope } from "./tool.ts";
import type { Decision } from "./write_rules.ts";

/**
 * What would happen to a call, without making it. Plain data: `dgov sandbox explain` prints it or gives it as JSON.
 *
 * `level`    at which it would be confined; null: at none, so no run would begin here
 * `decided`  what decided in the end: the first refusal, or the permission of the last access
 * `missing`  programs that it would start and that are not there at the level; what needs them fails
 * `jail`     sentences: what no rule can see here, and what holds then; [] for a call that is refused
 */
export type Explanation = {
  tool: string;
  role: Scope["role"];
  level: Level | null;
  allowed: boolean;
  decided: Decision;
  accesses: readonly JudgedAccess[]; // [] when the call is refused before anything is asked of it
  missing: readonly string[];
  jail: readonly string[];
};

/**
 * Where the call would be made.
 *
 * `root`   absolute path of the worktree, so that a file may also be named so; null: it may not
 * `reads`  whether `[sandbox] read` lets commands read all of the machine
 */
export type ExplainedPlace = { root: string | null; level: Level | null; reads: "all" | "limited" };

/** One thing that the call would touch. `commands` and `undecided` are [] unless it is a command. */
export type JudgedAccess = {
  access: Access;
  decision: Decision;
  commands: readonly JudgedCommand[];
  undecided: readonly string[]; // why the text cannot be followed as a whole
};

/** A simple command that would be started, also from within another. */
export type JudgedCommand = {
  text: string; // as it is written
  argv: readonly string[]; // as a rule sees it: wrappers off, quotes gone
  inside: readonly string[]; // the wrappers around it, outermost first: `["sh", "env"]`
  computed: boolean; // a word is computed, so what it names is not known
  script: boolean; // it interprets a file or a text that no rule reads
  decision: Decision;
};

/** A call as a model would make it; `input` is the JSON of its arguments. */
export type AskedCall = { tool: string; input: string };

/** A command, as the call that would run it. */
export const askedCommand = (command: string): AskedCall => ({
  tool: "run_bash",
  input: JSON.stringify({ cmd: command }),
});

/**
 * Says what would happen to a call, and which rule of which layer decides. Nothing is executed and nothing is looked at:
 * what only the files can say (a link that leads out, a file that is missing) is left to the call itself.
 */
export function explainCall(policy: Policy, asked: AskedCall, place: ExplainedPlace): Explanation {
  const { role } = policy.scope;
  const { level, root } = place;
  const tool = toolsFor(policy.scope).find(({ name }) => name === asked.tool);
  const stopped = (decided: Decision): Explanation => ({
    ...{ tool: asked.tool, role, level, allowed: false, decided },
    ...{ accesses: [], missing: [], jail: [] },
  });
  if (!tool) {
    const { text, refused_by } = unknownTool(asked.tool, policy.scope);
    return stopped(refusal(refused_by === "role" ? "role" : "schema", refused_by ?? "tool", text));
  }
  const parsed = parseInput(tool, asked.input, root);
  if (!parsed.ok) return stopped(refusal("schema", "input", parsed.text));
  const accesses = tool.access(parsed.input, policy.scope).map((access) => judgeAccess(policy, access));
  const free: Decision = { allow: true, rule: "tool", layer: "schema" };
  const refused = accesses.find(({ decision }) => !decision.allow)?.decision;
  const decided = refused ?? accesses.at(-1)?.decision ?? free;
  const { allow: allowed } = decided;
  return {
    ...{ tool: asked.tool, role, level, allowed, decided, accesses },
    missing: allowed && level === "wasm" ? missing(policy, accesses) : [],
    jail: allowed ? jailed(policy, place, { tool: tool.name, accesses }) : [],
  };
}

const refusal = (layer: Decision["layer"], rule: string, text: string): Decision => {
  return { allow: false, rule, layer, why: text.replace(/^Error: /, ""), part: null };
};

function judgeAccess(policy: Policy, access: Access): JudgedAccess {
  if (access.kind !== "exec") return { access, decision: decide(policy, access), commands: [], undecided: [] };
  return { access, ...judgeExec(policy, access.command) };
}

/** What a call would start, of the project's commands also. The words that take the place of `{file}` start nothing. */
function missing({ scope, shell }: Policy, accesses: readonly JudgedAccess[]): string[] {
  const texts = accesses.flatMap(({ access }) => {
    if (access.kind === "exec") return [access.command];
    return access.kind === "recipe" ? [(scope.recipes[access.recipe] ?? "").replaceAll(/[{}]/g, "")] : [];
  });
  const started = shell === null ? [] : texts.flatMap((text) => nativePrograms(shell, text));
  return [...new Set(started)];
}

type Judged = { tool: string; accesses: readonly JudgedAccess[] };

/** What no rule can see in these accesses, and what holds at the level. */
function jailed({ rules, scope }: Policy, { level, reads }: ExplainedPlace, { tool, accesses }: Judged): string[] {
  const says: string[] = [];
  const confines = level === "wasm" ? "the interpreter and the file host confine" : "the jail confines";
  if (tool === "run_script") says.push("What the script calls is judged call by call, when it calls it");
  const kinds = accesses.map(({ access }) => access.kind);
  const commands = accesses.flatMap((judged) => judged.commands);
  if (kinds.includes("exec") && !rules.restrict_run_bash)
    says.push(`No rule looks at commands (restrict_run_bash is off): what this one does, ${confines}`);
  if (commands.some(({ computed }) => computed))
    says.push(`A word is computed when the command runs: ${confines} what it names`);
  if (commands.some(({ script }) => script))
    says.push(`It runs code from a file or a text, which no rule reads: ${confines} what that does`);
  if (kinds.includes("recipe"))
    says.push(`A command of the project runs files that the task may have written: ${confines} it`);
  if (kinds.includes("exec") || kinds.includes("recipe")) says.push(confinesAt(level, reads));
  if (kinds.includes("write"))
    says.push("The file host resolves the path once, follows no link, and asks the claim again");
  says.push(...symbolWords(scope, accesses));
  const own = scope.components?.find(({ name }) => name === tool);
  return own === undefined ? says : [...says, ...componentWords(own, scope)];
}

/** Which symbols a call touches is seen in what it writes. */
function symbolWords({ write }: Scope, accesses: readonly JudgedAccess[]): string[] {
  const all = accesses.map(({ access }) => access);
  const paths = all.flatMap((access) => (access.kind === "write" ? [access.path] : []));
  const files = [...new Set(paths)].flatMap((path) => {
    const symbols = claimedSymbols(write, path);
    const named = symbols?.map((symbol) => `"${symbol}"`).join(", ");
    return symbols === null
      ? []
      : [`Of "${path}" it may change ${named}: a write that touches another symbol is refused`];
  });
  const runs = all.some(({ kind }) => kind === "exec" || kind === "recipe");
  if (!runs || write.every(({ symbol }) => symbol === null)) return files;
  return [...files, "What a command changes beside the claimed symbols of a file is put back when it has ended"];
}

/** What a component is given: it is asked for each file, so no access is known before it runs. */
function componentWords({ write, clock, timeout_ms, memory_bytes }: ToolComponent, scope: Scope): string[] {
  const named = (claims: readonly Claim[]) => claims.map(formatClaim).join(", ") || "nothing";
  const changes = write ? `may change ${named(scope.write)}` : "changes nothing";
  const time = clock ? "may ask for the time" : "has no time";
  return [
    `It is a component: it sees ${named([...scope.write, ...scope.read])}, ${changes}, ${time} and no network, and starts nothing`,
    `It is ended after ${timeout_ms / 1000} s, and has ${Math.floor(memory_bytes / 1024 / 1024)} MiB of memory`,
    "Which files it reads and writes shows when it runs: the file host asks the claims for each",
  ];
}
