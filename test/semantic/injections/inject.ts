import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyse } from "../../../packages/semantic/src/analyse.ts";
import type { Grammars } from "../../../packages/semantic/src/grammar.ts";
import type { Judgement } from "../../../packages/semantic/src/judge.ts";
import { openAnalyst } from "../analyst.ts";
import { decoded, replay } from "../replay.ts";
import { openRepository, type Repository } from "../repository.ts";
import { BREAKAGES } from "./breakages.ts";
import { cut, type Edits, type Ground, openChance, openGround } from "./ground.ts";
import type { Injection } from "./sites.ts";

/** What was said of one injection. `alike`: the same with a left side that breaks nothing; null: there is none. */
export type Tried = {
  kind: string;
  form: string;
  clean: boolean;
  judgement: Judgement;
  alike: Judgement | null;
  edits: { left: Edits; right: Edits };
};

type Asked = { folder: string; each: number; seed: number; only: string | null };

/** Puts breakages of every kind into the newest tree of a repository, `each` of a kind, and judges what git makes of them. */
export async function injectAll(grammars: Grammars, { folder, each, seed, only }: Asked): Promise<Tried[]> {
  const scratch = mkdtempSync(join(tmpdir(), "semantic-injections-"));
  const repository = openRepository(scratch);
  try {
    const files = withProbes(openGround(grammars, await sourcesOf(folder)));
    const ground = openGround(grammars, files);
    const made: { kind: string; injection: Injection }[] = [];
    for (const [kind, breakage] of Object.entries(BREAKAGES)) {
      if (only !== null && kind !== only) continue;
      const chance = openChance(seed * 7919 + kind.length * 104729 + kind.charCodeAt(0));
      let found = 0;
      for (let tries = 0; found < each && tries < each * 30; tries++) {
        const injection = breakage(ground, chance);
        if (!injection || !isWhole(grammars, injection)) continue;
        made.push({ kind, injection });
        found += 1;
      }
    }
    await repository.run(["init", "--quiet", "--bare", "--initial-branch=main"]);
    await repository.run(
      ["fast-import", "--quiet", "--force"],
      streamOf(
        files,
        made.map(({ injection }) => injection),
      ),
    );
    const analyst = openAnalyst(grammars);
    const tried: Tried[] = [];
    for (const [at, { kind, injection }] of made.entries()) {
      const broken = await judged(repository, analyst, at, "left");
      const alike = injection.twin && (await judged(repository, analyst, at, "twin"));
      tried.push({
        kind,
        form: injection.right.form,
        ...broken,
        alike: alike?.judgement ?? null,
        edits: { left: injection.left, right: injection.right.edits },
      });
    }
    return tried;
  } finally {
    await repository.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function judged(
  repository: Repository,
  analyst: ReturnType<typeof openAnalyst>,
  at: number,
  left: "left" | "twin",
) {
  const ask = { base: "refs/heads/base", left: `refs/heads/${left}-${at}`, right: `refs/heads/right-${at}` };
  const [git] = await repository.merges([[ask.left, ask.right]]);
  if (!git) throw new Error("git said nothing");
  const { judgement } = await replay(repository, analyst, { ...ask, git });
  return { clean: git.clean, judgement };
}

/**
 * Copies of functions, methods and classes under names that stand nowhere else: what is done to one of them is complete in
 * itself, and everything around it is as real as it can be.
 */
function withProbes({ sources }: Ground): Map<string, string> {
  return new Map(
    sources.map(({ path, text, summary }) => {
      const classes = summary.units.filter(({ kind }) => kind === "class").slice(0, 2);
      const found = [
        ...summary.units.filter(({ kind }) => kind === "function").slice(0, 4),
        ...classes.flatMap(({ children }) => children.filter(({ kind }) => kind === "method").slice(0, 3)),
        ...classes,
      ];
      const plain = found.filter(
        ({ name, guards, signature, span }) =>
          /^[a-zA-Z]\w+$/.test(name ?? "") &&
          guards.length === 0 &&
          !signature?.decorators.length &&
          text[span[1]] === "\n",
      );
      // Behind each other, from the end: a class comes behind its own methods.
      const sorted = plain.toSorted((a, b) => b.span[1] - a.span[1] || b.span[0] - a.span[0]);
      const made = sorted.reduce((all, unit) => {
        const own = text.slice(...unit.span);
        const at = text.lastIndexOf("\n", unit.span[0]) + 1;
        const probe = own.replace(new RegExp(`\\b${unit.name}\\b`, "g"), `${unit.name}_${idOf(path)}_probe`);
        return cut(all, [unit.span[1], unit.span[1]], `\n\n${text.slice(at, unit.span[0])}${probe}`);
      }, text);
      return [path, made];
    }),
  );
}

const idOf = (path: string): string => Bun.hash(path).toString(36).slice(0, 4);

/** Either side parses: what would not is no breakage of a merge. */
function isWhole(grammars: Grammars, { left, right, twin }: Injection): boolean {
  return [left, right.edits, twin ?? new Map()].every((edits) =>
    [...edits].every(([path, text]) => {
      const summary = text === null ? null : analyse(grammars, path, text);
      return summary === null || (!("unknown" in summary) && summary.faults.length === 0);
    }),
  );
}

async function sourcesOf(folder: string): Promise<Map<string, string>> {
  const repository = openRepository(folder);
  try {
    const listed = new TextDecoder().decode(await repository.run(["ls-tree", "-r", "-z", "HEAD"]));
    const files = new Map<string, string>();
    for (const line of listed.split("\0")) {
      const [, oid = "", path = ""] = /^100\d+ blob (\w+)\t(.*)$/s.exec(line) ?? [];
      if (!/\.py$|^(setup\.cfg|pyproject\.toml)$/.test(path)) continue;
      const text = decoded(await repository.blob(oid));
      if (text !== null) files.set(path, text);
    }
    return files;
  } finally {
    await repository.close();
  }
}

function streamOf(files: ReadonlyMap<string, string>, injections: readonly Injection[]): string {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commit = (name: string, from: string | null, edits: Edits) =>
    `commit refs/heads/${name}\ncommitter suite <suite@example.org> 0 +0000\n${data(name)}${from === null ? "" : `from ${from}\n`}` +
    [...edits]
      .map(([path, text]) =>
        text === null ? `D ${JSON.stringify(path)}\n` : `M 100644 inline ${JSON.stringify(path)}\n${data(text)}`,
      )
      .join("") +
    "\n";
  return [
    commit("base", null, files),
    ...injections.flatMap(({ left, right, twin }, at) => [
      commit(`left-${at}`, "refs/heads/base", left),
      commit(`right-${at}`, "refs/heads/base", right.edits),
      ...(twin ? [commit(`twin-${at}`, "refs/heads/base", twin)] : []),
    ]),
  ].join("");
}
