import type { PlanDraft } from "@dgov/sandbox/plan_draft";
import { type Consultation, type Consulted, consult } from "../consult/consult.ts";
import { DgovError } from "../error.ts";
import type { World } from "../session.ts";
import { type Critique, critiqueOf, draftOf, type Known, type Planning } from "./draft.ts";

/** Who was asked for what, by the run of it. */
export type Asked = { what: string; run: string };

/** Asks, and notes whom. An answer to the same question on the same commit is taken again, unless its run is `used`. */
export type Asking = {
  runs: Asked[];
  ask<Answer>(what: string, consultation: Consultation<Answer>): Promise<Consulted<Answer>>;
};

export function askingOf(root: string, world: World, used: ReadonlySet<string>): Asking {
  const runs: Asked[] = [];
  return {
    runs,
    async ask(what, consultation) {
      const consulted = await consult(root, { ...consultation, reuse: (run) => !used.has(run) }, world);
      runs.push({ what, run: consulted.run });
      return consulted;
    },
  };
}

/** @throws DgovError `no_answer` */
export function answerOf<Answer>(goal: string, consulted: Consulted<Answer>): Answer {
  if (!("cause" in consulted)) return consulted.answer;
  const { run, cause, detail } = consulted;
  const [line = ""] = goal.trim().split("\n");
  throw new DgovError("no_answer", `Cannot plan "${line.slice(0, 100)}": there is no answer (${cause}): ${detail}`, {
    hint: `See what it did with "dgov report ${run}"; nothing was written`,
  });
}

/** `critique`: what a second look came to; `skipped` where none was asked for. */
export type Drafted = {
  draft: PlanDraft;
  critique: { verdict: Critique["verdict"] | "unusable" | "skipped"; said: string };
};

/** A planner plans, and another looks at it where that is wanted. */
export async function drafted(
  asking: Asking,
  { planning, known, critique }: { planning: Planning; known: Known; critique: boolean },
): Promise<Drafted> {
  const first = answerOf(known.goal, await asking.ask("plan", draftOf(planning, known)));
  if (!critique) return { draft: first, critique: { verdict: "skipped", said: "" } };
  return criticised(asking, { planning, known, first });
}

/** A critique that is none, or does not come, changes nothing. */
async function criticised(
  asking: Asking,
  { planning, known, first }: { planning: Planning; known: Known; first: PlanDraft },
): Promise<Drafted> {
  const consulted = await asking.ask("critique", critiqueOf(planning, known, first));
  if ("cause" in consulted) {
    if (consulted.cause === "interrupted") answerOf(known.goal, consulted);
    return { draft: first, critique: { verdict: "unusable", said: `${consulted.cause}: ${consulted.detail}` } };
  }
  const { verdict, said, plan } = consulted.answer;
  return { draft: plan ?? first, critique: { verdict, said } };
}
