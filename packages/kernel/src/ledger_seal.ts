import { z } from "zod";
import { canonical } from "./canonical.ts";

/** A fact of the ledger as its table holds it. `body` is JSON of the fact, with the `link` that ties it to all before it. */
export type FactRow = { seq: number; entry: number; at_ms: number; body: string };

/** What of an entry must stay as it was written; what became of it since (`status`) is not of it. */
export type Sealed = {
  id: number;
  category: string;
  content: string;
  created_at: number; // seconds since the epoch, with a fraction, as the column has it
  affected_paths: string | null;
  affected_tags: string | null;
};

/** sha-256 (hex) of what an entry says. */
export const sealOf = ({ id, category, content, created_at, affected_paths, affected_tags }: Sealed): string =>
  sha256(canonical({ affected_paths, affected_tags, category, content, created_at, id }));

/** The kind of fact that takes all before it as it stands: what it is worth is for the person who wrote it to say. */
export const ANCHOR = "accepted_all";

type Next = Omit<FactRow, "body"> & { fact: object };

/**
 * The link of the next fact: sha-256 (hex) of the link before it and of what it says itself.
 *
 * @param last the fact before it; null: the link is to be made of all of them
 * @param all every fact before it, in order; asked for where the last has no link
 */
export function linkAfter(last: FactRow | null, all: () => readonly FactRow[], next: Next): string {
  const before = last === null ? undefined : read(last)?.link;
  return linkOf(before ?? digestOf(all()), next);
}

/**
 * The first fact, by number, that is not as it was appended, or whose place in the chain is another's; null where there is
 * none. Facts of before there was a chain are held by the link of the first that has one, and so is all before an anchor.
 */
export function brokenAt(rows: readonly FactRow[]): number | null {
  const facts = rows.map(read);
  const anchor = facts.findLastIndex((fact) => fact?.kind === ANCHOR);
  const first = facts.findIndex((fact) => fact === null || fact.link !== undefined || fact.kind === "sealed");
  const start = anchor >= 0 ? anchor : first;
  if (start < 0) return null;
  let before = digestOf(rows.slice(0, start));
  for (const [at, { seq, entry, at_ms }] of rows.entries()) {
    if (at < start) continue;
    const { link, ...fact } = facts[at] ?? {};
    if (link === undefined || link !== linkOf(before, { seq, entry, at_ms, fact })) return seq;
    before = link;
  }
  return null;
}

const Linked = z.looseObject({ kind: z.string(), link: z.string().optional() });

function read({ body }: FactRow): z.infer<typeof Linked> | null {
  try {
    return Linked.safeParse(JSON.parse(body)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const linkOf = (before: string, next: Next): string => sha256(canonical({ ...next, before }));

const digestOf = (rows: readonly FactRow[]): string =>
  rows.length === 0 ? "" : sha256(canonical(rows.map(({ seq, entry, at_ms, body }) => [seq, entry, at_ms, body])));

const sha256 = (text: string): string => Bun.CryptoHasher.hash("sha256", text, "hex");
