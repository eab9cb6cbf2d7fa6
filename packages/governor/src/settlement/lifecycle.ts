import type { Finding } from "@dgov/kernel";
import type { HookName } from "../lifecycle_file.ts";
import { type HookRan, hasAnswered, inform, runHook, saysOf } from "../run_hook.ts";
import { type Gate, type Judgement, pass } from "./gate.ts";
import type { TreeToLand } from "./tree_to_land.ts";

type Asked = Pick<TreeToLand, "lifecycle" | "task" | "attempt" | "head" | "tree">;

const aboutOf = ({ task, attempt, head, tree }: Asked) => ({ task, attempt, commit: head, tree });

/**
 * Asks the project's hook `pre_gate` or `pre_landing`, where it has one: first and last of what is asked of a checkout. They see
 * no checkout: they run outside of the jail, where what a candidate has written must not.
 */
export function lifecycleGates(
  { lifecycle }: Pick<Asked, "lifecycle">,
  hook: "pre_gate" | "pre_landing",
  signal: AbortSignal,
): Gate<Asked>[] {
  if (!lifecycle?.hooks.commands.some((one) => one.hook === hook)) return [];
  return [{ name: "lifecycle", check: async (tree) => judgedBy(await askHook(tree, hook, signal)) }];
}

/** Tells the project's hook `post_gate` what came of it. */
export const tellOfGates = (tree: Asked, result: string, signal: AbortSignal): Promise<void> =>
  inform(tree.lifecycle, "post_gate", { ...aboutOf(tree), result }, signal);

const askHook = (tree: Asked, hook: HookName, signal: AbortSignal) =>
  runHook(tree.lifecycle, hook, aboutOf(tree), signal);

/** Its exit status is its answer; a hook without one has said nothing, which never passes. */
function judgedBy(ran: HookRan | null): Judgement {
  if (ran === null) return pass;
  const said: Judgement = { ...pass, command: ran.command, exit: ran.exit.code };
  if (ran.why === null) return said;
  const answered = hasAnswered(ran);
  const finding: Finding = { code: answered ? "hook_refused" : "hook_unanswered", message: saysOf(ran) };
  return answered
    ? { ...said, verdict: "reject", cause: "gate", findings: [finding] }
    : { ...said, verdict: "broken", cause: "broken", findings: [finding] };
}
