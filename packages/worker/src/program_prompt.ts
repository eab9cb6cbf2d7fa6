import { previousSection } from "./previous.ts";
import program from "./prompts/program.md" with { type: "text" };
import { commonSections, type Facts, section, sectionsAfter } from "./roles.ts";

/**
 * All that a command-line agent is told of its task, as one text: it has tools of its own, and no conversation with us.
 * `checks.recipes` are commands that it can run itself.
 */
export function programPrompt(facts: Facts, goal: string): string {
  const { checks, limits, previous } = facts;
  const { recipes, required } = checks;
  const texts = [
    program.trim(),
    ...commonSections("worker", facts),
    section("Checks", [
      ...(recipes.length > 0 ? ["The project judges your work by these, among others:"] : []),
      ...recipes.map((command) => `- \`${command}\``),
      ...(required === null ? [] : [`This one was red, and must pass when you end: \`${required}\``]),
    ]),
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
