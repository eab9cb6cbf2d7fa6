import type { LiveTask, Served } from "@dgov/governor/served";

/** What somebody should look at. `task` null: the run. `verbs`: what can be asked for there. */
export type Problem = {
  task: string | null;
  kind: "needs_you" | "failed" | "stuck";
  text: string;
  cure: string;
  verbs: readonly string[];
};

/** What only a person can move on, first; then what went wrong. In plan order. */
export function problemsIn({ status, tasks, page, paused }: Served): Problem[] {
  const { run } = status;
  if (run === null) return [];
  const isLive = run.state === "running" && run.process !== "gone";
  const units = new Map(page?.review.units.map((unit) => [unit.unit, unit]) ?? []);
  const told = tasks.flatMap((task) => problemOf(task, { isLive, unit: units.get(task.task) }) ?? []);
  const stopped =
    isLive || run.state === "ended" ? [] : [ofRun(`"dgov run ${run.plan_dir}" goes on from here`, run.state)];
  const red =
    run.result === "red"
      ? [{ ...ofRun("", "ended"), text: "every task has landed, and together they do not pass" }]
      : [];
  const held =
    paused === null
      ? []
      : [{ ...ofRun('"dgov unpause", or the button above', "ended"), text: "nothing is begun: it is paused" }];
  const asks = told.filter(({ kind }) => kind === "needs_you");
  return [...stopped, ...held, ...red, ...asks, ...told.filter((one) => !asks.includes(one))];
}

const ofRun = (cure: string, state: string): Problem => ({
  task: null,
  kind: "needs_you",
  text:
    state === "interrupted" ? "it was interrupted, and its work is kept" : "its process is gone, and its work is kept",
  cure,
  verbs: [],
});

type Unit = NonNullable<Served["page"]>["review"]["units"][number];

function problemOf(
  { task, attention, phase }: LiveTask,
  { isLive, unit }: { isLive: boolean; unit: Unit | undefined },
): Problem | null {
  switch (attention) {
    case "needs_you":
      return {
        task,
        kind: "needs_you",
        text: phase,
        cure: "Look at what it changes first",
        verbs: ["approve", "reject"],
      };
    case "stuck":
      return {
        task,
        kind: "stuck",
        text: "nothing was heard of it for long",
        cure: "",
        verbs: isLive ? ["cancel"] : [],
      };
    case "failed": {
      const text = unit?.error ?? phase;
      return { task, kind: "failed", text, cure: unit?.hint ?? "", verbs: isLive ? ["retry"] : [] };
    }
    default:
      return null;
  }
}
