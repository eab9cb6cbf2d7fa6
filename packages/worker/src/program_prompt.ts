import { previousSection } from "./previous.ts";
import program from "./prompts/program.md" with { type: "text" };
import reader from "./prompts/program_reader.md" with { type: "text" };
import { commonSections, type Facts, type RoleName, section, sectionsAfter } from "./roles.ts";

const READERS: readonly RoleName[] = ["researcher", "reviewer"];

/**
 * All that a command-line agent is told of its task, as one text: it has tools of its own, and no conversation with us.
 * `checks.recipes` are commands that it can run itself.
 */
export function programPrompt(role: RoleName, facts: Facts, goal: string): string {
  const { checks, limits, previous } = facts;
  const { recipes, required } = checks;
  const texts = [
    READERS.includes(role) ? reader.trim() : program.trim(),
    ...commonSections(role, facts),
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
