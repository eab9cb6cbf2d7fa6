import { z } from "zod";

/** `[policy]` as people write it: what is said of changes at a path, beside what claims and `[scope]` say. */

const named = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: "it must be lower-case letters, digits, _ and -" });
const pattern = z.string().refine((text) => text.trim() !== "", { error: "it is blank" });

const ACTIONS = ["allow", "warn", "ask", "forbid"] as const; // the stronger the later
export type Action = (typeof ACTIONS)[number];
export const MODES = ["advisory", "guarded", "enforce"] as const;

const RuleTable = z.strictObject({
  name: named.describe("What a task's summary names where the rule asks"),
  paths: z.array(pattern).min(1).describe("Patterns of files, as in [scope]"),
  except: z.array(pattern).default([]).describe("Patterns of files that it is not about"),
  changes: z
    .array(z.enum(["create", "edit", "delete"]))
    .min(1)
    .default(["create", "edit", "delete"]),
  action: z.enum(ACTIONS).describe("ask: refused unless the task's summary names the rule"),
  final: z.boolean().default(false).describe("Where it matches, no rule after it is read"),
  why: z.string().default("").describe("Told with what it refuses"),
});
export type PathRule = z.infer<typeof RuleTable> & { from: "project" | "strict" | "default" };

export const PolicyTable = z.strictObject({
  preset: z.enum(["strict", "default", "relaxed"]).default("default").describe("The rules after the project's own"),
  mode: z
    .enum(MODES)
    .default("enforce")
    .describe(
      "advisory: nothing is refused, all is told; guarded: what would be forbidden is asked; enforce: as the rules say",
    ),
  rules: z.array(RuleTable).default([]).describe("Read in order; of those that match, the strongest holds"),
});
type PolicyTable = z.infer<typeof PolicyTable>;

/** `rules`: the project's in its order, then those of the preset. */
export type PathPolicy = { mode: PolicyTable["mode"]; rules: readonly PathRule[] };

type Words = Pick<PathRule, "name" | "paths" | "why">;

/** What decides how work is judged or read, but is no judge of dgov's own. */
const SENSITIVE: readonly Words[] = [
  {
    name: "ci",
    paths: [
      ".github/workflows/*",
      ".github/actions/*",
      ".gitlab-ci.yml",
      ".circleci/*",
      ".buildkite/*",
      "*Jenkinsfile",
    ],
    why: "it runs elsewhere, with other rights",
  },
  {
    name: "guidance",
    paths: ["AGENTS.md", "*/AGENTS.md", "CLAUDE.md", "*/CLAUDE.md", ".github/copilot-instructions.md"],
    why: "it tells later workers what to do",
  },
  {
    name: "git",
    paths: [".gitattributes", "*/.gitattributes", ".gitmodules"],
    why: "it changes what git does with files",
  },
];

export function policyOf({ preset, mode, rules }: PolicyTable): PathPolicy {
  const own = rules.map((rule): PathRule => ({ ...rule, from: "project" }));
  if (preset === "relaxed") return { mode, rules: own };
  const action = preset === "strict" ? "forbid" : "warn";
  const given = SENSITIVE.map(
    (words): PathRule => ({
      ...words,
      except: [],
      changes: ["create", "edit", "delete"],
      action,
      final: false,
      from: preset,
    }),
  );
  return { mode, rules: [...own, ...given] };
}
