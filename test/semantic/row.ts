import { z } from "zod";

const texts = z.record(z.string(), z.string());

/** One tried merge and its right answer. Where nothing is stated nothing is compared. What else stands in a line is for people. */
export const Row = z.object({
  id: z.union([z.int(), z.string().min(1)]).transform(String),
  cls: z.string().default("without a class"),
  title: z.string().default(""),
  base: texts,
  left: texts,
  right: texts,
  verdict: z.enum(["merge", "note", "warn", "block", "conflict"]).nullish(),
  kinds: z.array(z.string()).nullish(),
  subjects: z.array(z.string()).nullish(),
  merged: texts.nullish(),
});
export type Row = z.infer<typeof Row>;

/** A line that is no row. */
export class RowUnreadable extends Error {}

/** Reads rows, one JSON object a line. @throws RowUnreadable naming the line that is none */
export function readRows(text: string, name: string): Row[] {
  const rows = text.split("\n").flatMap((line, at) => (line.trim() === "" ? [] : [readRow(line, `${name}:${at + 1}`)]));
  if (rows.length === 0) throw new RowUnreadable(`Cannot read ${name}: it has no rows`);
  return rows;
}

function readRow(line: string, where: string): Row {
  const read = Row.safeParse(parsed(line, where));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new RowUnreadable(`Cannot read ${where}: ${issue?.path.join(".")}: ${issue?.message}`);
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new RowUnreadable(`Cannot read ${where}: ${why}`, { cause: error });
  }
}
