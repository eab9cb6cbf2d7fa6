import { readFileSync } from "node:fs";
import { z } from "zod";
import { DgovError } from "../error.ts";
import { machineWords } from "../machine_words.ts";
import { nearest } from "../nearest.ts";
import type { Question } from "./recon.ts";

/** A question with its answer. `by`: a person, or what was recommended where nobody was to be asked. */
export type Answered = Question & { answer: string; by: "person" | "recommendation" };

/** Answers by the ids of their questions. */
const Answers = z.record(z.string(), z.string().trim().min(1).max(4_000));
export type Answers = z.infer<typeof Answers>;

/** @throws DgovError `usage` for a file that has no answers, or not in this form */
export function readAnswers(path: string): Answers {
  const why = (said: string, cause?: unknown) =>
    new DgovError("usage", `Cannot read the answers in "${path}": ${said}`, {
      cause,
      hint: 'Write {"ID": "answer"}, with the ids of the questions',
    });
  const parsed = Answers.safeParse(parsedOr(path, why));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw why(`${issue?.path.join(".") || "the whole"}: ${issue?.message}`);
}

function parsedOr(path: string, why: (said: string, cause: unknown) => DgovError): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw why(error instanceof SyntaxError ? `it is no JSON (${error.message})` : machineWords(error), error);
  }
}

/**
 * The questions with their answers, or null where one has none.
 *
 * @param rest whether what is not answered is taken as it was recommended
 * @throws DgovError `usage` for an answer to no question, or one that is none of the options
 */
export function answersTo(
  questions: readonly Question[],
  answers: Answers,
  { rest }: { rest: boolean },
): Answered[] | null {
  const ids = questions.map(({ id }) => id);
  const strange = Object.keys(answers).find((id) => !ids.includes(id));
  if (strange !== undefined) {
    const close = nearest(strange, ids);
    throw new DgovError("usage", `Cannot take the answer to "${strange}": there is no such question`, {
      hint: close ? `Did you mean "${close}"?` : `The questions are: ${ids.join(", ") || "none"}`,
    });
  }
  const answered = questions.map((question): Answered | null => {
    const answer = answers[question.id];
    if (answer === undefined) return rest ? { ...question, answer: question.recommended, by: "recommendation" } : null;
    if (question.options.length > 0 && !question.options.includes(answer))
      throw new DgovError("usage", `Cannot take "${answer}" for "${question.id}": it is none of its options`, {
        hint: `The options are: ${question.options.map((option) => JSON.stringify(option)).join(", ")}`,
      });
    return { ...question, answer, by: "person" };
  });
  const whole = answered.filter((one) => one !== null);
  return whole.length === questions.length ? whole : null;
}
