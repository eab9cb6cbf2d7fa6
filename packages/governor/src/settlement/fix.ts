import { strict as assert } from "node:assert";
import { join } from "node:path";
import type { EventOf } from "@dgov/kernel";
import { type Isolation, IsolationLost } from "@dgov/sandbox";
import { lineChanges } from "../git/line_changes.ts";
import type { Change } from "../git/tree_changes.ts";
import { runProjectCommand, unanswered } from "../project_command.ts";
import { outOf } from "../root.ts";
import type { Site } from "../site.ts";
import { judged, shellPaths } from "./command.ts";
import { verdictEvent } from "./gate.ts";
import { applied, type Fixed, isNear, ownFixes, refined, touchedLines } from "./own_lines.ts";
import { isSource } from "./sources.ts";

/** What a worker left: its work as `tree` on `base`, and the worktree it is in, which `refreeze` makes a tree of again. */
type Mending = {
  of: Pick<EventOf<"gate_judged">, "task" | "attempt">;
  base: string;
  tree: string;
  changes: readonly Change[];
  refreeze: () => Promise<string>;
  isolation: Isolation;
};

/**
 * Fixes lint and format of what the worker changed, in its own isolation, so that only its claims can be written. These
 * are no judges: what they leave is frozen and judged like the rest. That one could not run is on record all the same.
 * A new file is fixed whole; in a file that was there before, only what the change brought with it.
 */
export async function mendFormat(site: Site, left: Mending): Promise<void> {
  const sources = left.changes.filter((change) => isSource(change, site.project) && FILES.includes(change.new_mode));
  const files = await inUtf8(site, sources);
  const paths = files.filter(({ kind }) => kind === "added" || kind === "modified").map(({ path }) => path);
  if (paths.length === 0) return;
  const ended = await runFixers(site, left, { paths, first: true });
  const fixed = await left.refreeze();
  if (fixed === left.tree) return;
  if (!ended) return putAll(site, left, { paths, from: fixed, to: left.tree }); // whoever was ended may have written half a file
  const edited = files.filter(({ kind, path }) => kind === "modified" && !path.includes("\n"));
  const edits = edited.map(({ path }) => path);
  if (edits.length === 0) return;
  await leaveOthersLines(site, left, { edits, fixed });
  await keepLineEnds(site, left, edits);
}

const FILES: readonly string[] = ["100644", "100755"];

type Running = { paths: readonly string[]; first: boolean };

/** @returns whether all of them came to an end by themselves */
async function runFixers(
  { project, session, out, world }: Site,
  { of, isolation }: Mending,
  { paths, first }: Running,
): Promise<boolean> {
  const timeout_ms = project.timeouts.settlement_ms;
  const folder = join(out, outOf(of));
  const { lint_fix, format } = project.commands;
  let ended = true;
  for (const [gate, template] of [
    ["lint_fix", lint_fix],
    ["format_fix", format],
  ] as const) {
    if (!template?.includes("{file}")) continue; // without it the command would go for files that are not the task's
    const start_ms = world.now_ms();
    const command = template.replaceAll("{file}", () => shellPaths(paths));
    const log = `${gate}${first ? "" : "-again"}.log`;
    const said = await runProjectCommand(isolation, { command, timeout_ms, out: folder, log });
    ended &&= said.result.ended === "exit";
    if (!first) continue;
    const missing = unanswered(said, timeout_ms);
    const judgement = judged(said, missing ? "broken" : "pass", {
      cause: "broken",
      findings: missing ? [missing] : [],
    });
    const took_ms = Math.round(world.now_ms() - start_ms);
    session.record(verdictEvent(of, { ...judgement, gate, took_ms, level: isolation.level }));
  }
  return ended;
}

/**
 * Takes back what the fixers did to lines that the change has nothing to do with. Which these are is seen by fixing the
 * base's text too. A part of what a fixer did need not hold together, so it is proved: fixed again, it must become what
 * the whole became. Otherwise the whole stays.
 */
async function leaveOthersLines(
  site: Site,
  left: Mending,
  { edits, fixed }: { edits: readonly string[]; fixed: string },
): Promise<void> {
  const { git } = site;
  const [changed, did] = await Promise.all([
    lineChanges(git, left.base, left.tree),
    lineChanges(git, left.tree, fixed),
  ]);
  const touched = (path: string) => touchedLines(changed.get(path) ?? []);
  const texts = await readable(
    site,
    edits.filter((path) => did.has(path)),
    [left.base, left.tree, fixed],
  );
  const all = new Map<string, Fixed>();
  for (const [path, [, worked = "", whole = ""]] of texts)
    all.set(path, refined({ worked, fixed: whole, hunks: did.get(path) ?? [] }));
  const tried: string[] = [];
  for (const [path, { fixed: whole, hunks }] of all)
    if (
      hunks.some((hunk) => !isNear(hunk, touched(path))) &&
      (await put(left, path, whole, texts.get(path)?.[0] ?? ""))
    )
      tried.push(path);
  if (tried.length === 0) return;
  await runFixers(site, left, { paths: tried, first: false });
  const wish = await left.refreeze();
  const wishes = await lineChanges(git, left.base, wish);
  const wanted = await readable(site, tried, [wish]);
  const parts = new Map<string, string>();
  for (const path of tried) {
    const made = all.get(path);
    const [base = ""] = texts.get(path) ?? [];
    const [now = ""] = wanted.get(path) ?? [];
    assert(made);
    const wished = refined({ worked: base, fixed: now, hunks: wishes.get(path) ?? [] });
    const part = applied(made, ownFixes(made, touched(path), wished));
    parts.set(path, part);
    await replace(left, path, now, part);
  }
  await runFixers(site, left, { paths: tried, first: false });
  for (const [path, [now = ""]] of await readable(site, tried, [await left.refreeze()])) {
    const whole = all.get(path)?.fixed ?? "";
    await replace(left, path, now, now === whole ? (parts.get(path) ?? whole) : whole);
  }
}

/** A formatter may write anew in UTF-8 what it has read otherwise, so it is not let near any other encoding. */
async function inUtf8({ git }: Site, changes: readonly Change[]): Promise<Change[]> {
  const texts = await Promise.all(
    changes.map(async ({ kind, new_oid }) => (kind === "deleted" ? "" : utf8(await git.objects.content(new_oid)))),
  );
  return changes.filter((_, at) => texts[at] !== null);
}

/** A file whose lines all ended in CRLF has them end so still, whatever a formatter wants of new lines. */
async function keepLineEnds(site: Site, left: Mending, edits: readonly string[]): Promise<void> {
  const now = await left.refreeze();
  for (const [path, [worked = "", fixed = ""]] of await readable(site, edits, [left.tree, now]))
    if (/\r\n/.test(worked) && !/(?<!\r)\n/.test(worked))
      await replace(left, path, fixed, fixed.replace(/\r?\n/g, "\r\n"));
}

/** Texts of files in several trees. Files that are not UTF-8 in all of them are left out. */
async function readable(
  { git }: Site,
  paths: readonly string[],
  trees: readonly string[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const path of paths) {
    const all = await Promise.all(trees.map(async (tree) => utf8(await git.objects.content(`${tree}:${path}`))));
    const texts = all.filter((text) => text !== null);
    if (texts.length === trees.length) found.set(path, texts);
  }
  return found;
}

/** A mark of byte order is left out, as whoever edits the file leaves it where it is. */
function utf8(bytes: Uint8Array): string | null {
  const text = new TextDecoder().decode(bytes);
  return text.includes("\uFFFD") ? null : text;
}

async function putAll(
  site: Site,
  left: Mending,
  { paths, from, to }: { paths: readonly string[]; from: string; to: string },
): Promise<void> {
  for (const [path, [now = "", then = ""]] of await readable(site, paths, [from, to]))
    await replace(left, path, now, then);
}

/** @throws IsolationLost when it cannot be written: the worktree is then not what the worker left, nor what was fixed */
async function replace(left: Mending, path: string, now: string, then: string): Promise<void> {
  if (now !== then && !(await put(left, path, now, then))) throw new IsolationLost(`Cannot put back "${path}"`);
}

/** Writes as the task may write: from inside, under its claims, following no link. */
async function put({ isolation }: Mending, path: string, now: string, then: string): Promise<boolean> {
  const { ok } = await isolation.call("edit_file", { path, old_text: now, new_text: then });
  return ok;
}
