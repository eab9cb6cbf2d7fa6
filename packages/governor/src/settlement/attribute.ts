import type { EventOf } from "@dgov/kernel";
import { integrate } from "../git/integrate.ts";
import { diffTrees } from "../git/tree_changes.ts";
import { treeOf } from "../git/tree_object.ts";
import { type Clash, findClash } from "./clash.ts";
import type { Frozen } from "./fit.ts";
import type { Settling, Verdict } from "./gate.ts";
import { judgeByCommands, type TreeToLand } from "./tree_to_land.ts";

type Blame = NonNullable<EventOf<"candidate_rejected">["blame"]>;

/** Whose doing it is that a gate did not pass; of `integration` the landing that it is, where that is known. */
export type Whose = { blame: Blame; clash?: Clash };

/** The tree that was refused, and the work it was made of: `tree` was frozen on the commit `base`, and `commit` keeps it. */
export type Refused = { subject: TreeToLand } & Frozen;

/**
 * Asks the gate again, of the target's head without the work and then of the work without what has landed since. It is asked
 * only where the answer is open, and what it says is in no record: the verdict stands whatever comes of it.
 */
export async function attribute(
  refused: Refused,
  verdict: Verdict,
  { settling, signal }: { settling: Settling; signal: AbortSignal },
): Promise<Whose> {
  if (verdict.gate === "lifecycle") return { blame: "unknown" }; // it tells a system of what happens, and this would not
  const elsewhere: Settling = { ...settling, record: () => undefined };
  const ask = (tree: TreeToLand) => judgeByCommands(tree, elsewhere, signal, ["setup", verdict.gate]);
  if (verdict.verdict === "broken")
    return { blame: (await isMissing(refused, verdict, ask)) ? "environment" : "unknown" };
  if (saysOfNoFile(verdict) && !isOwnTest(refused, verdict)) {
    const fell = await ask(await headOf(refused));
    if (fell) return { blame: fell.gate === "setup" ? "environment" : "base" };
  }
  const { subject, base } = refused;
  if (base === subject.head) return { blame: "task" };
  const alone = await ask(await workOf(refused));
  if (alone !== null) return { blame: alone.gate === verdict.gate && alone.verdict === "reject" ? "task" : "unknown" };
  const halves = subject.project.limits.batch > 1;
  const passesOn = async (commit: string): Promise<boolean | null> => {
    const tree = await workOn(refused, commit);
    const fell = tree && (await ask(tree));
    if (fell === null) return tree && true;
    return fell.gate === verdict.gate && fell.verdict === "reject" ? false : null;
  };
  const clash = await findClash(subject.git, { base, head: subject.head, halves }, passesOn);
  return { blame: "integration", ...(clash && { clash }) };
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
async function workOf({ subject, base, tree }: Refused): Promise<TreeToLand> {
  const changes = await diffTrees(subject.git, base, tree);
  return { ...subject, head: base, tree, changes, out: `${subject.out}/alone` };
}

/** The work on a commit between; null: it cannot be put there. */
async function workOn({ subject, base, commit }: Refused, head: string): Promise<TreeToLand | null> {
  const { git } = subject;
  const merged = await integrate(git, { base, candidate: commit, head });
  if (merged.kind === "conflict") return null;
  const changes = await diffTrees(git, head, merged.tree);
  return { ...subject, head, tree: merged.tree, changes, out: `${subject.out}/on-${head.slice(0, 12)}` };
}
