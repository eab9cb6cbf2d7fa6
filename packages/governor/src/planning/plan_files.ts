import type { PlanDraft } from "@dgov/sandbox/plan_draft";
import { SPEC_FILE } from "../tests_first/spec_text.ts";
import { writeToml } from "../toml_write.ts";
import type { Answered } from "./answers.ts";
import type { Recon } from "./recon.ts";

const SECTION = "tasks";

/** Where the tasks of a plan stand that was drafted, in its folder. */
export const TASKS_FILE = `${SECTION}/main.toml`;

/** A drafted plan as files of a plan tree, by path in its folder. */
export function planFiles(draft: PlanDraft, name: string, tests_first: boolean): Record<string, string> {
  const tasks = draft.tasks.map(({ slug, files, role, depends_on, test_cmd, tests, ...task }) => {
    const claims = Object.entries(files).filter(([, paths]) => paths.length > 0);
    const own = {
      ...task,
      ...(role === "worker" ? {} : { role }),
      ...(test_cmd === undefined ? {} : { test_cmd }),
      ...(tests === undefined ? {} : { tests }),
      ...(depends_on.length === 0 ? {} : { depends_on: [...depends_on] }),
      ...(claims.length === 0 ? {} : { files: Object.fromEntries(claims) }),
    };
    return [slug, own] as const;
  });
  return {
    "_root.toml": rootOf(name, draft.summary, tests_first),
    [TASKS_FILE]: writeToml({ tasks: Object.fromEntries(tasks) }),
  };
}

/** A plan by tests-first of which there is no task yet. */
export const specFiles = ({ summary, spec }: { summary: string; spec: string }, name: string) => ({
  "_root.toml": rootOf(name, summary, true),
  [SPEC_FILE]: `${spec}\n`,
});

const rootOf = (name: string, summary: string, tests_first: boolean): string =>
  writeToml({ plan: { name, summary, sections: [SECTION], ...(tests_first ? { method: "tests-first" } : {}) } });

/** What the plan was made from, for people: compile leaves it out. */
export function reconMarkdown(goal: string, { summary, findings }: Recon, answered: readonly Answered[]): string {
  const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
  return [
    `# Goal\n\n${goal.trim()}`,
    `# What was found\n\n${summary}`,
    findings.map(({ path, note }) => `- \`${path}\`: ${oneLine(note)}`).join("\n"),
    answered.length === 0 ? "" : "# What was asked",
    answered.map(({ question, answer, by }) => `- ${oneLine(question)} ${oneLine(answer)} (${by})`).join("\n"),
  ]
    .filter((part) => part !== "")
    .map((part) => `${part}\n`)
    .join("\n");
}
