import type { EventOf } from "@dgov/kernel";
import type { Project } from "../project.ts";
import type { Session } from "../session.ts";
import { wholeTestCommand } from "./tests.ts";

type Answer = Pick<EventOf<"gate_judged">, "gate" | "verdict" | "command">;

/** What gates had said of a commit before it landed. `head`: what it was judged on top of. */
type Landed = { head: string; gates: readonly Answer[] };

/** What was said when the commit was judged as a whole tree; null: it is no landing of this run, or only a part of a batch. */
export function answersOn(session: Pick<Session, "run" | "read">, commit: string): Landed | null {
  const task = session.run.tasks.find(({ work, state }) => state === "landed" && work?.integrated?.commit === commit);
  const { integrated } = task?.work ?? {};
  if (!task || !integrated) return null;
  if (integrated.tip !== undefined)
    return session.read("batch_judged", null).find((event) => event.commit === commit) ?? null;
  let gates: Answer[] = [];
  for (const event of session.read(["gate_judged", "candidate_frozen", "candidate_stale", "landing_refused"], task.id))
    gates = event.kind === "gate_judged" ? [...gates, event] : []; // since then it has been judged anew
  return { head: integrated.head, gates };
}

/** Gates whose command, without a placeholder, says all that they ask. */
const BY_COMMAND = {
  lint: ({ lint }) => lint,
  format: ({ format_check }) => format_check,
  types: ({ type_check }) => type_check,
} satisfies Readonly<Record<string, (commands: Project["commands"]) => string | null>>;

/**
 * Whether a gate has passed already at the very question: its last answer was of this tree, and of all the tests, or it asks of
 * the whole tree whatever has changed, or what has changed is the same.
 *
 * @param isSame whether the commit was judged as a change from where the plan began
 */
export function isKnown(
  name: string,
  answers: readonly Answer[],
  { project, isSame }: { project: Project; isSame: boolean },
): boolean {
  const said = answers.findLast(({ gate }) => gate === name);
  if (said?.verdict !== "pass") return false;
  if (name === "tests") return said.command !== null && said.command === wholeTestCommand(project);
  if (isSame) return true;
  const template = name in BY_COMMAND ? BY_COMMAND[name as keyof typeof BY_COMMAND](project.commands) : null; // by `in`
  return template !== null && said.command === template && !template.includes("{file}");
}
