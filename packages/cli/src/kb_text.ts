import { join } from "node:path";
import { counted } from "@dgov/governor/counted";
import { type Article, type Issue, type Knowledge, readKnowledge, type Stale } from "@dgov/governor/kb";
import { z } from "zod";
import { paint, plain } from "./ansi.ts";
import type { Here } from "./command.ts";

/** What a command says instead, when the knowledge base has a fault anywhere: half of it is not to be relied on. */
type Failed = { status: "fail"; issues: readonly Issue[] };
export type Checked<View extends object> = View | Failed;

/** The flag that every command of the knowledge base has. */
export const ROOT = { root: z.string().default(".").describe("The repository") };
export const ROOT_SHORT = { root: "r" } as const;

/** Reads the knowledge base, and asks for a view of it only when it is in order. */
export function checked<View extends object>(
  { cwd }: Here,
  root: string,
  view: (knowledge: Knowledge) => View,
): Checked<View> {
  const knowledge = readKnowledge(cwd, root);
  return knowledge.issues.length > 0 ? { status: "fail", issues: knowledge.issues } : view(knowledge);
}

const isFailed = (view: object): view is Failed => "status" in view && view.status === "fail" && "issues" in view;

export const exitOf = (view: object): number => (isFailed(view) ? 1 : 0);

/** What a view says, unless the knowledge base has faults: then those. */
export const orIssues =
  <View extends object>(text: (view: View) => string) =>
  (view: Checked<View>): string =>
    isFailed(view) ? issuesText(view.issues) : text(view);

export const issuesText = (issues: readonly Issue[]): string =>
  [
    paint("red", `The knowledge base has ${counted(issues.length, "fault")}:`),
    ...issues.map(({ path, line, message }) => `  ${plain(path)}:${line}: ${plain(message)}`),
  ].join("\n");

/** Sources that have changed, each with what to do about it. */
export const staleLines = (stale: readonly Stale[]): string[] =>
  stale.map(
    ({ path, line, source, now }) =>
      `${plain(path)}:${line}: "${plain(source)}" has changed; read it again, mend the article, and write @sha256:${now.slice(0, 16)}`,
  );

/** An article as data; the first keys are those of dgov 0.8. */
export function toldOf({ root, stale }: Knowledge, { id, title, kind, status, path, sources, related }: Article) {
  return {
    ...{ id, title, kind, status, path, absolute_path: join(root, path), sources, related },
    stale: stale.filter((one) => one.path === path).map(({ source }) => source),
  };
}
export type Told = ReturnType<typeof toldOf>;
