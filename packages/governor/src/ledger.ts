import { Category, type Entry, type Faults } from "@dgov/kernel/ledger";
import { ClaimError, formatClaim, parseClaim } from "@dgov/sandbox";
import { DgovError } from "./error.ts";
import { reachable } from "./git/describe.ts";
import type { Git } from "./git/git.ts";
import { openRepository } from "./git/readiness.ts";
import { readEntries, withReadable, withWritable } from "./ledger_file.ts";
import { findRoot } from "./root.ts";

export { Category };

type From = { cwd: string; env: Readonly<Record<string, string | undefined>>; now_ms: () => number };

/** Conditions hold together; `query` is a part of the content, in letters of either case. */
export type LedgerFilter = { category: Category | null; status: "open" | "resolved" | "all"; query: string | null };

/** An entry for people and programs. Times are ISO 8601; keys that dgov 0.8 had keep their names. */
export type LedgerEntry = Pick<
  Entry,
  "id" | "category" | "content" | "status" | "commit" | "found" | "seen" | "integrity"
> & {
  created_at: string;
  resolved_at: string | null;
  affected_paths: readonly string[];
  affected_tags: readonly string[];
};

/** `faults`: of the ledger as a whole, whatever was asked for. */
export type LedgerList = { filter: LedgerFilter; entries: LedgerEntry[]; faults: Faults };

/** The entries of the repository that holds `cwd`, newest first. */
export function listLedger({ cwd }: Pick<From, "cwd">, filter: LedgerFilter): LedgerList {
  return withReadable(findRoot(cwd), (ledger) => {
    const entries = ledger.entries().filter((entry) => matches(entry, filter));
    return { filter, entries: entries.map(viewOf), faults: ledger.faults() };
  });
}

/** @param paths as a plan claims them, without symbols. @throws DgovError `usage` for an empty text, or for what is no path */
export function addToLedger(
  { cwd, now_ms }: From,
  { category, content, paths }: { category: Category; content: string; paths: readonly string[] },
): { id: number; category: Category } {
  if (content.trim() === "") throw new DgovError("usage", "Cannot add to the ledger: the text is empty");
  const affected = paths.map(pathOf);
  return withWritable(findRoot(cwd), (ledger) => ({
    id: ledger.add({ category, content: content.trim(), paths: affected, found: null }, now_ms()),
    category,
  }));
}

/** What came of resolving: `already` and `unknown` have changed nothing. `commit` is null where none was given. */
export type Resolution = { id: number; outcome: "resolved" | "already" | "unknown"; commit: string | null };

/**
 * Says that an entry is done with. What a run has found needs a commit that shows it; a person's own word is enough for
 * what a person wrote.
 *
 * @param commit as git understands it; null: none
 * @throws DgovError `ledger_unproven` when the commit is missing, unknown, or not in the history of what is checked out
 */
export async function resolveInLedger(
  { cwd, env, now_ms }: From,
  { id, commit }: { id: number; commit: string | null },
): Promise<Resolution> {
  const root = findRoot(cwd);
  const entry = readEntries(root).find((one) => one.id === id);
  if (!entry) return { id, outcome: "unknown", commit: null };
  if (entry.status === "resolved") return { id, outcome: "already", commit: entry.commit };
  if (entry.found && commit === null)
    throw new DgovError(
      "ledger_unproven",
      `Cannot resolve entry #${id}: run "${entry.found.run}" has found it, and no commit is given that mends it`,
    );
  const proof = commit === null ? null : await provenBy(await openRepository(root, env), id, commit);
  const was = withWritable(root, (ledger) => ledger.resolve(id, proof, now_ms()));
  return { id, outcome: was === "open" ? "resolved" : "already", commit: proof };
}

async function provenBy(git: Git, id: number, commit: string): Promise<string> {
  const asked = ["rev-parse", "--verify", "-q", "--end-of-options", `${commit}^{commit}`];
  const { exit, bytes } = await git.ask(asked, { ok: [0, 1, 128] });
  const oid = new TextDecoder().decode(bytes).trim();
  if (exit !== 0 || oid === "")
    throw new DgovError("ledger_unproven", `Cannot resolve entry #${id}: there is no commit "${commit}"`);
  if ((await reachable(git, [oid])).has(oid)) return oid;
  throw new DgovError(
    "ledger_unproven",
    `Cannot resolve entry #${id}: commit "${commit}" is not in the history of what is checked out`,
    { hint: "Land the commit first, or give the one that it has landed as" },
  );
}

function matches(entry: Entry, { category, status, query }: LedgerFilter): boolean {
  return (
    (category === null || entry.category === category) &&
    (status === "all" || entry.status === status) &&
    (query === null || entry.content.toLowerCase().includes(query.toLowerCase()))
  );
}

const viewOf = ({ paths, tags, created_at_ms, resolved_at_ms, ...entry }: Entry): LedgerEntry => ({
  ...entry,
  created_at: new Date(created_at_ms).toISOString(),
  resolved_at: resolved_at_ms === null ? null : new Date(resolved_at_ms).toISOString(),
  affected_paths: paths,
  affected_tags: tags,
});

function pathOf(text: string): string {
  try {
    return formatClaim({ ...parseClaim(text), symbol: null });
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    throw new DgovError("usage", `Cannot add to the ledger: "${text}" is no path of the repository: ${error.why}`, {
      hint: "Give paths as a plan claims them: relative to the root, a folder with a slash at its end",
    });
  }
}
