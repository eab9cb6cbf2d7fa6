import type { EventOf } from "@dgov/kernel";
import type { Git } from "../git/git.ts";
import { items } from "../git/git.ts";

/** A landing with which work does not pass, while it passes with all that landed before it. `task` "": a person's commit. */
export type Clash = NonNullable<EventOf<"candidate_rejected">["clash"]>;

/** Says whether work passes on top of a commit; null: nobody can tell. */
type PassesOn = (commit: string) => Promise<boolean | null>;

/** With more landings between them nobody is named: each halving asks a gate once. */
const LANDINGS_MAX = 64;

/**
 * Which landing it is, of those between the commit that work began on, where it passes, and the head, where it does not. One is
 * known without asking; of several each is asked that halves what is left.
 *
 * @param halves whether the gate may be asked for it
 * @returns null where it is not known
 */
export async function findClash(
  git: Git,
  { base, head, halves }: { base: string; head: string; halves: boolean },
  passesOn: PassesOn,
): Promise<Clash | null> {
  const landings = await landingsBetween(git, base, head);
  if (landings.length > 1 && (!halves || landings.length > LANDINGS_MAX)) return null;
  let [passes, fails] = [-1, landings.length - 1];
  while (fails - passes > 1) {
    const middle = Math.floor((passes + fails) / 2);
    const passed = await passesOn(landings[middle]?.commit ?? "");
    if (passed === null) return null;
    if (passed) passes = middle;
    else fails = middle;
  }
  return landings[fails] ?? null;
}

/** What came onto the branch, oldest first. */
async function landingsBetween(git: Git, base: string, head: string): Promise<Clash[]> {
  const format = "--format=%H %(trailers:key=Dgov-Task,valueonly,separator=%x2C)";
  const count = `--max-count=${LANDINGS_MAX + 1}`;
  const { bytes } = await git.ask(["log", "--first-parent", "-z", count, format, `${base}..${head}`]);
  const found = items(bytes).map((line): Clash => {
    const [commit = "", ...task] = line.trim().split(" ");
    return { commit, task: task.join(" ") };
  });
  return found.reverse();
}
