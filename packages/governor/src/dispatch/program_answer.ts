import { lastObject } from "../json_text.ts";
import { type Leaves, type Lent, type Of, type ProgramSite, runProgram, secretsOf } from "./program.ts";
import { type Ended, failureOf, withoutSecretsIn, wordsIn } from "./program_outcome.ts";
import { withoutSecrets } from "./secrets.ts";
import { type Box, type Ending, gaveUp, readAnswer } from "./typed_ending.ts";

const ANSWER: Leaves = { variable: "DGOV_ANSWER", file: "dgov-answer.json", most_bytes: 512 * 1024 };

/** How a program that was asked for an answer ended, and what it has handed in. */
export type Answered<Answer, Why extends string> = { ended: Ended; box: Box<Answer, Why> };

/**
 * Runs a command-line agent that is asked for an answer of a given form. The answer is what stands in the file that
 * DGOV_ANSWER names, or of one that speaks the protocol the last JSON object of its last words. What it prints is none.
 * It cannot be told what is wrong with it and mend it, so there is one answer.
 *
 * @returns null when the signal ended it
 * @throws IsolationLost when it has killed what serves it
 */
export async function answerByProgram<Answer, Why extends string>(
  site: ProgramSite,
  of: Of,
  { lent, ending }: { lent: Lent; ending: Ending<Answer, Why> },
): Promise<Answered<Answer, Why> | null> {
  const { program } = lent;
  const box: Box<Answer, Why> = { answer: null, raw: null, fault: null, refused: 0 };
  const ran = await runProgram(site, of, { lent, leaves: ANSWER });
  if (ran === null) return null;
  const failed = failureOf(ran, program);
  const secrets = secretsOf(site, program);
  if (failed !== null) return { ended: withoutSecretsIn(failed, secrets), box };
  const said = lastObject(withoutSecrets(wordsIn(ran.turn), secrets));
  const raw = ran.left.trim() === "" ? said : ran.left.trim();
  const without = (why: string): Answered<Answer, Why> => {
    return { ended: { done: false, cause: "incomplete", detail: `"${program.name}" ${why}` }, box };
  };
  if (raw === null) return without(`ended without a ${ending.noun}: nothing is in the file that DGOV_ANSWER names`);
  const why = gaveUp(raw);
  if (why !== null) return { ended: { done: false, cause: "blocked", detail: why }, box };
  const read = await readAnswer(raw, ending);
  if ("fault" in read) {
    Object.assign(box, { fault: read.fault, refused: 1 });
    return without(`handed in what is no ${ending.noun}: ${read.fault.said}`);
  }
  Object.assign(box, { answer: read.answer, raw });
  return { ended: { done: true, summary: ending.summary(read.answer) }, box };
}
