import { parseInput } from "./input.ts";
import { unknownTool } from "./pass_call.ts";
import { decide, judgeExec, type Policy } from "./policy.ts";
import { toolsFor } from "./registry.ts";
import type { Access, Scope } from "./tool.ts";
import type { Decision } from "./write_rules.ts";

/**
 * What would happen to a call, without making it. Plain data: `dgov sandbox explain` prints it or gives it as JSON.
 *
 * `decided`  what decided in the end: the first refusal, or the permission of the last access
 * `jail`     sentences: what no rule can see here, and the jail confines
 */
export type Explanation = {
  tool: string;
  role: Scope["role"];
  allowed: boolean;
  decided: Decision;
  accesses: readonly JudgedAccess[]; // [] when the call is refused before anything is asked of it
  jail: readonly string[];
};

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
 *
 * @param root absolute path of the worktree, so that a file may also be named so; null: it may not
 */
export function explainCall(policy: Policy, asked: AskedCall, root: string | null): Explanation {
  const { role } = policy.scope;
  const tool = toolsFor(policy.scope).find(({ name }) => name === asked.tool);
  const stopped = (decided: Decision): Explanation => ({
    ...{ tool: asked.tool, role, allowed: false, decided },
    ...{ accesses: [], jail: [] },
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
  return {
    tool: asked.tool,
    role,
    allowed: decided.allow,
    decided,
    accesses,
    jail: jailed(policy, tool.name, accesses),
  };
}

const refusal = (layer: Decision["layer"], rule: string, text: string): Decision => {
  return { allow: false, rule, layer, why: text.replace(/^Error: /, ""), part: null };
};

function judgeAccess(policy: Policy, access: Access): JudgedAccess {
  if (access.kind !== "exec") return { access, decision: decide(policy, access), commands: [], undecided: [] };
  return { access, ...judgeExec(policy, access.command) };
}

/** What no rule can see in these accesses, so that the jail alone holds. */
function jailed({ rules }: Policy, tool: string, accesses: readonly JudgedAccess[]): string[] {
  const says: string[] = [];
  if (tool === "run_script") says.push("What the script calls is judged call by call, when it calls it");
  const kinds = accesses.map(({ access }) => access.kind);
  const commands = accesses.flatMap((judged) => judged.commands);
  if (kinds.includes("exec") && !rules.restrict_run_bash)
    says.push("No rule looks at commands (restrict_run_bash is off): what this one does, the jail confines");
  if (commands.some(({ computed }) => computed))
    says.push("A word is computed when the command runs: the jail confines what it names");
  if (commands.some(({ script }) => script))
    says.push("It runs code from a file or a text, which no rule reads: the jail confines what that does");
  if (kinds.includes("recipe"))
    says.push("A command of the project runs files that the task may have written: the jail confines it");
  if (kinds.includes("exec") || kinds.includes("recipe"))
    says.push(
      "Writes reach the claims and a private temporary folder alone, reads the worktree, the toolchain and what [sandbox] read adds, and the network is as [sandbox] hosts says",
    );
  if (kinds.includes("write"))
    says.push("The file host resolves the path once, follows no link, and asks the claim again");
  return says;
}
