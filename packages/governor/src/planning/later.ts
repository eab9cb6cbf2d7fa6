import { basename, dirname, join } from "node:path";
import { counted } from "../counted.ts";
import type { Project } from "../project.ts";
import type { World } from "../session.ts";
import { writeAtomic } from "../write.ts";
import type { Planning } from "./draft.ts";
import { askingOf, drafted } from "./drafting.ts";
import { type MadeFrom, readMadeFrom, usedRuns, writeMadeFrom } from "./made_from.ts";
import { overridden } from "./overrides.ts";
import { planFiles, TASKS_FILE } from "./plan_files.ts";
import { isThere } from "./plan_tree.ts";
import { slugOf } from "./texts.ts";

/** A plan of which there is the spec alone. */
export type Later = MadeFrom & { later: NonNullable<MadeFrom["later"]> };

/** @returns null where tasks are there already, by whomever, or nobody has left what they could be made from */
export function laterOf(root: string, dir: string): Later | null {
  const made = readMadeFrom(root, dir);
  return made?.later && !isThere(join(root, dir, TASKS_FILE)) ? { ...made, later: made.later } : null;
}

/**
 * Has the tasks made of a plan whose spec is approved, from that very text. They are written whole or not at all; who is killed
 * before pays for no answer twice.
 *
 * @throws DgovError `no_answer`, and whatever consulting somebody throws
 */
export async function makeTasks(
  world: World,
  { project, dir, spec, made: { later, ...made } }: { project: Project; dir: string; spec: string; made: Later },
  told: (line: string) => void,
): Promise<void> {
  const { root } = project;
  const [name, above] = [basename(dir), dirname(dir)];
  const own = { about: `plan-${slugOf(name)}`, above, model: later.model };
  const planning: Planning = { project, world, ...own, tests_first: true };
  const known = { goal: made.goal, recon: later.recon, answered: later.answered, spec: { name, text: spec } };
  const asking = askingOf(root, world, usedRuns(root, above));
  const { draft, critique } = await drafted(asking, { planning, known, critique: later.critique });
  writeAtomic(join(root, dir, TASKS_FILE), planFiles(draft, name, true)[TASKS_FILE] ?? "");
  writeMadeFrom(root, dir, { ...made, runs: [...made.runs, ...asking.runs] });
  told(`The plan has ${counted(draft.tasks.length, "task")}`);
  if (critique.verdict !== "skipped") told(`A second look (${critique.verdict}): ${critique.said}`);
  for (const { key, to, applied, why } of overridden(root, draft, later.apply_config))
    told(`${applied ? "Changed" : "Would change"} ${key} to ${JSON.stringify(to)}${applied ? "" : `, but ${why}`}`);
}
