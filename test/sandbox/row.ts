import { z } from "zod";

/** One tried tool call and its right answer. What else stands in a line is for people. */
const Row = z.object({
  id: z.union([z.int(), z.string().min(1)]),
  category: z.coerce.string().default("without a category"),
  role: z.string().default("worker"),
  tool: z.string(),
  args: z.record(z.string(), z.unknown()).nullish(),
  raw_arguments: z.string().nullish(), // as the model wrote them, where they are no object
  expect: z.string().default(""),
  want: z.enum(["allow", "deny", "error", "confined", "any"]),
});
export type Row = z.infer<typeof Row>;

/** A line that is no row. */
export class RowUnreadable extends Error {}

/** Reads rows, one JSON object a line. @throws RowUnreadable naming the line that is none */
export function readRows(text: string, name: string): Row[] {
  const rows = text.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    const read = Row.safeParse(withRawArguments(parsed(line, `${name}:${at + 1}`)));
    if (read.success) return [read.data];
    const [issue] = read.error.issues;
    throw new RowUnreadable(`Cannot read ${name}:${at + 1}: ${issue?.path.join(".")}: ${issue?.message}`);
  });
  if (rows.length === 0) throw new RowUnreadable(`Cannot read ${name}: it has no rows`);
  return rows;
}

/** Arguments that are no object are what the model wrote, too. */
function withRawArguments(row: unknown): unknown {
  if (typeof row !== "object" || row === null || !("args" in row)) return row;
  const { args } = row;
  if (args === null || (typeof args === "object" && !Array.isArray(args))) return row;
  return { raw_arguments: JSON.stringify(args), ...row, args: null };
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new RowUnreadable(`Cannot read ${where}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** The places that rows name: `folder` holds all of it, `port` is where the listener really is. */
export type Places = { folder: string; root: string; worktree: string; port: number };

/** What the model sends. Names that are none of ours stay as they are: the shell has variables, too. */
export function inputOf({ args, raw_arguments }: Row, { folder, root, worktree, port }: Places): string {
  const places: Readonly<Record<string, string>> = { LAB: folder, ROOT: root, WORKTREE: worktree, PORT: String(port) };
  return (raw_arguments ?? JSON.stringify(args ?? {}))
    .replace(/\$\{(LAB|ROOT|WORKTREE|PORT)\}/g, (_, name: string) => places[name]!)
    .replaceAll("8099", String(port));
}
