import type { HistoryTally } from "./history.ts";
import { dottedSubject, missesOf, type Said } from "./suite.ts";

/** One row as a line of JSON: what was said, and what of it is not as the row states. */
export function rowJson(said: Said) {
  const { row, git, verdict, kinds, subjects, findings, merged } = said;
  const names = { subjects, dotted: subjects.map(dottedSubject) };
  return { id: row.id, verdict, kinds, ...names, git, merged, findings, misses: missesOf(said) };
}

export function renderRows(said: readonly Said[]): string {
  const lines = said.flatMap((one) => {
    const { row, git, verdict, kinds, subjects, findings } = one;
    const misses = missesOf(one);
    const names = subjects.map((subject) => `${subject} (${dottedSubject(subject)})`);
    return [
      `${misses.length === 0 ? "ok  " : "MISS"} ${row.id}  ${verdict}  git ${git}  ${kinds.join(", ") || "-"}  ${names.join(", ") || "-"}`,
      ...misses.map((miss) => `       ${miss}`),
      ...(misses.length > 0
        ? findings.map(({ verdict: own, kind, sentence }) => `       ${own} ${kind}: ${sentence}`)
        : []),
    ];
  });
  const stated = said.filter(({ row }) => row.verdict);
  const right = stated.filter((one) => missesOf(one).length === 0);
  const table = ["", "stated -> said", ...agreement(stated)];
  return [...lines, ...(stated.length > 0 ? table : []), "", `${right.length} of ${stated.length} as stated`].join(
    "\n",
  );
}

function agreement(said: readonly Said[]): string[] {
  const counts = new Map<string, number>();
  for (const { row, verdict } of said) {
    const key = `${row.verdict} -> ${verdict}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort().map(([key, count]) => `  ${key.padEnd(22)} ${count}`);
}

export function renderHistory({
  merges,
  clean,
  kept,
  verdicts,
  kinds,
  conflicted,
  merged,
  equal,
  disjoint,
  freed,
  blocked,
  failed,
}: HistoryTally): string {
  const percent = (count: number, of: number) => (of === 0 ? "-" : `${((100 * count) / of).toFixed(2)} %`);
  const refused = (verdicts.block ?? 0) + (verdicts.conflict ?? 0);
  return [
    ...blocked.map(({ commit, sentence }) => `${commit.slice(0, 12)} ${sentence}`),
    ...failed.map((line) => `FAILED ${line}`),
    `${merges} merges, ${clean} clean in git, ${kept} of them kept as git made them`,
    `verdicts on those: ${Object.entries(verdicts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
    `refused: ${refused} (${percent(refused, kept)})`,
    `kinds: ${Object.entries(kinds)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
    `files in conflict: ${conflicted}, merged by symbols: ${merged} (${percent(merged, conflicted)}), equal to what was kept: ${equal} (${percent(equal, merged)})`,
    `of those in conflict the sides of ${disjoint} changed different symbols: ${freed} merged (${percent(freed, disjoint)})`,
  ].join("\n");
}
