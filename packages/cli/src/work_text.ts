import { DgovError } from "@dgov/governor/error";
import type { WorkItem } from "@dgov/governor/work";
import type { Evidence, Link, Showing } from "@dgov/governor/work_write";
import { paint, plain } from "./ansi.ts";

/** One line of an item: name, priority, state, title. */
export const itemLine = (item: WorkItem): string =>
  `${item.id}  P${item.priority}  ${paint(item.ready ? "green" : "dim", stateOf(item).padEnd(7))}  ${plain(item.title)}`;

/** All of an item. */
export function renderItem(item: WorkItem): string {
  const shown = new Map(item.met.map(({ criterion, evidence }) => [criterion, evidence]));
  return [
    itemLine(item),
    ...item.criteria.map((text, at) => {
      const by = shown.get(at + 1);
      return `    ${at + 1}. ${plain(text)}${by === undefined ? "" : `  (${by})`}`;
    }),
    ...item.links.map((link) => `    ${link.to.replace("_", " ")} ${plain(targetOf(link))}`),
    ...(item.waits_for.length === 0 ? [] : [`    waits for ${item.waits_for.join(", ")}`]),
    ...(item.circle ? ["    waits for itself, by way of others"] : []),
    ...(item.why === "" ? [] : [`    ${plain(item.why)}`]),
  ].join("\n");
}

/** One line of evidence: name, whether it holds, of what. */
export function evidenceLine({ id, holds, note, ...seen }: Evidence): string {
  const said = note === "" ? "" : `  ${plain(note)}`;
  return `${id}  ${paint(holds ? "green" : "red", holds ? "holds" : "fails")}  ${aboutOf(seen)}${said}`;
}

function aboutOf(seen: Omit<Evidence, "id" | "holds" | "note">): string {
  const commit = seen.commit.slice(0, 8);
  if ("recipe" in seen) return `check "${plain(String(seen.recipe))}" on ${commit}`;
  if ("task" in seen) return `landing of ${plain(String(seen.task))} as ${commit}`;
  return `commit ${commit}`;
}

function stateOf({ state, ready }: WorkItem): string {
  if (state !== "open") return state;
  return ready ? "ready" : "blocked";
}

function targetOf(link: Link): string {
  switch (link.to) {
    case "blocked_by":
      return link.item;
    case "plan":
      return link.plan;
    case "task":
      return link.task;
    case "commit":
      return link.commit;
  }
}

type To = {
  blocked_by: readonly string[];
  plan: readonly string[];
  task: readonly string[];
  commit: readonly string[];
};

/** The links that flags name. */
export const linksOf = ({ blocked_by, plan, task, commit }: To): Link[] => [
  ...blocked_by.map((item) => ({ to: "blocked_by" as const, item })),
  ...plan.map((name) => ({ to: "plan" as const, plan: name })),
  ...task.map((name) => ({ to: "task" as const, task: name })),
  ...commit.map((oid) => ({ to: "commit" as const, commit: oid })),
];

/** `1=E-0a1b2c3d` and the like. @throws DgovError `usage` */
export const showingsIn = (texts: readonly string[]): Showing[] =>
  texts.map((text) => {
    const [, criterion, evidence] = /^([1-9]\d{0,3})=(\S+)$/.exec(text) ?? [];
    if (criterion === undefined || evidence === undefined)
      throw new DgovError("usage", `Cannot read --met "${text}": it is not CRITERION=EVIDENCE, as 1=E-0a1b2c3d`);
    return { criterion: Number(criterion), evidence };
  });
