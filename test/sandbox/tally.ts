import { LAYERS } from "./judge.ts";
import type { Outcome } from "./rig.ts";

/** All rows of one level, run by one user. */
export type LevelRun = { user: string; level: string; took_ms: number; outcomes: readonly Outcome[] };

export const isRight = ({ faults }: Pick<Outcome, "faults">): boolean => faults.length === 0;

/** `by` is a layer or a category. */
type Line = { by: string; rows: number; right: number; wrong: number; refused: number };
export type Tally = Omit<Line, "by"> & { absent: number; layers: Line[]; rules: Line[]; categories: Line[] };

/** Counts a run by the layer that decided, by the policy's rule, and by category. `refused`: harmless calls that were. */
export function tally(outcomes: readonly Outcome[]): Tally {
  const { rows, right, wrong, refused } = lineOf("all", outcomes);
  const byPolicy = outcomes.filter(({ layer }) => layer === "policy");
  return {
    ...{ rows, right, wrong, refused },
    absent: outcomes.filter(({ absent }) => absent).length,
    layers: LAYERS.map((layer) =>
      lineOf(
        layer,
        outcomes.filter((one) => one.layer === layer),
      ),
    ),
    rules: grouped(byPolicy, ({ rule }) => rule ?? ""),
    categories: grouped(outcomes, ({ category }) => category),
  };
}

function grouped(outcomes: readonly Outcome[], by: (one: Outcome) => string): Line[] {
  const groups = Map.groupBy(outcomes, by);
  return [...groups].map(([name, ones]) => lineOf(name, ones)).sort((a, b) => (a.by < b.by ? -1 : 1));
}

function lineOf(by: string, outcomes: readonly Outcome[]): Line {
  const right = outcomes.filter(isRight).length;
  const refused = outcomes.filter((one) => one.refused).length;
  return { by, rows: outcomes.length, right, wrong: outcomes.length - right, refused };
}

const SHOWN_CHARS = 300;

/** A run as text for a person: what decided, what was asked, and every row that is wrong with the reason. */
export function renderRun({ user, level, took_ms, outcomes }: LevelRun): string {
  const { layers, rules, categories, absent, ...all } = tally(outcomes);
  const ruleLines = rules.map((line) => ({ ...line, by: `  ${line.by}` }));
  const byLayer = layers.flatMap((line) => (line.by === "policy" ? [line, ...ruleLines] : [line]));
  const wrong = outcomes.filter((one) => !isRight(one));
  return [
    `${level}, as ${user}: ${all.right} of ${all.rows} right, ${all.wrong} wrong, ${all.refused} harmless refused (${(took_ms / 1000).toFixed(1)} s)`,
    table("decided by", byLayer),
    table("category", categories),
    ...(absent > 0 ? [`${absent} rows start a program that this machine lacks, and prove little`] : []),
    ...wrong.map(renderWrong),
  ].join("\n\n");
}

function renderWrong({ id, want, tool, faults, text, rule }: Outcome): string {
  const said = JSON.stringify(text.slice(0, SHOWN_CHARS)); // as JSON nothing in it steers the terminal
  return `WRONG ${id} ${tool}, wants ${want}${rule === null ? "" : `, refused by ${rule}`}\n  ${faults.join("\n  ")}\n  it said ${said}`;
}

function table(title: string, lines: readonly Line[]): string {
  const head = [title, "rows", "right", "wrong", "harmless refused"];
  const rows = lines.map(({ by, ...counts }) => [
    by,
    ...[counts.rows, counts.right, counts.wrong, counts.refused].map(String),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]!.length)));
  return [head, ...rows]
    .map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!))).join("  "))
    .join("\n");
}
