import { previousSection } from "./previous.ts";
import program from "./prompts/program.md" with { type: "text" };
import answer from "./prompts/program_answer.md" with { type: "text" };
import reader from "./prompts/program_reader.md" with { type: "text" };
import { commonSections, type Facts, ROLES, type RoleName, section, sectionsAfter } from "./roles.ts";

const READERS: readonly RoleName[] = ["researcher", "reviewer"];

/** The form in which an answer is taken: the tool that others hand it in by, and its JSON Schema. */
export type AnswerForm = { tool: string; schema: unknown };

/**
 * All that a command-line agent is told of its task, as one text: it has tools of its own, and no conversation with us.
 * `checks.recipes` are commands that it can run itself.
 *
 * @param form of who is asked for an answer; null: it works on a task
 * @param lent whether a server of the Model Context Protocol serves it our tools
 */
export function programPrompt(
  role: RoleName,
  facts: Facts,
  { goal, form, lent = false }: { goal: string; form: AnswerForm | null; lent?: boolean },
): string {
  const { checks, limits, previous } = facts;
  const { recipes, required } = checks;
  const texts = [
    form ? answerWords(role, form) : READERS.includes(role) ? reader.trim() : program.trim(),
    ...commonSections(role, facts),
    section("Checks", [
      ...(recipes.length > 0
        ? [form ? "Commands of the project:" : "The project judges your work by these, among others:"]
        : []),
      ...recipes.map((command) => `- \`${command}\``),
      ...(required === null ? [] : [`This one was red, and must pass when you end: \`${required}\``]),
    ]),
    section("Tools", lent ? [TOOLS] : []),
    ...sectionsAfter(facts),
    section(
      "Time",
      limits.time_ms === null ? [] : [`You are ended after ${Math.ceil(limits.time_ms / 1000)} seconds.`],
    ),
    previous ? previousSection(previous, null) : "",
    section("What to do", [goal.trim()]),
  ];
  return `${texts.filter((text) => text !== "").join("\n\n")}\n`;
}

/** The role's own words, and how who has none of its tools goes by them. */
const answerWords = (role: RoleName, { tool, schema }: AnswerForm): string => {
  const filled = answer.replace("{tool}", () => tool).replace("{schema}", () => JSON.stringify(schema));
  return `${ROLES[role].prompt.trim()}\n\n${filled.trim()}`;
};

const TOOLS =
  "A server of the Model Context Protocol, dgov, serves you the tools of this task: they read, search, change and check within your claims, and say why where they refuse. Prefer them to your own. To end by its `done` says what the file under How to end would say: afterwards only end with exit status 0.";
