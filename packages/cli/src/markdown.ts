import { plain } from "./ansi.ts";

/** A text within a table's cell or a line. Names come from strangers' files: none may end a cell, a line or a tag. */
export const cell = (text: string): string =>
  plain(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]|~@#]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");

/** A text as code: more ticks around it than it has in a row. */
export function code(text: string): string {
  const ticks = "`".repeat(1 + Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length)));
  const pad = ticks.length > 1 || text.startsWith("`") ? " " : "";
  return `${ticks}${pad}${plain(text).replace(/\s+/g, " ").replaceAll("|", "\\|")}${pad}${ticks}`;
}

/** A table of cells that are Markdown already; "" where there is no row. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  return [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
