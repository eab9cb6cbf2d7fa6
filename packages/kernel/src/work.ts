import { z } from "zod";
import type { RecordOf } from "./records.ts";

/** The stream of work: items that are to be done. It holds no evidence; an item cites it, and is never cited as it. */
export const WORK = "work";

const ItemId = z.string().regex(/^W-[0-9a-f]{8}$/);

/** What an item is tied to: what must be done before it, and where it is planned or done. */
export const Link = z.discriminatedUnion("to", [
  z.strictObject({ to: z.literal("blocked_by"), item: ItemId }),
  z.strictObject({ to: z.literal("plan"), plan: z.string() }),
  z.strictObject({ to: z.literal("task"), task: z.string() }),
  z.strictObject({ to: z.literal("commit"), commit: z.string() }),
]);
export type Link = z.infer<typeof Link>;

/** Which criterion, counted from 1, is met by which evidence. */
const Met = z.strictObject({
  criterion: z.int().min(1),
  evidence: z.string().regex(/^E-[0-9a-f]{8}$/),
  hash: z.string(), // of the evidence: the short name is for people
});
type Met = z.infer<typeof Met>;

export const WorkSaid = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("item_added"), // the item's name is `W-` and the first eight digits of the record's id
    title: z.string().min(1),
    priority: z.int().min(0).max(4), // 0: before all others
    criteria: z.array(z.string().min(1)).min(1),
  }),
  z.strictObject({ kind: z.literal("item_linked"), item: ItemId, link: Link }),
  z.strictObject({ kind: z.literal("item_unlinked"), item: ItemId, link: Link }),
  z.strictObject({ kind: z.literal("item_done"), item: ItemId, met: z.array(Met).min(1) }),
  z.strictObject({ kind: z.literal("item_dropped"), item: ItemId, why: z.string().min(1) }),
]);
export type WorkSaid = z.infer<typeof WorkSaid>;

/**
 * An item as its records leave it. `waits_for`: what it is blocked by and is not done, an item that is not there included;
 * `circle`: it waits for itself, by way of others.
 */
export type Item = {
  id: string;
  title: string;
  priority: number;
  criteria: readonly string[];
  state: "open" | "done" | "dropped";
  links: readonly Link[];
  waits_for: readonly string[];
  circle: boolean;
  met: readonly Met[];
  why: string; // of a dropped one
  added_at_ms: number;
  closed_at_ms: number | null;
};

/** Folds the records of the stream, in their order. Of two that close an item on two branches the first holds. */
export function foldWork(records: readonly RecordOf<WorkSaid>[]): Item[] {
  const items = new Map<string, Item>();
  for (const { id, at_ms, said } of records) {
    if (said.kind === "item_added") {
      const { title, priority, criteria } = said;
      const empty = { links: [], waits_for: [], circle: false, met: [], why: "", closed_at_ms: null };
      const name = nameOf(id);
      if (!items.has(name))
        items.set(name, { id: name, title, priority, criteria, state: "open", ...empty, added_at_ms: at_ms });
      continue;
    }
    const item = items.get(said.item);
    if (item) items.set(item.id, after(item, said, at_ms));
  }
  return [...items.values()].map((item) => ({
    ...item,
    waits_for: item.state === "open" ? unmet(items, item) : [],
    circle: item.state === "open" && reaches(items, item, item.id),
  }));
}

/** The short name of the item that a record adds. */
export const nameOf = (record: string): string => `W-${record.slice(0, 8)}`;

/** What is to be done next: of the open items that wait for nothing the most urgent, then the oldest; null where none is. */
export const nextItem = (items: readonly Item[]): Item | null => inTurn(items.filter(isReady))[0] ?? null;

/** Whether it may be chosen: it is open, and all that it waits for is done. A circle waits for ever. */
export const isReady = ({ state, waits_for, circle }: Item): boolean =>
  state === "open" && waits_for.length === 0 && !circle;

/** By urgency, then by age, then by name: one order on every machine. */
export const inTurn = (items: readonly Item[]): Item[] =>
  [...items].sort(
    (a, b) => a.priority - b.priority || a.added_at_ms - b.added_at_ms || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );

/** Whether an item would wait for itself if it were blocked by the other one too. */
export function wouldCircle(items: readonly Item[], item: string, by: string): boolean {
  const all = new Map(items.map((one) => [one.id, one]));
  const other = all.get(by);
  return by === item || (other !== undefined && reaches(all, other, item));
}

/** What was closed stays as it was closed. */
function after(item: Item, said: Exclude<WorkSaid, { kind: "item_added" }>, at_ms: number): Item {
  if (item.state !== "open") return item;
  switch (said.kind) {
    case "item_linked":
      return { ...item, links: [...without(item.links, said.link), said.link] };
    case "item_unlinked":
      return { ...item, links: without(item.links, said.link) };
    case "item_done":
      return { ...item, state: "done", met: said.met, closed_at_ms: at_ms };
    case "item_dropped":
      return { ...item, state: "dropped", why: said.why, closed_at_ms: at_ms };
  }
}

const without = (links: readonly Link[], link: Link): Link[] =>
  links.filter((one) => JSON.stringify(one) !== JSON.stringify(link));

const blockers = ({ links }: Item): string[] => links.flatMap((link) => (link.to === "blocked_by" ? [link.item] : []));

/** What was dropped is not waited for: nobody will do it. */
const unmet = (items: ReadonlyMap<string, Item>, item: Item): string[] =>
  blockers(item).filter((id) => (items.get(id)?.state ?? "open") === "open");

/** Whether one comes to another by what is open and blocks it. */
function reaches(items: ReadonlyMap<string, Item>, from: Item, to: string): boolean {
  const seen = new Set<string>();
  const left = blockers(from);
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (id === to) return true;
    const item = items.get(id);
    if (seen.has(id) || item?.state !== "open") continue;
    seen.add(id);
    left.push(...blockers(item));
  }
  return false;
}
