import type { Git } from "./git/git.ts";
import { verdictOf } from "./preflight/answer.ts";
import { isSilent } from "./preflight/base_project.ts";
import { judgeSubject, type Outside } from "./preflight/judge.ts";
import { indexKey, keepView, knownView, quietKey, subjectKey } from "./preflight/keys.ts";
import { findCommitPlace, gitIn } from "./preflight/place.ts";
import { type Question, subjectOf } from "./preflight/subject.ts";
import { type Kept, openKept } from "./preflight/verdicts.ts";
import type { JudgedGate, PreflightView } from "./preflight/view.ts";
import type { Project } from "./project.ts";
import { PROJECT_FILE } from "./project_file.ts";

export type { JudgedGate, PreflightView, Question };

/** `fresh`: judged again, whatever is known; `touches`: the symbols that it touches are wanted, too. */
export type Preflight = { question: Question; fresh: boolean; touches: boolean };

/**
 * Judges a tree as settlement would, but for claims: nobody has made any. Nothing is written in the checkout or its index.
 * What was judged before is known, unless a gate was broken then.
 *
 * @throws DgovError where nothing can be judged
 */
export async function preflight(
  { cwd, version, ...world }: Outside & { cwd: string; version: string },
  { question, fresh, touches }: Preflight,
): Promise<PreflightView> {
  const start_ms = world.now_ms();
  const took = () => Math.round(world.now_ms() - start_ms);
  const place = findCommitPlace({ cwd, env: world.env });
  const git = gitIn(place, world.env);
  const kept = openKept(place.common_dir);
  const at_once = question.kind === "staged" ? indexKey(version, place) : null; // before anybody refreshes the index
  const subject = await subjectOf(git, place, question);
  const key = subjectKey(version, subject);
  const known = fresh ? null : knownView(kept, key);
  if (known && !(touches && known.symbols === null)) return { ...known, known: true, took_ms: took() };
  const { project, ...judged } = await judgeSubject(subject, { git, place, world, touches });
  const { gates, notes, tree, files, symbols } = judged;
  const view: PreflightView = {
    verdict: verdictOf(judged),
    judged: subject.words,
    base: subject.head,
    ...{ tree, files, gates, notes, symbols, known: false, took_ms: took() },
  };
  keepView(kept, [key, at_once], view);
  if (project && subject.head !== null) await keepQuiet(kept, { git, head: subject.head, project, version });
  return view;
}

/** Whoever asks the next time about a configuration that names no judges need not read it. */
async function keepQuiet(
  kept: Kept,
  { git, head, project, version }: { git: Git; head: string; project: Project; version: string },
): Promise<void> {
  if (!isSilent(project)) return;
  const [file] = await git.objects.info([`${head}:${PROJECT_FILE}`]);
  const { scope } = project.rules;
  if (file) kept.write([quietKey(version, file.oid)], { scope });
}
