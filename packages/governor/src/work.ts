import { foldWork, type Item, inTurn, isReady, nextItem, WORK, WorkSaid } from "@dgov/kernel/work";
import { DgovError } from "./error.ts";
import { readStream, type Stream } from "./record_files.ts";
import { findRoot } from "./root.ts";

export const WORK_STREAM: Stream<typeof WorkSaid> = { name: WORK, folder: ".dgov/work", said: WorkSaid };

/** `ready`: it may be chosen next. */
export type WorkItem = Item & { ready: boolean };
export type WorkList = { items: WorkItem[] };
export type Which = "open" | "ready" | "blocked" | "done" | "dropped" | "all";

/** Items in the order in which they would be chosen. */
export function listWork({ cwd }: { cwd: string }, which: Which): WorkList {
  const items = inTurn(readItems(findRoot(cwd))).map(viewOf);
  return { items: items.filter((item) => which === "all" || kindsOf(item).includes(which)) };
}

/** What is to be done next, and which open items never can be, because they wait for themselves. */
export function nextWork({ cwd }: { cwd: string }): { item: WorkItem | null; circles: string[]; blocked: number } {
  const items = readItems(findRoot(cwd));
  const next = nextItem(items);
  const circles = items.filter(({ circle }) => circle).map(({ id }) => id);
  const blocked = items.filter((item) => item.state === "open" && !isReady(item)).length;
  return { item: next && viewOf(next), circles, blocked };
}

/** @throws DgovError `work_unknown` */
export const showWork = ({ cwd }: { cwd: string }, id: string): WorkItem =>
  viewOf(findItem(readItems(findRoot(cwd)), id));

export const readItems = (root: string): Item[] => foldWork(readStream(root, WORK_STREAM));

export const viewOf = (item: Item): WorkItem => ({ ...item, ready: isReady(item) });

function kindsOf({ state, ready }: WorkItem): Which[] {
  if (state !== "open") return [state];
  return ["open", ready ? "ready" : "blocked"];
}

export function findItem(items: readonly Item[], id: string): Item {
  const item = items.find((one) => one.id === id);
  if (item) return item;
  const why = /^E-/.test(id) ? "it is evidence, and evidence is no work" : "there is no such item";
  throw new DgovError("work_unknown", `Cannot find the item "${id}": ${why}`);
}
