import { counted } from "@dgov/governor/counted";
import type { PlanCreateView } from "@dgov/governor/plan_create";
import { plain } from "./ansi.ts";
import { placeLine } from "./print.ts";

/** A plan that was made, or what it waits for, for a person. `waits`: it cannot be run yet, and who renders it says why. */
export const renderPlanCreate = (view: PlanCreateView, waits = false): string =>
  view.status === "created" ? created(view, waits) : asked(view);

type Of<Status> = Extract<PlanCreateView, { status: Status }>;

const VERDICTS = {
  keep: "A second look kept it",
  revise: "A second look revised it",
  unusable: "A second look came to nothing, and changed nothing",
  skipped: "",
  later: "Its tasks are made when its spec is approved",
} as const;

function created(view: Of<"created">, waits: boolean): string {
  const { plan, summary, tasks, questions, critique, config_overrides, warnings } = view;
  const taken = questions.filter(({ by }) => by === "recommendation");
  return [
    `Plan ${plain(plan)}: ${plain(summary)}`,
    ...tasks.map(({ task, summary: own, depends_on }) => {
      const after = depends_on.length === 0 ? "" : ` (after ${depends_on.join(", ")})`;
      return `  ${task}${after}: ${plain(own)}`;
    }),
    ...taken.map(({ question, answer }) => `Taken for granted: ${plain(question)} ${plain(answer)}`),
    ...(critique.verdict === "skipped" ? [] : [secondLook(critique)]),
    ...config_overrides.map(({ key, from, to, applied, why }) => {
      const change = `${key}: ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
      return applied ? `Changed in .dgov/project.toml: ${change}` : `Would change ${change}, but ${why}`;
    }),
    ...warnings.map(placeLine),
    ...(waits ? [] : [`Next: dgov run ${plain(plan)}`]),
  ].join("\n");
}

const secondLook = ({ verdict, said }: Of<"created">["critique"]): string =>
  `${VERDICTS[verdict]}${said === "" ? "" : `: ${plain(said)}`}`;

/** The file to copy holds what is answered already, or who copies it would lose that. */
function asked({ questions, given }: Of<"needs_answers">): string {
  const open = Object.fromEntries(questions.map(({ id, recommended }) => [id, recommended]));
  const template = { ...given, ...open };
  return [
    `Nothing is planned yet: ${counted(questions.length, "question")} must be answered first`,
    ...questions.flatMap(({ id, question, why, options, recommended }) => [
      `  ${id}: ${plain(question)}`,
      `    ${plain(why)}`,
      ...(options.length === 0 ? [] : [`    one of: ${options.map(plain).join(" | ")}`]),
      `    recommended: ${plain(recommended)}`,
    ]),
    "Answer in a file, and give it with --answers; or take all that is recommended with --auto:",
    JSON.stringify(template, null, 2),
  ].join("\n");
}
