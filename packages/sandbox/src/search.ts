import { struckAfter } from "./exec_answer.ts";
import { gitCommand, worktreeFiles } from "./git_read.ts";
import { compileGlob, matchesGlob } from "./glob.ts";
import type { ExecRequest, ExecResult } from "./isolate/isolation.ts";
import { isSecretFile, SECRET_PATHSPECS } from "./secret_file.ts";
import type { Answer, Host } from "./tool.ts";
import { TOOL_LIMITS } from "./tool_limits.ts";

/**
 * One search. `flags` are git's own and were chosen by us, word by word; `pattern` is the model's and stays data.
 *
 * `path`     normalised; "." is the whole worktree
 * `narrow`   pathspecs that say which files below `path` count; [] all of them. Ignored where `path` is a file
 */
export type Search = { flags: readonly string[]; pattern: string; path: string; narrow: readonly string[] };

/**
 * Searches files with git's own engine, on every machine with a jail the same: Perl's regular expressions, all cores, nothing that
 * git ignores, no binary files, no links, no files that may hold secrets. It is a process of its own, so that a pattern
 * that never ends is ended by the clock.
 */
export async function searchFiles(host: Host, search: Search): Promise<Found> {
  const { path } = search;
  const kind = path === "." ? "directory" : ((await host.stat(path))?.kind ?? null);
  if (kind === null) return failed(path, "it does not exist");
  if (kind !== "directory" && kind !== "file") return failed(path, "it is not an ordinary file or directory");
  const own = host.git ? await interpreted(host, search, kind) : native(search, kind);
  const result = await host.exec({
    ...own,
    timeout_ms: TOOL_LIMITS.search_ms,
    output_max_bytes: TOOL_LIMITS.search_max_bytes,
    clip_bytes: 1_000_000,
  });
  return linesOf(result, path);
}

type Request = Pick<ExecRequest, "command" | "search">;

function native({ flags, pattern, path, narrow }: Search, kind: "file" | "directory"): Request {
  const where = kind === "file" ? "--no-index" : "--untracked";
  const specs = kind === "file" ? [`:(literal)${path}`] : [...below(path, narrow), ...SECRET_PATHSPECS];
  return { command: gitCommand(["grep", ...PLAIN, where, ...flags, "-e", pattern, "--", ...specs]) };
}

/** Where no git runs inside: the same files, and an engine of ours. */
async function interpreted(host: Host, { flags, pattern, path, narrow }: Search, kind: "file" | "directory") {
  const folder = path === "." ? "" : `${path}/`;
  const counts = narrowed(narrow);
  const inside = (own: string) => own.startsWith(folder) && !isSecretFile(own) && counts(own.slice(folder.length));
  const files = kind === "file" ? [path] : (await worktreeFiles(host)).filter(inside);
  return { command: "", search: { files, flags, pattern } };
}

function narrowed(narrow: readonly string[]): (path: string) => boolean {
  const matchers = narrow.map((spec) => {
    const pattern = deepened(spec.replace(/^!/, "")).replace(/\\(.)/g, "[$1]"); // our patterns have no escapes
    const glob = compileGlob(pattern, "segment");
    const holds = (path: string) =>
      matchesGlob(glob, path) || (!/[*?[]/.test(pattern) && path.startsWith(`${pattern}/`));
    return { excludes: spec.startsWith("!"), holds };
  });
  const wanted = matchers.filter(({ excludes }) => !excludes);
  return (path) =>
    (wanted.length === 0 || wanted.some(({ holds }) => holds(path))) &&
    !matchers.some(({ excludes, holds }) => excludes && holds(path));
}

/** Whatever the repository's configuration says of columns, colours and submodules. */
const PLAIN = ["-n", "-I", "--no-color", "--no-column", "--no-recurse-submodules"];

/** What a search gave: lines as `file:line:text` and whether there were more, or why it could not be done. */
export type Found = { ok: true; lines: readonly string[]; more: boolean } | { ok: false; text: string };

/** The lines for the model, at most `matches` of them. */
export function searchAnswer(found: Found): Answer {
  if (!found.ok) return found;
  const { lines, more } = found;
  if (lines.length === 0) return { ok: true, text: "No matches found." };
  const shown = lines.slice(0, TOOL_LIMITS.matches).map(clipLine);
  if (more || lines.length > shown.length) {
    const all = more ? `more than ${shown.length}` : String(lines.length);
    shown.push(`... truncated: the first ${shown.length} of ${all} lines are shown; narrow the search`);
  }
  return { ok: true, text: shown.join("\n") };
}

export const clipLine = (line: string): string =>
  line.length > TOOL_LIMITS.match_line_chars ? `${line.slice(0, TOOL_LIMITS.match_line_chars)}…` : line;

/** Git matches a pathspec against the whole path, so each is put below the folder that was named. */
function below(path: string, narrow: readonly string[]): string[] {
  const folder = path === "." ? "" : `${path}/`;
  if (!narrow.some((spec) => !spec.startsWith("!")))
    return [`:(literal)${path === "." ? "" : path}`, ...narrow.map((spec) => globSpec(folder, spec))];
  return narrow.map((spec) => globSpec(folder, spec));
}

/** A pattern as ripgrep means it: without a slash it stands for a name at any depth; `!` in front leaves out. */
function globSpec(folder: string, spec: string): string {
  const [magic, pattern] = spec.startsWith("!") ? ["exclude,glob", spec.slice(1)] : ["glob", spec];
  return `:(${magic})${folder.replace(/[\\*?[]/g, "\\$&")}${deepened(pattern)}`;
}

const deepened = (pattern: string): string => (pattern.includes("/") ? pattern.replace(/^\//, "") : `**/${pattern}`);

const failed = (path: string, why: string): Found => ({ ok: false, text: `Error: Cannot search "${path}": ${why}` });

function linesOf(result: ExecResult, path: string): Found {
  const time = struckAfter(result, TOOL_LIMITS.search_ms);
  if (time !== null) return failed(path, `it took longer than ${time}; use a simpler pattern or a narrower path`);
  const full = result.ended === "output_limit";
  if (!full && result.ended !== "exit") return failed(path, "the search was stopped");
  if (!full && result.exit === 1) return { ok: true, lines: [], more: false };
  if (!full && result.exit !== 0) return failed(path, (result.tail || result.head).trim().slice(-500));
  const more = full || result.omitted_bytes > 0;
  const text = more ? result.head : result.head + result.tail;
  return { ok: true, lines: text.split("\n").filter((line) => line !== ""), more };
}
