import { z } from "zod";
import { Row } from "./row.ts";

/** `except`: why the compiler and the right verdict differ. `entry`: the file that is run, where only a run shows it. */
const CompiledRow = Row.extend({ except: z.string().optional(), entry: z.string().optional() });
export type CompiledRow = z.infer<typeof CompiledRow>;

export const readCompiledRows = (text: string): CompiledRow[] => linesOf(text).map((line) => CompiledRow.parse(line));

/**
 * What a compiler said of one row. `tree`: the digest of the merged tree it saw; null: there was none. `errors`: what it
 * says of it and of neither side. `runs`: whether its entry ends well; null: it has none.
 */
const said = z.strictObject({
  id: z.string(),
  tree: z.string().nullable(),
  errors: z.array(z.string()),
  runs: z.boolean().nullable(),
});
export type Said = z.infer<typeof said>;

const head = z.strictObject({ compiler: z.string() });
export type Head = z.infer<typeof head>;

export function readSayings(text: string): { head: Head; said: ReadonlyMap<string, Said> } {
  const [first, ...rest] = linesOf(text);
  return { head: head.parse(first), said: new Map(rest.map((line) => said.parse(line)).map((one) => [one.id, one])) };
}

export const sayingsText = (first: Head, all: readonly Said[]): string =>
  [first, ...all].map((line) => `${JSON.stringify(line)}\n`).join("");

const linesOf = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line));

export function treeDigest(texts: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}
