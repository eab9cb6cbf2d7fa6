import { intro, isCancel, outro, select, text } from "@clack/prompts";
import type { Answers, Question } from "@dgov/governor/plan_create";
import { plain } from "./ansi.ts";

/** Puts questions to the person at the terminal, on stderr, one after the other; null: they went away. */
export async function askQuestions(questions: readonly Question[], signal: AbortSignal): Promise<Answers | null> {
  const io = { output: process.stderr, signal };
  intro(`${questions.length} question(s) before it is planned`, io);
  const answers: Record<string, string> = {};
  for (const question of questions) {
    const answer = await askOne(question, io);
    if (answer === null) return null;
    answers[question.id] = answer;
  }
  outro("Thank you", io);
  return answers;
}

type Io = { output: NodeJS.WriteStream; signal: AbortSignal };

async function askOne({ question, why, options, recommended }: Question, io: Io): Promise<string | null> {
  const message = `${plain(question)} (${plain(why)})`;
  if (options.length > 0) {
    const choices = options.map((option) => ({
      value: option,
      label: plain(option),
      ...(option === recommended ? { hint: "recommended" } : {}),
    }));
    const chosen = await select({ message, options: choices, initialValue: recommended, ...io });
    return isCancel(chosen) ? null : chosen;
  }
  const said = await text({ message, placeholder: plain(recommended), defaultValue: recommended, ...io });
  return isCancel(said) ? null : said.trim() === "" ? recommended : said;
}
