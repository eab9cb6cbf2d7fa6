import type { EventOf } from "@dgov/kernel";
import { diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import type { Settling, Verdict } from "./gate.ts";
import { judgeByCommands, type TreeToLand } from "./tree_to_land.ts";

type Blame = NonNullable<EventOf<"candidate_rejected">["blame"]>;

/** Says whose doing it is that a gate did not pass. */
export type Attribute = (verdict: Verdict) => Promise<Blame>;

/** Where nothing has to be asked. A gate that could not answer has blamed nobody. */
export const blaming = (blame: Blame): Attribute => {
  return async ({ verdict }) => (verdict === "broken" ? "unknown" : blame);
};

/** The tree that was refused, and the work it was made of: `work` is the tree that was frozen on the commit `base`. */
export type Refused = { subject: TreeToLand; base: string; work: string };

/**
 * Asks the gate again, of the target's head without the work and then of the work without what has landed since. It is asked
 * only where the answer is open, and what it says is in no record: the verdict stands whatever comes of it.
 */
export function attributing(refused: Refused, settling: Settling, signal: AbortSignal): Attribute {
  return async (verdict) => {
    const elsewhere: Settling = { ...settling, record: () => undefined };
    const ask = (tree: TreeToLand) => judgeByCommands(tree, elsewhere, signal, ["setup", verdict.gate]);
    if (verdict.verdict === "broken") return (await isMissing(refused, verdict, ask)) ? "environment" : "unknown";
    if (saysOfNoFile(verdict) && !isOwnTest(refused, verdict)) {
      const fell = await ask(await headOf(refused));
      if (fell) return fell.gate === "setup" ? "environment" : "base";
    }
    const { subject, base } = refused;
    if (base === subject.head) return "task";
    const alone = await ask(await workOf(refused));
    if (alone === null) return "integration";
    return alone.gate === verdict.gate && alone.verdict === "reject" ? "task" : "unknown";
  };
}

type Ask = (tree: TreeToLand) => Promise<Verdict | null>;

/** What could not be started: a program that the head lacks as well is no work's fault. */
const NOT_STARTED: readonly (string | undefined)[] = ["tool_missing", "gate_not_started"];

async function isMissing(refused: Refused, { findings, gate }: Verdict, ask: Ask): Promise<boolean> {
  const code = findings[0]?.code;
  if (!NOT_STARTED.includes(code)) return false;
  const fell = await ask(await headOf(refused));
  return fell?.gate === gate && fell.findings[0]?.code === code;
}

/** A finding with a place has been compared with the head already. What a check wrote says nothing of who is right. */
const saysOfNoFile = ({ findings }: Verdict): boolean =>
  findings.every(({ code, path }) => path === undefined || code === "gate_wrote_tracked");

/** The task's own test is asked for because it fails as yet: that it is red on the head blames nobody. */
function isOwnTest({ subject }: Refused, { gate, command }: Verdict): boolean {
  const { unit, project } = subject;
  if (gate !== "tests" || unit.test_cmd === null) return false;
  return isFilled(unit.test_cmd, command) && !(project.commands.test && isFilled(project.commands.test, command));
}

/** Whether a command is a template with its folder of tests filled in. It may have words before it. */
function isFilled(template: string, command: string | null): boolean {
  const [before = "", ...after] = template.split("{test_dir}");
  return !!command?.includes(before) && command.endsWith(after.at(-1) ?? before);
}

/** The target's head as it is, asked for what the change concerns, as far as it is there. */
async function headOf({ subject }: Refused): Promise<TreeToLand> {
  const tree = await treeOf(subject.git, subject.head);
  return { ...subject, tree, unit: { ...subject.unit, test_cmd: null }, out: `${subject.out}/head` };
}

/** The work on the commit that it began on, as if nothing had landed since. */
async function workOf({ subject, base, work }: Refused): Promise<TreeToLand> {
  const changes = await diffTrees(subject.git, base, work);
  return { ...subject, head: base, tree: work, changes, out: `${subject.out}/alone` };
}
