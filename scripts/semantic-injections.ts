// Puts breakages into the newest tree of a Python repository, two edits that are good alone and broken together, lets git
// merge them, and says which the judge finds, by kind; and what it says where the left edit breaks nothing.
// Usage: bun scripts/semantic-injections.ts PATH [--each N] [--seed N] [--kind NAME] [--misses]
import { parseArgs } from "node:util";
import { openGrammars } from "../packages/semantic/src/grammar.ts";
import { injectAll, type Tried } from "../test/semantic/injections/inject.ts";

const options = {
  each: { type: "string" },
  seed: { type: "string" },
  kind: { type: "string" },
  misses: { type: "boolean" },
} as const;
const { values, positionals } = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options });
const [folder] = positionals;
if (folder === undefined) {
  console.error("Usage: bun scripts/semantic-injections.ts PATH [--each N] [--seed N] [--kind NAME] [--misses]");
  process.exit(2);
}
const asked = {
  folder,
  each: Number(values.each ?? "10"),
  seed: Number(values.seed ?? "1"),
  only: values.kind ?? null,
};
const tried = (await injectAll(await openGrammars(), asked)).filter(({ clean }) => clean);

const isLoud = (verdict: string | undefined) => verdict !== undefined && verdict !== "merge" && verdict !== "note";
const refuses = ({ judgement }: Tried) => judgement.verdict === "block" || judgement.verdict === "conflict";
const tells = (one: Tried) => isLoud(one.judgement.verdict);

for (const kind of [...new Set(tried.map((one) => one.kind)), null]) {
  const of = kind === null ? tried : tried.filter((one) => one.kind === kind);
  const twins = of.flatMap(({ alike }) => (alike ? [alike.verdict] : []));
  const loud = twins.filter(isLoud).length;
  const counts = `${of.filter(refuses).length} refused, ${of.filter(tells).length} told of ${of.length}`;
  console.log(`${(kind ?? "all").padEnd(30)} ${counts}; ${loud} of ${twins.length} twins told`);
}
function explain(one: Tried): string[] {
  const findings = [...one.judgement.findings, ...(one.alike?.findings ?? [])].slice(0, 4);
  const edits = Object.entries(one.edits).flatMap(([side, of]) => [...of].slice(0, 3).map((edit) => [side, ...edit]));
  const fresh = (text: string | null | undefined) =>
    text
      ?.match(/.*fresh.*/g)
      ?.slice(0, 4)
      .join(" | ") ?? "";
  return [
    `\n${one.kind} (${one.form}): ${one.judgement.verdict}, its twin ${one.alike?.verdict ?? "-"}`,
    ...findings.map(({ verdict, kind, sentence }) => `  ${verdict} ${kind}: ${sentence}`),
    ...edits.map(([side, path, text]) => `  ${side} ${path} ${fresh(text)}`),
  ];
}

const missed = values.misses ? tried.filter((one) => !refuses(one) || isLoud(one.alike?.verdict)) : [];
for (const one of missed) console.log(explain(one).join("\n"));
