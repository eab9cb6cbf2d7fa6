import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Evidence } from "@dgov/kernel/evidence";
import { covers } from "@dgov/sandbox";
import { z } from "zod";
import { claimOf } from "./claim_text.ts";
import { counted } from "./counted.ts";
import { DgovError, type Place } from "./error.ts";
import { type From, readEvidence } from "./evidence.ts";
import type { Git } from "./git/git.ts";
import { dirtyPaths, openRepository } from "./git/readiness.ts";
import { diffTrees } from "./git/tree_changes.ts";
import { findRoot } from "./root.ts";
import { check, parseToml, type Toml } from "./toml.ts";

const FILE = ".dgov/evidence.toml";

const text = z.string().refine((value) => value.trim() !== "", { error: "it is blank" });
const Statement = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: "it must be lower-case letters, digits, _ and -" }),
  text,
  scope: z.array(text).min(1), // paths as a plan claims them
  exclusions: z.array(text).min(1), // what is not said by it; there is always something
  evidence: z.array(z.string()).min(1),
});
const Table = z.strictObject({ statement: z.array(Statement).default([]) });
type Statement = z.infer<typeof Statement>;

/**
 * `held` all its evidence holds, and nothing in its scope has changed since · `fails` one says the contrary · `stale` its
 * scope has changed since · `unknown` the tree that evidence is of is not in this repository. Only `held` is good.
 */
export type Standing = "held" | "fails" | "stale" | "unknown";
export type Checked = Statement & { standing: Standing; because: string };

/**
 * What the project states, and whether its evidence still shows it.
 *
 * @throws DgovError `config_invalid` with every place at once: a row without scope or exclusions, evidence that is not there
 */
export async function checkStatements({ cwd, env }: Pick<From, "cwd" | "env">): Promise<{ statements: Checked[] }> {
  const root = findRoot(cwd);
  const path = join(root, FILE);
  if (!existsSync(path)) return { statements: [] };
  const evidence = new Map(readEvidence(root).map((one) => [one.id, one]));
  const rows = read(readFileSync(path), evidence);
  const git = await openRepository(root, env);
  const dirty = await dirtyPaths(git);
  const statements: Checked[] = [];
  for (const row of rows) statements.push({ ...row, ...(await standingOf(row, { git, dirty, evidence })) });
  return { statements };
}

function read(bytes: Uint8Array, evidence: ReadonlyMap<string, Evidence>): Statement[] {
  const { toml, places } = parseToml(bytes, FILE);
  const checked = toml ? check(Table, { toml, path: [] }) : { value: null, places };
  const all = [...checked.places, ...(toml && checked.value ? faults(toml, checked.value.statement, evidence) : [])];
  if (checked.value && all.length === 0) return checked.value.statement;
  throw new DgovError("config_invalid", `Cannot read "${FILE}": ${counted(all.length, "place")} must be mended`, {
    places: all,
    hint: `Mend the places in ${FILE}; "dgov evidence list" has the names of evidence`,
  });
}

function faults(toml: Toml, rows: readonly Statement[], evidence: ReadonlyMap<string, Evidence>): Place[] {
  const place = (path: (string | number)[], code: string, message: string): Place => ({
    ...{ severity: "error", code, message, file: FILE, ...toml.at(["statement", ...path]), unit: null },
  });
  return rows.flatMap(({ id, scope, evidence: named }, at) => [
    ...(rows.findIndex((row) => row.id === id) === at
      ? []
      : [place([at, "id"], "duplicate_id", `Cannot state "${id}" twice`)]),
    ...scope.flatMap((path, n) =>
      claimOf(path)
        ? []
        : [place([at, "scope", n], "scope_invalid", `Cannot read "${path}": it is no path of the repository`)],
    ),
    ...named.flatMap((name, n) =>
      evidence.has(name) ? [] : [place([at, "evidence", n], "evidence_dangling", `Cannot find the evidence "${name}"`)],
    ),
  ]);
}

type Looking = { git: Git; dirty: readonly string[]; evidence: ReadonlyMap<string, Evidence> };

async function standingOf(
  { scope, evidence: named }: Statement,
  { git, dirty, evidence }: Looking,
): Promise<Pick<Checked, "standing" | "because">> {
  const claims = scope.flatMap((path) => claimOf(path) ?? []).map((claim) => ({ ...claim, symbol: null }));
  const within = (path: string) => claims.some((claim) => covers(claim, path));
  for (const one of named.flatMap((name) => evidence.get(name) ?? [])) {
    if (!one.holds) return { standing: "fails", because: `${one.id} did not pass` };
    const [there] = await git.objects.info([`${one.tree}^{tree}`]);
    if (!there) return { standing: "unknown", because: `the tree of ${one.id} is not in this repository` };
    const changes = await diffTrees(git, one.tree, "HEAD");
    const changed = [...changes.map(({ path }) => path), ...dirty].find(within);
    if (changed !== undefined) return { standing: "stale", because: `"${changed}" has changed since ${one.id}` };
  }
  return { standing: "held", because: "" };
}
