import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Event, TaskId } from "@dgov/kernel";
import { runLoop } from "../loop.ts";
import { performersOf } from "../perform.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import { unitWith } from "../settlement/testing/parts.ts";
import { NOBODY } from "../steering/desk.ts";
import { eventsIn, openSite, workOf } from "./site.ts";

/** The id of a task. */
export const idOf = (slug: string) => TaskId.parse(`core/main.${slug}`);
type Laid = {
  work: Record<string, Record<string, string>>; // by task, its files
  files?: Record<string, string>;
  test?: string; // what must hold; a line for each run is counted
  own?: Record<string, string>; // by task, its own test command
  claims?: string[]; // instead of what each task writes
  batch?: number; // 1: each alone
};

/** Tasks whose work is frozen, and nothing judged yet. */
export async function layFrozen({
  work,
  files = { "z.txt": "z\n" },
  test = "true",
  own = {},
  claims,
  batch = 8,
}: Laid) {
  const units = Object.entries(work).map(([slug, written]): CompiledTask => {
    const touch = claims ?? Object.keys(written);
    return { ...unitWith({ touch }, own[slug] ?? null), id: idOf(slug), commit_message: `Do ${slug}` };
  });
  const [unit, ...others] = units;
  const retry = { retries: 0, settlement_retries: 0, tiers: 1, backoff_ms: [0] };
  const started = { retry, ...(batch > 1 ? { batch } : {}) };
  const place = await openSite({ files, ...(unit ? { unit } : {}), others, started });
  const counter = join(place.repo.folder, "runs");
  place.site.project.commands = { ...place.site.project.commands, test: `echo run >>'${counter}'; ${test}` };
  for (const [slug, written] of Object.entries(work)) await workOf({ ...place, task: idOf(slug) }, written);
  const runs = () => readFileSync(counter, "utf8").split("\n").length - 1;
  return { ...place, runs };
}
export type Frozen = Awaited<ReturnType<typeof layFrozen>>;

/** Judges and lands until there is nothing to do. Whoever is refused is not tried again. */
export async function settleAll(
  { site, log }: Pick<Frozen, "site" | "log">,
  signal = new AbortController().signal,
): Promise<Event[]> {
  await runLoop(site.session, performersOf(site), signal, NOBODY);
  await site.pool.close();
  return eventsIn(log);
}
