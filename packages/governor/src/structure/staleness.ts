import { counted } from "../counted.ts";
import type { Git } from "../git/git.ts";
import type { Project } from "../project.ts";
import type { Baseline } from "./baseline.ts";

/** How old a baseline is; null: nothing says so. */
export type Age = { commits: number | null; days: number | null };

const DAY_MS = 24 * 60 * 60_000;

/** How many commits and days a baseline is behind a commit. */
export async function ageOf(
  git: Git,
  { accepted_head, at_ms }: Baseline,
  { head, now_ms }: { head: string; now_ms: number },
): Promise<Age> {
  const days = at_ms === null ? null : Math.max(0, Math.floor((now_ms - at_ms) / DAY_MS));
  const [known] = accepted_head === null ? [null] : await git.objects.info([accepted_head]);
  if (known?.type !== "commit" || accepted_head === null) return { commits: null, days };
  const commits = Number(await git.text(["rev-list", "--count", `${accepted_head}..${head}`]));
  return { commits, days };
}

/** Why a baseline is stale, as a clause; null: it is not. */
export function staleWords(
  { commits, days }: Age,
  { stale_commits, stale_days }: Project["rules"]["baselines"],
): string | null {
  const why = [
    ...(commits !== null && commits > stale_commits
      ? [`${counted(commits, "commit")} behind (more than ${stale_commits})`]
      : []),
    ...(days !== null && days > stale_days ? [`${counted(days, "day")} old (more than ${stale_days})`] : []),
  ];
  return why.length === 0 ? null : why.join(" and ");
}
