import { lineTool } from "../line_tool.ts";
import { numberedTail } from "../lines.ts";
import description from "./tail.txt" with { type: "text" };

export const tail = lineTool({ name: "tail", description, show: numberedTail });
