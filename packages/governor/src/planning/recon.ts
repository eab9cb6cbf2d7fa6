import { z } from "zod";
import type { Consultation } from "../consult/consult.ts";
import { counted } from "../counted.ts";
import type { Ending } from "../dispatch/typed_ending.ts";
import type { Git } from "../git/git.ts";
import { fencedText } from "./texts.ts";

const text = z.string().trim().min(1).max(2_000);
const line = text.regex(/^[^\r\n]*$/, "must be one line");
const path = z.string().regex(/^(?!\.{0,2}\/)[^\p{Cc}]{1,4096}$/u, { error: "it must be a path from the root" });

/** A question to the person who asked, of which the plan depends. `id`: what the answer is filed under. */
export const Question = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, { error: "it must be lower-case letters, digits and _" }),
  question: line,
  why: line.describe("What of the plan depends on it"),
  options: z.array(line).max(8).default([]).describe("The answers that there are; none: any"),
  recommended: line.describe("The answer that is taken where nobody answers; one of the options, if there are some"),
});
export type Question = z.infer<typeof Question>;

/** What was found out about a goal before it is planned. */
export const Recon = z.strictObject({
  summary: text.describe("What the goal touches, and what is hard about it"),
  findings: z
    .array(
      z.strictObject({
        path: path.describe("A file that is there"),
        note: line.describe("What of it matters for the goal"),
      }),
    )
    .max(60)
    .default([]),
  questions: z.array(Question).max(5).default([]),
});
export type Recon = z.infer<typeof Recon>;

const TURNS = 25;

/** The question of what a goal touches, and of what only a person can say. */
export const reconOf = (about: string, goal: string, { git, model }: { git: Git; model: string | null }) =>
  ({
    ...{ about, role: "researcher", what: "recon", model, turns: TURNS },
    goal: goalOf(goal),
    ending: ending(git),
  }) satisfies Consultation<Recon>;

const goalOf = (goal: string): string =>
  [
    `Somebody wants this to be done in the repository, and will have a plan made of it:\n\n${fencedText(goal)}`,
    "Find out what a planner must know: which files it touches, who relies on them, where their tests are, how the neighbours do such a thing. Plan nothing.",
    "Ask only what the repository cannot say and the plan depends on: at most five questions, each with the answer that you recommend. Whatever nobody answers is taken as you recommend.",
    "Hand in what you found by `submit_recon`.",
  ].join("\n\n");

const ending = (git: Git): Ending<Recon> => ({
  tool: "submit_recon",
  description: "Ends the work with what was found out, and with what only a person can say.",
  noun: "recon",
  schema: Recon,
  faultOf: async (recon) => faultOf(recon, git),
  summary: ({ findings, questions }) =>
    `${counted(findings.length, "finding")}, ${counted(questions.length, "question")}`,
  most: 3,
});

async function faultOf({ findings, questions }: Recon, git: Git) {
  const fault = (said: string) => ({ why: "malformed" as const, said });
  const ids = questions.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) < at);
  if (twice !== undefined) return fault(`two questions have the id "${twice}"`);
  const apart = questions.find(({ options, recommended }) => options.length > 0 && !options.includes(recommended));
  if (apart) return fault(`of question "${apart.id}" the recommended answer is none of its options`);
  const there = await git.objects.info(findings.map((finding) => `HEAD:${finding.path}`));
  const missing = findings.find((_, at) => !there[at]);
  return missing ? fault(`there is no file "${missing.path}" in the commit that you look at`) : null;
}
