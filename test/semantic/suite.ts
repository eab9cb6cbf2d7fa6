import type { Finding, Verdict } from "../../packages/semantic/src/finding.ts";
import type { Analyst } from "./analyst.ts";
import { replay } from "./replay.ts";
import { openRepository, type Repository } from "./repository.ts";
import type { Row } from "./row.ts";

/** What was said of one row. `merged`: the texts of the merged tree that are not as in the base; null: nobody merged it. */
export type Said = {
  row: Row;
  git: "clean" | "conflict";
  verdict: Verdict;
  kinds: readonly string[];
  subjects: readonly string[];
  findings: readonly Finding[];
  merged: Readonly<Record<string, string>> | null;
};

/** Merges every row with git in a scratch repository, by symbols where git gives up, and judges what comes out. */
export async function runRows(folder: string, analyst: Analyst, rows: readonly Row[]): Promise<Said[]> {
  const repository = openRepository(folder);
  try {
    await repository.run(["init", "--quiet", "--initial-branch=main"]);
    await repository.run(["fast-import", "--quiet", "--force"], rows.map(importOf).join(""));
    const pairs = rows.map((_row, at) => [`refs/heads/left-${at}`, `refs/heads/right-${at}`] as const);
    const merges = await repository.merges(pairs);
    const said: Said[] = [];
    for (const [at, row] of rows.entries()) {
      const git = merges[at];
      if (!git) throw new Error(`git said nothing of row ${row.id}`);
      const ask = {
        base: `refs/heads/base-${at}`,
        left: `refs/heads/left-${at}`,
        right: `refs/heads/right-${at}`,
        git,
      };
      const { judgement, texts, conflicts } = await replay(repository, analyst, ask);
      said.push({
        row,
        git: git.clean ? "clean" : "conflict",
        verdict: judgement.verdict,
        kinds: [...new Set(judgement.findings.map(({ kind }) => kind))],
        subjects: [...new Set(judgement.findings.flatMap(({ subjects }) => subjects))],
        findings: judgement.findings,
        merged: conflicts.length > 0 ? null : await textsOf(repository, git.tree, texts),
      });
    }
    return said;
  } finally {
    await repository.close();
  }
}

/** Three commits of a row as fast-import reads them. A later one starts from the base and holds only its own files. */
function importOf({ base, left, right }: Row, at: number): string {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commit = (name: string, files: Readonly<Record<string, string>>, mark: number, from: number | null) => {
    const contents = Object.entries(files).map(
      ([path, text]) => `M 100644 inline ${JSON.stringify(path)}\n${data(text)}`,
    );
    return (
      `commit refs/heads/${name}-${at}\nmark :${mark}\ncommitter suite <suite@example.org> 0 +0000\n${data(name)}` +
      `${from === null ? "" : `from :${from}\ndeleteall\n`}${contents.join("")}\n`
    );
  };
  const first = at * 3 + 1;
  return (
    commit("base", base, first, null) +
    commit("left", left, first + 1, first) +
    commit("right", right, first + 2, first)
  );
}

async function textsOf(repository: Repository, tree: string, over: ReadonlyMap<string, string>) {
  const listed = new TextDecoder().decode(await repository.run(["ls-tree", "-r", "-z", tree]));
  const texts: Record<string, string> = {};
  for (const line of listed.split("\0").filter((one) => one !== "")) {
    const [, oid = "", path = ""] = /^\d+ blob (\w+)\t(.*)$/s.exec(line) ?? [];
    if (oid !== "") texts[path] = over.get(path) ?? new TextDecoder().decode(await repository.blob(oid));
  }
  return texts;
}

/** "src/a/b.py::C.m" as people who know nothing of files write it: "a.b.C.m". */
export function dottedSubject(subject: string): string {
  const [path = "", unit = ""] = subject.split("::");
  const module = path
    .replace(/\/$|(\/__init__|\/index|\/mod)?\.\w+$/, "")
    .replace(/^(src|lib)\//, "")
    .replaceAll("/", ".");
  return unit === "" ? module : `${module}.${unit}`;
}

/** What a row states and what was said instead; none: all is as it is stated. */
export function missesOf({ row, verdict, kinds, subjects, merged }: Said): string[] {
  const misses: string[] = [];
  if (row.verdict && row.verdict !== verdict) misses.push(`verdict ${verdict}, not ${row.verdict}`);
  // Who merges silently names nothing: then a stated subject says what the row is about.
  const names = new Set(subjects.flatMap((one) => [one, dottedSubject(one)]));
  const told = row.verdict !== "merge";
  for (const subject of told ? (row.subjects ?? []) : [])
    if (!names.has(subject)) misses.push(`subject ${subject} is not named`);
  if (row.merged && merged === null) misses.push("it was not merged");
  for (const [path, text] of Object.entries(row.merged ?? {}))
    if (merged !== null && merged[path] !== text) misses.push(`the merged ${path} is another text`);
  if (told && row.kinds?.length && !row.kinds.some((kind) => kinds.includes(kind)))
    misses.push(`kinds ${kinds.join(", ") || "none"}, not ${row.kinds.join(", ")}`);
  return misses;
}
