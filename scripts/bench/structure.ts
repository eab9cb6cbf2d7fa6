/**
 * What the gate on structure costs: the first look at a repository of 5,000 files, and the judgement of candidates that change
 * 20 of them, one after the other on one head. What looking at the 20 files costs is in it. Times are medians.
 * Usage: bun scripts/bench/structure.ts [--bin dist/dgov] [--runs 7]
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createGit } from "../../packages/governor/src/git/git.ts";
import { treeOf } from "../../packages/governor/src/git/tree_object.ts";
import { openSymbols } from "../../packages/governor/src/semantic/symbols.ts";
import { structureGates } from "../../packages/governor/src/settlement/structure.ts";
import { projectWith } from "../../packages/governor/src/settlement/testing/parts.ts";
import { baselineFiles } from "../../packages/governor/src/structure/baseline.ts";
import { architectureAt } from "../../packages/governor/src/structure/read_architecture.ts";
import { metricsOf } from "../../packages/semantic/src/structure/architecture.ts";
import { git as asPerson, commitAll, makeRepository, type Place, writeIn } from "../../test/repo.ts";

const { values } = parseArgs({ options: { bin: { type: "string" }, runs: { type: "string", default: "7" } } });
const [PACKAGES, MODULES, CHANGED] = [100, 49, 20];
const runs = Number(values.runs);
const now_ms = () => performance.now();
const main = resolve(import.meta.dir, "../../packages/cli/src/main.ts");
const self = values.bin ? [resolve(values.bin)] : [process.execPath, "--config=/dev/null", "--no-env-file", main];

/** A module that imports two others, with functions that are past no limit. */
const moduleText = (folder: number, name: number, mark: number): string =>
  [
    `import os\nfrom p${(folder + 1) % PACKAGES}.m${name} import f0 as g0\nimport p${folder}.m${Math.min(name + 1, MODULES - 1)}\n`,
    ...Array.from({ length: 8 }, (_, at) => {
      const body = "    if a and b:\n        for x in a:\n            print(x)\n";
      return `def f${at}(a, b):\n${body}    return a + ${at} + ${mark}\n`;
    }),
  ].join("\n\n");

function repositoryFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (let folder = 0; folder < PACKAGES; folder++) {
    files[`p${folder}/__init__.py`] = "";
    for (let name = 0; name < MODULES; name++) files[`p${folder}/m${name}.py`] = moduleText(folder, name, 0);
  }
  return files;
}

/** The tree of a candidate that changes 20 files of the head. */
function candidate(place: Place, head: string, nth: number): string {
  asPerson(place, "checkout", "-q", head);
  for (let at = 0; at < CHANGED; at++) {
    const [folder, name] = [(nth * CHANGED + at) % PACKAGES, nth % MODULES];
    writeIn(place.root, `p${folder}/m${name}.py`, moduleText(folder, name, nth + 1));
  }
  commitAll(place, `candidate ${nth}`);
  return asPerson(place, "rev-parse", "HEAD^{tree}").trim();
}

const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const start = now_ms();
  return [await work(), now_ms() - start];
};
const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

const place = makeRepository(repositoryFiles());
const git = createGit(place.root, place.env);
const symbols = openSymbols({ git, self, now_ms });
try {
  const first = await treeOf(git, "HEAD");
  const [architecture, cold_ms] = await timed(() => architectureAt({ git, symbols, now_ms }, first));
  const texts = baselineFiles(metricsOf(architecture), { head: null, now_ms: Date.now() });
  for (const [path, text] of Object.entries(texts)) writeIn(place.root, path, text);
  const head = commitAll(place, "baseline");
  const project = projectWith(place.root, {});
  const times: number[] = [];
  for (let nth = 0; nth <= runs; nth++) {
    const judged = { git, symbols, project, head, tree: candidate(place, head, nth) };
    const [gate] = await structureGates(judged, now_ms);
    const [verdict, took_ms] = await timed(async () => gate?.check(judged));
    if (verdict?.verdict !== "pass") throw new Error(`The gate says ${JSON.stringify(verdict)}`);
    if (nth > 0) times.push(took_ms); // the first one starts the processes that look
  }
  console.log(`first look at ${architecture.size} files: ${cold_ms.toFixed(0)} ms`);
  console.log(`candidate of ${CHANGED} files: ${median(times).toFixed(0)} ms (${runs} runs)`);
} finally {
  symbols.close();
  place.stop();
}
