import { writeAsked } from "@dgov/governor/asked_file";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand } from "../command.ts";
import { type Graph, graphOf, mermaidOf, svgOf } from "../kb_graph.ts";
import { checked, exitOf, orIssues, ROOT, ROOT_SHORT } from "../kb_text.ts";

type View = Graph & { svg?: string };

export const kbGraph = defineCommand({
  name: "kb graph",
  summary: "Show how articles are linked and what they are derived from, for Mermaid, as JSON or as a picture",
  examples: ["dgov kb graph", "dgov kb graph --svg kb.svg"],
  args: z.strictObject({}),
  flags: z.strictObject({ ...ROOT, svg: z.string().optional().describe("Draw it to this file, over what is there") }),
  short: ROOT_SHORT,
  run: async ({ root, svg }, here) =>
    checked(here, root, (knowledge): View => {
      const graph = graphOf(knowledge);
      if (svg === undefined) return graph;
      return { ...graph, svg: writeAsked({ cwd: here.cwd, what: "picture", file: svg }, svgOf(graph)) };
    }),
  text: orIssues<View>((view) => (view.svg === undefined ? mermaidOf(view) : `The picture is ${plain(view.svg)}`)),
  exit: (view) => exitOf(view),
});
