import { z } from "zod";
import { canonical } from "./canonical.ts";

/**
 * A record is a file of its own that is named by its content, and cites the records that were the last when it was made. So
 * two branches that both add some are merged by having the files of both, and what is changed, or missing before another,
 * shows without a key.
 */
export type RecordOf<Said> = { id: string; at_ms: number; after: readonly string[]; said: Said };

/** What is wrong with a record file: its content is not what its name says, it is no such record, or one before it is gone. */
export type RecordFault = { name: string; why: "name" | "schema" | "missing" };

/** `records`: each after those that it cites; ties by time and then by id, so that every machine has one order. */
export type Records<Said> = { records: readonly RecordOf<Said>[]; faults: readonly RecordFault[] };

/** The file of a new record. @param stream which kind of records it is of: those of another are none of this */
export function recordFile<Said>(
  stream: string,
  { at_ms, after, said }: Omit<RecordOf<Said>, "id">,
): { id: string; name: string; text: string } {
  const text = canonical({ after: [...after].sort(), at_ms, said, stream });
  const id = Bun.CryptoHasher.hash("sha256", text, "hex");
  return { id, name: `${id}.json`, text: `${text}\n` };
}

/** @param files every file of the stream's folder by name */
export function readRecords<Schema extends z.ZodType>(
  stream: string,
  said: Schema,
  files: ReadonlyMap<string, string>,
): Records<z.infer<Schema>> {
  const Whole = z.strictObject({
    after: z.array(z.string()),
    at_ms: z.int().min(0),
    said: z.unknown(),
    stream: z.literal(stream),
  });
  const faults: RecordFault[] = [];
  const found = new Map<string, RecordOf<z.infer<Schema>>>();
  for (const [name, whole_text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = whole_text.replace(/\r?\n$/, ""); // git may write the end of a line in another way
    const id = Bun.CryptoHasher.hash("sha256", text, "hex");
    const whole = Whole.safeParse(json(text)).data;
    const read = said.safeParse(whole?.said);
    if (name !== `${id}.json`) faults.push({ name, why: "name" });
    else if (!whole || !read.success) faults.push({ name, why: "schema" });
    else found.set(id, { id, at_ms: whole.at_ms, after: whole.after, said: read.data });
  }
  const records = inOrder([...found.values()]);
  const placed = new Set(records.map(({ id }) => id));
  for (const { id } of found.values()) if (!placed.has(id)) faults.push({ name: `${id}.json`, why: "missing" });
  return { records, faults };
}

/** The records that no other cites: what a new one comes after. */
export function lastOf(records: readonly Pick<RecordOf<unknown>, "id" | "after">[]): string[] {
  const cited = new Set(records.flatMap(({ after }) => after));
  return records.map(({ id }) => id).filter((id) => !cited.has(id));
}

/**
 * Those whose citations are all there, earliest first among those that may come next by turns. A record can cite no later
 * one, because it is named by its content: there is no circle.
 */
function inOrder<Said>(records: readonly RecordOf<Said>[]): RecordOf<Said>[] {
  const sorted = [...records].sort((a, b) => a.at_ms - b.at_ms || (a.id < b.id ? -1 : 1));
  const ordered = new Map<string, RecordOf<Said>>();
  for (let before = -1; before < ordered.size; ) {
    before = ordered.size;
    for (const record of sorted)
      if (!ordered.has(record.id) && record.after.every((id) => ordered.has(id))) ordered.set(record.id, record);
  }
  return [...ordered.values()];
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
