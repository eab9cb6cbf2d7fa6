import type { DemoView, WorkerStory } from "@dgov/governor/demo/demo";
import { plain, wrap } from "./ansi.ts";

const PAGE = 80;

/** The demo, explained to somebody who has never seen dgov. What happened is told from the log, not from memory. */
export function renderDemo({ folder, workers, log, run, as_expected }: DemoView): string {
  const landed = workers.filter((worker) => worker.landed).length;
  return [
    "",
    `Five workers changed one small shop at the same time, each in a worktree of`,
    `its own. ${landed} of them landed.`,
    ...workers.flatMap((worker) => ["", ...tell(worker).map(onPage)]),
    "",
    `What is on main now: only work whose exact tree was judged (${run.duration_s.toFixed(1)} s in all).`,
    ...log.map((line) => `  ${line}`),
    "",
    `Look around:  cd ${folder} && git log --stat`,
    "Then see each decision:  dgov plan review .dgov/plans/shop",
    "Begin in a repository of yours:  dgov init",
    ...(as_expected ? [] : ["", "This is not how the demo should end: please report it."]),
  ].join("\n");
}

/** Broken between words, and going on where the line began. */
function onPage(line: string): string {
  const indent = line.length - line.trimStart().length;
  return " ".repeat(indent) + wrap(plain(line.trimStart()), PAGE, { first: indent, indent });
}

function tell({ task, landed, attempts, claimed, refusals, rejections }: WorkerStory): string[] {
  const name = task.replace("tasks/main.", "");
  const tries = attempts === 1 ? "at the first attempt" : `at attempt ${attempts}`;
  const verdict = landed ? `landed ${tries}` : "did not land";
  const lines = [`${landed ? "✔" : "✘"} ${name} ${verdict}.`];
  if (claimed !== null && rejections.length > 0) lines.push(`    It said: "${claimed}".`);
  for (const { tool, text, by } of refusals)
    lines.push(`    ${tool} was stopped ${WHY[by] ?? `by "${by}"`}: ${firstLine(text)}`);
  const [first] = rejections;
  if (first) {
    lines.push(`    The judge "${first.gate}" refused it: ${first.message}.`);
    for (const line of telling(first.output)) lines.push(`      | ${line}`);
  }
  const consequence = consequenceOf({ landed, rejections, refusals });
  if (consequence !== "") lines.push(`    ${consequence}`);
  return lines;
}

const WHY: Readonly<Record<string, string>> = {
  claim: "because the plan does not give it that file",
  jail: "by the operating system's jail",
};

function consequenceOf({
  landed,
  rejections,
  refusals,
}: Pick<WorkerStory, "landed" | "rejections" | "refusals">): string {
  if (landed && rejections.length > 0) return "It was given the findings, mended its work, and passed.";
  if (landed) return "It stayed in its claim and every gate passed.";
  if (refusals.length > 0) return "Nothing of what it tried is in the repository.";
  return "It was green alone. On top of what had landed meanwhile it was not, and only that tree counts.";
}

/** The lines of a test's output that say what is wrong. */
const telling = (output: string): string[] =>
  output
    .split("\n")
    .filter((line) => /^\s*(?:error|TypeError|Expected|Received|\(fail\))/.test(line))
    .slice(0, 4)
    .map((line) => line.trim());

const firstLine = (text: string): string => (text.replace(/^Error: /, "").split(/\n|; /)[0] ?? "").slice(0, 160);
