import { covers } from "@dgov/sandbox/claim";
import { claimOf } from "../../claim_text.ts";
import { nearest } from "../../nearest.ts";
import type { Project } from "../../project.ts";
import type { KeyPath } from "../../toml_place.ts";
import type { Facts } from "../facts.ts";
import { entryAt } from "../facts.ts";
import type { SourceClaim, SourceTask } from "../source.ts";
import { type SymbolFacts, symbolFault } from "../symbols.ts";
import { type Contradiction, refuted } from "./contradiction.ts";
import type { ContractSource } from "./read.ts";

/** What the names in a contract are looked up in. `gates`: every gate that can judge a task of this project. */
export type Known = {
  tasks: readonly SourceTask[];
  facts: Facts;
  symbols: SymbolFacts;
  project: Project;
  gates: readonly string[];
};

/** Every name in a contract that leads to nothing: tasks, verifiers, code, tests. Features B17, B19 and B20. */
export function refuteReferences(contract: ContractSource, known: Known): Contradiction[] {
  const { requirements, tests, risk } = contract.table;
  return [
    ...Object.entries(requirements).flatMap(([id, { tasks, verified_by, code, must_name }]) => {
      const at = ["requirements", id];
      return [
        ...tasks.flatMap((task, n) => unknownTask(contract, [...at, "tasks", n], { task, of: id, known })),
        ...verified_by.flatMap((by, n) => unknownVerifier(contract, [...at, "verified_by", n], { by, of: id, known })),
        ...code.flatMap((text, n) => unknownCode(contract, [...at, "code", n], { text, of: id, known })),
        ...must_name.flatMap((word, n) => unnamed(contract, [...at, "must_name", n], { word, tasks, of: id, known })),
      ];
    }),
    ...Object.entries(tests).flatMap(([id, test]) => [
      ...unknownCode(contract, ["tests", id, "at"], { text: test.at, of: id, known }),
      ...unknownVerifier(contract, ["tests", id, "by"], { by: test.by, of: id, known }),
      ...test.verifies.flatMap((wanted, n) =>
        Object.hasOwn(requirements, wanted)
          ? []
          : [
              refuted(contract, ["tests", id, "verifies", n], {
                code: "requirement_unknown",
                what: `the test "${id}" verifies "${wanted}": there is no such requirement${closeTo(wanted, Object.keys(requirements))}`,
              }),
            ],
      ),
    ]),
    ...(risk?.smoke?.checks ?? []).flatMap((by, n) =>
      unknownVerifier(contract, ["risk", "smoke", "checks", n], { by, of: "smoke", known }),
    ),
  ];
}

type Of = { of: string; known: Known };

function unknownTask(
  contract: ContractSource,
  at: KeyPath,
  { task, of, known }: Of & { task: string },
): Contradiction[] {
  const ids = known.tasks.map(({ id }) => id);
  if (ids.includes(task)) return [];
  const what = `"${of}" is brought about by "${task}": the plan has no such task${closeTo(task, ids)}`;
  return [refuted(contract, at, { code: "task_not_in_plan", what })];
}

function unknownVerifier(
  contract: ContractSource,
  at: KeyPath,
  { by, of, known }: Of & { by: string },
): Contradiction[] {
  const cut = by.indexOf(":");
  const name = by.slice(cut + 1);
  const names = {
    verify: Object.keys(known.project.rules.verify),
    task: known.tasks.map(({ id }) => id),
    gate: known.gates,
    test: Object.keys(contract.table.tests),
  }[by.slice(0, cut) as "verify" | "task" | "gate" | "test"];
  if (names.includes(name)) return [];
  const what = `"${of}" is verified by "${by}": there is none of that name${closeTo(name, names)}`;
  return [refuted(contract, at, { code: "verifier_unknown", what })];
}

/** Code that a contract speaks of is there, or a task of the plan makes it. */
function unknownCode(
  contract: ContractSource,
  at: KeyPath,
  { text, of, known }: Of & { text: string },
): Contradiction[] {
  const claim = claimOf(text);
  const why = claim === null ? "it is no path of the repository" : missing({ key: "edit", claim, path: [] }, known);
  if (why === null) return [];
  return [refuted(contract, at, { code: "code_unknown", what: `"${of}" is about "${text}": ${why}`, stated: text })];
}

/** Why a file or a symbol is not there, and no task is to create it: that one may edit its file is no promise of it. */
export function missing(source: SourceClaim, { tasks, facts, symbols }: Pick<Known, "tasks" | "facts" | "symbols">) {
  const { claim } = source;
  const before = tasks.flatMap(({ claims }) => claims.filter(({ key }) => key === "create" || key === "touch"));
  if (claim.symbol !== null)
    return (
      symbolFault({ ...source, claim: { ...claim, symbol: claim.symbol } }, { facts, symbols, before })?.why ?? null
    );
  const isMade = before.some((own) => covers(own.claim, claim.path));
  const isThere = claim.kind === "glob" ? facts.matched.has(claim.path) : entryAt(facts, claim.path) !== null;
  return isThere || isMade ? null : "it does not exist, and no task of the plan creates it";
}

type Naming = Of & { word: string; tasks: readonly string[] };

function unnamed(contract: ContractSource, at: KeyPath, { word, tasks, of, known }: Naming): Contradiction[] {
  const own = known.tasks.filter(({ id }) => tasks.includes(id));
  if (own.some(({ prompt }) => prompt.includes(word))) return [];
  const what = `"${of}" names "${word}": no prompt of its tasks contains it`;
  return [refuted(contract, at, { code: "name_unspoken", what, stated: word })];
}

function closeTo(name: string, names: readonly string[]): string {
  const close = nearest(name, names);
  return close === null ? "" : `; the nearest is "${close}"`;
}
