import { lineTool } from "../line_tool.ts";
import { numbered } from "../lines.ts";
import description from "./head.txt" with { type: "text" };

export const head = lineTool({
  name: "head",
  description,
  show: (lines, n) => numbered(lines, 1, Math.min(n, lines.length)),
});
