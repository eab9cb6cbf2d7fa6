import { z } from "zod";
import type { Consultation } from "../consult/consult.ts";
import { NAME } from "../plan/source.ts";
import { blanksIn, SPEC_HEADINGS } from "../tests_first/spec_text.ts";
import { type Known, knownText, type Planning } from "./draft.ts";
import { fencedText } from "./texts.ts";

/** What is to be, as a planner proposes it before anybody plans how. */
const SpecDraft = z.strictObject({
  name: z.string().max(64).regex(NAME).describe("Name of the plan, a slug"),
  summary: z.string().trim().min(1).max(500).describe("What the plan is for, one line"),
  spec: z.string().trim().min(1).max(100_000).describe("What is to be, in Markdown"),
});
export type SpecDraft = z.infer<typeof SpecDraft>;

const TURNS = 25;
const GIVEN_BACK_MAX = 4;

/** The question of what is to be. Of how it is done nothing is asked: that waits until somebody has approved of this. */
export const specOf = ({ about, model }: Planning, known: Known) =>
  ({
    ...{ about, role: "planner", what: "spec", model, turns: TURNS },
    goal: [
      `Somebody wants this to be done:\n\n${fencedText(known.goal)}`,
      knownText(known),
      `Write its spec: Markdown with something under each of the headings ${SPEC_HEADINGS.join(", ")}; "None." is something. Say what is to be and how one sees that it is, so that a person can approve of it; tasks are planned afterwards, by what was approved.`,
      "Hand the spec in by `submit_spec`.",
    ].join("\n\n"),
    ending: {
      tool: "submit_spec",
      description: "Hands the spec in and ends the work.",
      noun: "spec",
      schema: SpecDraft,
      faultOf: async ({ spec }) => {
        const blanks = blanksIn(spec);
        if (blanks.length === 0) return null;
        return { why: "malformed" as const, said: `this spec says nothing under ${blanks.join(", ")}` };
      },
      summary: ({ summary }) => summary,
      most: GIVEN_BACK_MAX,
    },
  }) satisfies Consultation<SpecDraft>;
