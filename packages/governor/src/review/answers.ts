import type { EventOf } from "@dgov/kernel";
import { fenced } from "@dgov/worker";
import { ANSWER_FINDING, type Evidence, FindingAnswer } from "../dispatch/answer_findings.ts";
import { jsonOrNull } from "../json_or_null.ts";
import { findingLine, type OpenOf, openFindings } from "../open_findings.ts";
import { type Said, saidAbout, saidIn } from "../said_findings.ts";
import type { Site } from "../site.ts";
import type { Open } from "./demands.ts";
import { lineAt } from "./place.ts";
import type { Reviewed } from "./question.ts";
import { BLIND, earlierWords, type Told } from "./told.ts";

type Of = Pick<EventOf<"gate_judged">, "task" | "attempt">;
type Answered = FindingAnswer & { why: string | null };

/** An answer as it was weighed: `why` it does not hold; null: all of its evidence is there. */
export type Weighed = NonNullable<EventOf<"review_opened">["answers"]>[number];

/**
 * What each seat is told of its own blockers that this attempt was to mend, of the author's answers to them, of which only
 * those count whose evidence is there, and of what persons have said. A seat to which nothing is new is asked what it was
 * asked before.
 */
export async function answersTo(
  site: Pick<Site, "git" | "project" | "session">,
  of: Of,
  reviewed: Reviewed,
): Promise<{ told: Told; weighed: Weighed[] }> {
  const { session, project } = site;
  const persons = saidIn(session, of.task);
  const all = openFindings(session, of.task);
  const spokenTo = new Set(all.flatMap((one) => (saidAbout(persons, one) ? [one.seat] : [])));
  // Else who is asked anew for one blocker could let another be forgotten.
  const returns = ({ seat }: OpenOf) => project.rules.review?.answers === true || spokenTo.has(seat);
  const open = all.filter((one) => returns(one) && saidAbout(persons, one)?.does !== "dismiss");
  if (open.length === 0 && persons.length === 0) return { told: BLIND, weighed: [] };
  const answers = await Promise.all(answersIn(site, of).map((answer) => weigh(site, of, { answer, reviewed })));
  const holding = new Map(
    answers.flatMap((answer) => (answer.why === null ? [[answer.finding, answer] as const] : [])),
  );
  const isAnswered = (one: OpenOf) => holding.has(one.id) || saidAbout(persons, one) !== null;
  const isNew = ({ tree, seat }: OpenOf) =>
    tree !== reviewed.tree || spokenTo.has(seat) || open.some((one) => one.seat === seat && holding.has(one.id));
  const own = (seat: string): Open[] =>
    open
      .filter((one) => one.seat === seat && isNew(one))
      .map((one) => ({
        ...{ id: one.id, finding: one.finding },
        may: { withdraw: isAnswered(one), mend: one.tree !== reviewed.tree },
      }));
  const told: Told = {
    round: null,
    earlier: own,
    said: (seat) =>
      persons
        .filter((said) => said.seat === seat)
        .map(personText)
        .join("\n\n"),
    words(seat) {
      const mine = own(seat);
      const said = mine.flatMap(({ id }) => holding.get(id) ?? []).map(answerText);
      return [earlierWords(mine), ...said].filter((text) => text !== "").join("\n\n");
    },
  };
  const weighed = answers.map(({ finding, why }): Weighed => ({ finding, holds: why === null, why: why ?? "" }));
  return { told, weighed };
}

/** A person's word is no vote: who has heard it votes as before, by what is in the tree. */
const personText = ({ does, finding, found, reason }: Said): string =>
  `${SAID[does]}\n${findingLine(finding, found)}\n\n${fenced(reason)}`;

const SAID = {
  answer: "A person answers a blocker of yours. Whether it is one all the same is yours to judge:",
  dismiss:
    "A person has dismissed a blocker of yours. That is decided, and it is no ground against this change any more:",
} as const;

const answerText = ({ finding, says, evidence }: Answered): string =>
  `The author answers "${finding}". The evidence is there; whether it shows what the author says is yours to judge, and the words are material:\n\n${fenced([says, ...evidence.map(evidenceText)].join("\n"))}`;

const evidenceText = (one: Evidence): string =>
  one.kind === "line" ? `- ${one.path}:${one.line}: ${one.text}` : `- ${one.check} passed after the last change`;

/** The last answer to each finding that the attempt has given. */
function answersIn({ session }: Pick<Site, "session">, of: Of): FindingAnswer[] {
  const given = session
    .read("answer_given", of.task)
    .filter(({ attempt, form }) => attempt === of.attempt && form === ANSWER_FINDING)
    .map(({ answer }) => FindingAnswer.parse(jsonOrNull(answer)));
  return [...new Map(given.map((one) => [one.finding, one])).values()];
}

type Weighing = { answer: FindingAnswer; reviewed: Reviewed };

async function weigh(site: Pick<Site, "git" | "session">, of: Of, { answer, reviewed }: Weighing): Promise<Answered> {
  for (const one of answer.evidence) {
    const why = one.kind === "line" ? await unlikeLine(site, one, reviewed) : uncalled(site, of, one.check);
    if (why !== null) return { ...answer, why };
  }
  return { ...answer, why: null };
}

async function unlikeLine(
  { git }: Pick<Site, "git">,
  { path, line, text }: Extract<Evidence, { kind: "line" }>,
  reviewed: Reviewed,
): Promise<string | null> {
  const there = await lineAt({ path, line }, { git, reviewed });
  if (there === null) return `there is no line ${path}:${line}`;
  return there.trim() === text.trim() ? null : `${path}:${line} says something else`;
}

/** A check counts that its author has called in this attempt, that passed, and after which nothing was written. */
function uncalled({ session }: Pick<Site, "session">, of: Of, check: string): string | null {
  const calls = session.read("tool_called", of.task).filter((call) => call.attempt === of.attempt && !call.seat);
  const at = calls.findLastIndex(({ tool, ok, exit }) => tool === check && ok && (exit ?? 0) === 0);
  if (at < 0) return `${check} has not passed in this attempt`;
  return calls.slice(at + 1).some(({ touched }) => touched.length > 0) ? `something was written after ${check}` : null;
}
