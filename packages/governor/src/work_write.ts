import { type Item, type Link, nameOf, type WorkSaid, wouldCircle } from "@dgov/kernel/work";
import { DgovError } from "./error.ts";
import { commitOf, type From, readEvidence } from "./evidence.ts";
import { openRepository } from "./git/readiness.ts";
import { appendRecord } from "./record_files.ts";
import { findRoot } from "./root.ts";
import { findItem, readItems, viewOf, WORK_STREAM, type WorkItem } from "./work.ts";

export type { Evidence } from "@dgov/kernel/evidence";
export type { Link };

export type NewItem = { title: string; priority: number; criteria: readonly string[]; blocked_by: readonly string[] };

/** @throws DgovError `usage` without a title or a criterion, `work_unknown` for what it is to wait for */
export function addWork({ cwd, now_ms }: From, { title, priority, criteria, blocked_by }: NewItem): WorkItem {
  const root = findRoot(cwd);
  const items = readItems(root);
  for (const id of blocked_by) findItem(items, id);
  const words = criteria.map((one) => one.trim()).filter((one) => one !== "");
  if (title.trim() === "") throw new DgovError("usage", "Cannot add an item: its title is empty");
  if (words.length === 0)
    throw new DgovError("usage", `Cannot add "${title.trim()}": nothing says when it is done`, {
      hint: "Name what must be shown for it: --criterion TEXT, once for each",
    });
  const at_ms = now_ms();
  const said: WorkSaid = { kind: "item_added", title: title.trim(), priority, criteria: words };
  const item = nameOf(appendRecord(root, WORK_STREAM, { at_ms, said }));
  for (const by of blocked_by)
    appendRecord(root, WORK_STREAM, {
      at_ms,
      said: { kind: "item_linked", item, link: { to: "blocked_by", item: by } },
    });
  return viewOf(findItem(readItems(root), item));
}

/**
 * Ties an item to others, to a plan, a task or a commit, or unties it.
 *
 * @throws DgovError `work_blocked` when it would wait for itself, `work_unproven` for a commit that is not in the history
 */
export async function linkWork(
  { cwd, env, now_ms }: From,
  { id, links, remove }: { id: string; links: readonly Link[]; remove: boolean },
): Promise<WorkItem> {
  const root = findRoot(cwd);
  if (links.length === 0)
    throw new DgovError("usage", `Cannot link "${id}": nothing is named to link it to`, {
      hint: "Give --blocked-by, --plan, --task or --commit",
    });
  for (const link of links) {
    const items = readItems(root);
    refuseClosed(findItem(items, id));
    if (!remove && link.to === "blocked_by") {
      findItem(items, link.item);
      if (wouldCircle(items, id, link.item))
        throw new DgovError("work_blocked", `Cannot let "${id}" wait for "${link.item}": it would wait for itself`, {
          hint: `See what "${link.item}" waits for: dgov work show ${link.item}`,
        });
    }
    if (remove && !findItem(items, id).links.some((one) => Bun.deepEquals(one, link)))
      throw new DgovError("usage", `Cannot untie "${id}": it has no such link`, { hint: `See dgov work show ${id}` });
    const whole =
      link.to === "commit" && !remove
        ? { ...link, commit: await commitOf(await openRepository(root, env), link.commit) }
        : link;
    const kind = remove ? "item_unlinked" : "item_linked";
    appendRecord(root, WORK_STREAM, { at_ms: now_ms(), said: { kind, item: id, link: whole } });
  }
  return viewOf(findItem(readItems(root), id));
}

/** Which criterion, counted from 1, is shown by which evidence. */
export type Showing = { criterion: number; evidence: string };

/**
 * Closes an item: each of its criteria is shown by evidence that holds, of a commit that is in the history.
 *
 * @throws DgovError `work_blocked` while it waits for others, `work_unproven` for a criterion that nothing shows
 */
export async function doneWork({ cwd, env, now_ms }: From, id: string, shown: readonly Showing[]): Promise<WorkItem> {
  const root = findRoot(cwd);
  const item = findItem(readItems(root), id);
  refuseClosed(item);
  const refuse = (why: string) => new DgovError("work_unproven", `Cannot close "${id}": ${why}`);
  if (item.waits_for.length > 0 || item.circle)
    throw new DgovError("work_blocked", `Cannot close "${id}": it waits for ${item.waits_for.join(", ")}`);
  const all = readEvidence(root);
  const git = await openRepository(root, env);
  for (const at of item.criteria.keys())
    if (!shown.some(({ criterion }) => criterion === at + 1))
      throw refuse(`nothing is named for criterion ${at + 1}, "${item.criteria[at]}"`);
  const met = [];
  for (const { criterion, evidence } of shown) {
    if (criterion > item.criteria.length) throw refuse(`it has no criterion ${criterion}`);
    if (/^W-/.test(evidence)) throw refuse(`"${evidence}" is work, and work is no evidence`);
    const found = all.find((one) => one.id === evidence || one.hash === evidence);
    if (!found) throw refuse(`there is no evidence "${evidence}"`);
    if (!found.holds) throw refuse(`"${evidence}" shows the contrary: it did not pass`);
    await commitOf(git, found.commit);
    met.push({ criterion, evidence: found.id, hash: found.hash });
  }
  appendRecord(root, WORK_STREAM, { at_ms: now_ms(), said: { kind: "item_done", item: id, met } });
  return viewOf(findItem(readItems(root), id));
}

/** Says that an item is not to be done; what waits for it no longer does. */
export function dropWork({ cwd, now_ms }: From, id: string, why: string): WorkItem {
  const root = findRoot(cwd);
  refuseClosed(findItem(readItems(root), id));
  if (why.trim() === "") throw new DgovError("usage", `Cannot drop "${id}": no reason is given`);
  appendRecord(root, WORK_STREAM, { at_ms: now_ms(), said: { kind: "item_dropped", item: id, why: why.trim() } });
  return viewOf(findItem(readItems(root), id));
}

function refuseClosed({ id, state }: Item): void {
  if (state !== "open")
    throw new DgovError("work_blocked", `Cannot change "${id}": it is ${state}`, {
      hint: 'What was closed stays closed: add an item for what is left, with "dgov work add"',
    });
}
