import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Content, type Repository, repository } from "../../git/testing/repository.ts";
import { diffTrees } from "../../git/tree_changes.ts";
import { treeOf } from "../../git/tree_object.ts";
import type { Project } from "../../project.ts";
import { openSymbols } from "../../semantic/symbols.ts";
import type { IntegratedCandidate } from "../candidate.ts";
import { commandGates } from "../commands.ts";
import { settle, type Verdict } from "../gate.ts";
import { openShell } from "./isolation.ts";
import { BASELINES, projectWith, task, unitWith } from "./parts.ts";

export type Files = Record<string, Content | null>;
export type Asked = {
  base?: Files;
  work: Files;
  commands?: Partial<Project["commands"]>;
  test_cmd?: string;
  settlement_ms?: number;
  hooks?: string[];
  flake_runs?: number;
  coverage_threshold?: number;
  layout?: Partial<Project["layout"]>;
};

/** Lays candidates in repositories of their own, which `clear` removes. `ask`: what the gates say, in words. */
export function openCandidates() {
  const made: Pick<Repository, "remove">[] = [];
  const lay = async (asked: Asked): Promise<IntegratedCandidate> => {
    const { candidate, remove } = await layCandidate(asked);
    made.push({ remove });
    return candidate;
  };
  return {
    lay,
    ask: async (asked: Asked): Promise<string[]> => wordsOf(await judgedBy(await lay(asked))),
    clear() {
      for (const one of made.splice(0)) one.remove();
    },
  };
}

const SELF = [process.execPath, join(import.meta.dir, "../../../../cli/src/main.ts")];

/** A head, the work on top of it checked out, and the project's commands. */
async function layCandidate({
  base = {},
  work,
  commands = {},
  test_cmd,
  settlement_ms,
  hooks = [],
  flake_runs = 1,
  coverage_threshold = 2,
  layout = {},
}: Asked) {
  const repo = await repository({ "README.md": "x\n", ...base });
  const head = await repo.user("rev-parse", "HEAD");
  const before = join(repo.folder, "before");
  const tmp = join(repo.folder, "tmp");
  mkdirSync(tmp);
  await repo.user("worktree", "add", "-q", "--detach", before, head);
  const tree = await treeOf(repo.git, await repo.commit(work));
  const baselines = { ...BASELINES, points: coverage_threshold };
  const evidence = { flake_runs, unwatched_tests: "tell", unverified_statements: "tell" } as const;
  const rules = { review_hooks: hooks, evidence, baselines };
  const parts = settlement_ms === undefined ? { commands, rules } : { commands, rules, settlement_ms };
  const plain = projectWith(repo.root, parts);
  const project = { ...plain, layout: { ...plain.layout, ...layout } };
  const symbols = openSymbols({ git: repo.git, self: SELF, now_ms: () => 0 });
  const candidate: IntegratedCandidate = {
    git: repo.git,
    project,
    unit: unitWith({}, test_cmd ?? null),
    task,
    attempt: 1,
    head,
    tree,
    changes: await diffTrees(repo.git, head, tree),
    root: repo.root,
    isolation: openShell(repo.root, tmp),
    symbols,
    setupIsolation: async () => openShell(repo.root, tmp),
    giveSetup: async () => ({ given: false, why_not: null }),
    takeLeft: () => ({ changed: [], made: [] }), // nothing is watched here
    baseline: async () => ({
      ...{ root: before, isolation: openShell(before, tmp), takeLeft: () => ({ changed: [], made: [] }) },
    }),
    out: join(repo.folder, "out"),
  };
  const remove = () => {
    symbols.close();
    repo.remove();
  };
  return { candidate, remove };
}

/** What its gates say of it, as far as they come. */
export async function judgedBy(candidate: IntegratedCandidate): Promise<Verdict[]> {
  const told: Verdict[] = [];
  const gates = commandGates(candidate.project, candidate.unit);
  await settle(gates, candidate, { now_ms: () => 0, level: () => null, record: (verdict) => told.push(verdict) });
  return told;
}

/** Each gate with its verdict, and the codes and paths of the findings. */
const wordsOf = (told: readonly Verdict[]): string[] =>
  told.map(({ gate, verdict, findings }) =>
    [gate, verdict, ...findings.map(({ code, path }) => (path ? `${code}@${path}` : code))].join(" "),
  );
