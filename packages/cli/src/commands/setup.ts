import { DgovError } from "@dgov/governor/error";
import { type SetupAnswers, setUp, setupQuestions, setupTarget } from "@dgov/governor/setup";
import { z } from "zod";
import { plain } from "../ansi.ts";
import { defineCommand, type Here } from "../command.ts";

export const setup = defineCommand({
  name: "setup",
  summary: "Ask which model works and which commands judge, and write the configuration",
  details:
    "One answer a line, from the terminal or a pipe; an empty line takes what stands in brackets. In a repository it writes .dgov/project.toml and what init writes; elsewhere, and with --user, the user's own file, in which nothing judges.",
  examples: ["dgov setup --user --defaults"],
  args: z.strictObject({}),
  flags: z.strictObject({
    user: z.boolean().default(false).describe("Write ~/.config/dgov/config.toml"),
    defaults: z.boolean().default(false).describe("Ask nothing, and take every usual answer"),
    force: z.boolean().default(false).describe("Write over the file"),
  }),
  run: async ({ user, defaults, force }, here) => {
    const path = here.env.PATH ?? "";
    const target = setupTarget(here, { user, force });
    const answers: Record<string, string> = {};
    const next = defaults ? null : linesOf(here);
    for (const { key, words, usual } of setupQuestions(target, path)) {
      if (next) here.stderr(`${words} [${usual}]`);
      const said = next ? await next() : "";
      answers[key] = said === "" ? usual : said === "-" ? "" : said;
    }
    return setUp(target, answers satisfies SetupAnswers, { path });
  },
  text: ({ file, created, provider, next }) =>
    [
      `Wrote ${plain(file)}, with the provider "${plain(provider)}"`,
      ...created.map((one) => `Created ${plain(one)}`),
      ...(next === null
        ? []
        : [`No model is named yet: answer again with "${next}", or write default_agent into the file by hand`]),
    ].join("\n"),
});

/** Answers as they come. A pipe that ends has said all it will; who ends a terminal's input, or interrupts, went away. */
function linesOf(here: Here): () => Promise<string> {
  const { signal, terminal } = here;
  const lines = console[Symbol.asyncIterator]();
  const gone = new Promise<null>((end) => signal.addEventListener("abort", () => end(null), { once: true }));
  return async () => {
    const line = await Promise.race([lines.next(), gone]);
    if (line !== null && !line.done) return String(line.value).trim();
    if (line !== null && !terminal.inIsTty) return "";
    throw new DgovError("interrupted", "Stopped at a question: there is no configuration");
  };
}
