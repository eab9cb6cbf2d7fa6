import { intro, outro, select, text } from "@clack/prompts";
import { counted } from "@dgov/governor/counted";
import { DgovError } from "@dgov/governor/error";
import type { Answers, Question } from "@dgov/governor/plan_create";
import { plain } from "./ansi.ts";

/**
 * Puts questions to the person at the terminal, on stderr, one after the other.
 *
 * @throws DgovError `interrupted` when they went away
 */
export async function askQuestions(questions: readonly Question[], signal: AbortSignal): Promise<Answers> {
  const io = { output: process.stderr, signal };
  intro(`${counted(questions.length, "question")} before it is planned`, io);
  const answers: Record<string, string> = {};
  for (const question of questions) {
    answers[question.id] = await askOne(question, io);
  }
  outro("Thank you", io);
  return answers;
}

type Io = { output: NodeJS.WriteStream; signal: AbortSignal };

/** What was answered before the questions is in the log: nobody pays for it twice. */
function told(answer: string | symbol): string {
  if (typeof answer === "string") return answer;
  throw new DgovError("interrupted", "Stopped at a question: there is no plan", {
    hint: "Nothing was written; ask for the same again, and it goes on at the questions",
  });
}

async function askOne({ question, why, options, recommended }: Question, io: Io): Promise<string> {
  const message = `${plain(question)} (${plain(why)})`;
  if (options.length > 0) {
    const choices = options.map((option) => ({
      value: option,
      label: plain(option),
      ...(option === recommended ? { hint: "recommended" } : {}),
    }));
    return told(await select({ message, options: choices, initialValue: recommended, ...io }));
  }
  const said = told(await text({ message, placeholder: plain(recommended), defaultValue: recommended, ...io }));
  return said.trim() === "" ? recommended : said;
}
