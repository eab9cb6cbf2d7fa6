import type { PlanDraft } from "@dgov/sandbox/plan_draft";
import { SPEC_FILE } from "../tests_first/spec_text.ts";
import { writeToml } from "../toml_write.ts";
import type { Answered } from "./answers.ts";
import type { Recon } from "./recon.ts";

const SECTION = "tasks";

/** A drafted plan as files of a plan tree, by path in its folder. One with a spec is by tests-first. */
export function planFiles(draft: PlanDraft, name: string): Record<string, string> {
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
  const { summary, spec } = draft;
  const method = spec === undefined ? {} : { method: "tests-first" };
  return {
    "_root.toml": writeToml({ plan: { name, summary, sections: [SECTION], ...method } }),
    ...(spec === undefined ? {} : { [SPEC_FILE]: `${spec}\n` }),
    [`${SECTION}/main.toml`]: writeToml({ tasks: Object.fromEntries(tasks) }),
  };
}

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
