import type { Git } from "../../git/git.ts";
import { type Hunk, lineChanges } from "../../git/line_changes.ts";
import { type Change, diffTrees } from "../../git/tree_changes.ts";
import type { CompiledTask } from "../../plan/compiled.ts";
import type { Project } from "../../project.ts";

/** A line that a change brings in or takes away. `line` counts from 1, in the new or the old text; no line end is in `text`. */
export type RuleLine = { line: number; text: string };

/**
 * A file of a change as a project's rule sees it.
 *
 * `status`     `renamed` only for a file that moved as it was; what also changed is deleted and added
 * `mode`       six octal digits as git has them, of the new file and the old; null for none. 120000 is a link, and its text
 *              is where it leads; 160000 another repository, which has no text
 * `binary`     it has a NUL near its beginning: it has no text and no lines
 * `utf8`       false: what is not UTF-8 in its texts is U+FFFD
 * `too_large`  its texts are left out, and its lines: see `RULE_TEXTS`
 * `old`, `new` the whole texts with their line ends; null where there is none
 */
export type RuleFile = {
  path: string;
  old_path: string | null; // of a renamed one
  status: "added" | "edited" | "deleted" | "renamed";
  mode: string | null;
  old_mode: string | null;
  binary: boolean;
  utf8: boolean;
  too_large: boolean;
  added_lines: RuleLine[];
  removed_lines: RuleLine[];
  old: string | null;
  new: string | null;
};

/** What a project's rule is called with. `base` is the commit that the work would be put on. */
export type RuleChange = {
  task: string;
  summary: string;
  role: string;
  claims: CompiledTask["files"];
  base: string;
  message: string; // of the commit, as the plan has it
  departments: Project["rules"]["departments"];
  files: RuleFile[];
};

/**
 * What rules get to see of texts: characters of one file, and of all together, in git's order, and their JSON with that of
 * their lines. It goes to a component as a string in JSON, which doubles it at worst, and a frame has 64 MiB.
 */
export const RULE_TEXTS = { file_chars: 512 * 1024, all_chars: 8 * 1024 * 1024, json_bytes: 30 * 1024 * 1024 } as const;

/** Two trees or commits, and what is said of the change between them. */
export type Compared = { from: string; to: string } & Omit<RuleChange, "files" | "base">;

/** The change between two trees as data. */
export async function ruleChange(git: Git, { from, to, ...said }: Compared): Promise<RuleChange> {
  const [changes, hunks] = await Promise.all([diffTrees(git, from, to), lineChanges(git, from, to)]);
  const files: RuleFile[] = [];
  let room = RULE_TEXTS.all_chars;
  let json = RULE_TEXTS.json_bytes;
  for (const one of paired(changes)) {
    const file = await ruleFile(git, { ...one, hunks: hunks.get(one.change.path) ?? [], room });
    const bytes = Buffer.byteLength(JSON.stringify(file)); // a line of two characters is twenty of JSON
    files.push(bytes > json ? { ...file, ...NOTHING_SHOWN, too_large: true } : file);
    if (bytes > json) continue;
    room -= (file.old?.length ?? 0) + (file.new?.length ?? 0);
    json -= bytes;
  }
  return { ...said, base: from, files };
}

const NOTHING_SHOWN = { added_lines: [], removed_lines: [], old: null, new: null };

type Paired = { change: Change; from: Change | null };

/** A file that went and one that came with the same content and mode are one that moved: the first goes with the first. */
function paired(changes: readonly Change[]): Paired[] {
  const gone = new Map<string, Change[]>();
  for (const change of changes)
    if (change.kind === "deleted") {
      const key = `${change.old_mode} ${change.old_oid}`;
      gone.set(key, [...(gone.get(key) ?? []), change]);
    }
  const moved = new Set<Change>();
  const found = changes.map((change): Paired => {
    const from = change.kind === "added" ? gone.get(`${change.new_mode} ${change.new_oid}`)?.shift() : undefined;
    if (from) moved.add(from);
    return { change, from: from ?? null };
  });
  return found.filter(({ change }) => !moved.has(change));
}

type Reading = Paired & { hunks: readonly Hunk[]; room: number };

async function ruleFile(git: Git, { change, from, hunks, room }: Reading): Promise<RuleFile> {
  const { path, old_oid, new_oid } = change;
  const old_mode = known(from?.old_mode ?? change.old_mode);
  const mode = known(change.new_mode);
  const said = {
    path,
    old_path: from?.path ?? null,
    status: from ? "renamed" : old_mode === null ? "added" : mode === null ? "deleted" : "edited",
    mode,
    old_mode,
  } as const;
  const [old, fresh] = await Promise.all([
    textOf(git, { mode: old_mode, oid: from?.old_oid ?? old_oid }),
    textOf(git, { mode, oid: new_oid }),
  ]);
  const marks = {
    binary: old.binary || fresh.binary,
    utf8: old.utf8 && fresh.utf8,
    too_large: old.too_large || fresh.too_large || old.text.length + fresh.text.length > room,
  };
  if (marks.binary || marks.too_large) return { ...said, ...marks, ...NOTHING_SHOWN };
  const texts = { old: hasText(old_mode) ? old.text : null, new: hasText(mode) ? fresh.text : null };
  const whole = said.status !== "edited" || change.kind === "type";
  const spans = from ? [] : whole ? WHOLE : hunks;
  return {
    ...said,
    ...marks,
    added_lines: spans.flatMap(({ to, to_count }) => linesOf(texts.new, to, to_count)),
    removed_lines: spans.flatMap((hunk) => linesOf(texts.old, hunk.from, hunk.from_count)),
    ...texts,
  };
}

const known = (mode: string): string | null => (mode === "000000" ? null : mode);
const hasText = (mode: string | null): boolean => mode !== null && mode !== "160000";
const WHOLE: readonly Hunk[] = [{ from: 1, from_count: Infinity, to: 1, to_count: Infinity }];

type Text = { text: string; binary: boolean; utf8: boolean; too_large: boolean };
const NO_TEXT: Text = { text: "", binary: false, utf8: true, too_large: false };

/** Git takes a file for binary when there is a NUL in so many of its first bytes. */
const LOOKED_AT_BYTES = 8000;

async function textOf(git: Git, { mode, oid }: { mode: string | null; oid: string }): Promise<Text> {
  if (!hasText(mode)) return NO_TEXT;
  const [info] = await git.objects.info([oid]);
  if (info && info.size_bytes > 4 * RULE_TEXTS.file_chars) return { ...NO_TEXT, too_large: true };
  const bytes = await git.objects.content(oid);
  if (bytes.subarray(0, LOOKED_AT_BYTES).includes(0)) return { ...NO_TEXT, binary: true };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text.length > RULE_TEXTS.file_chars) return { ...NO_TEXT, too_large: true };
  return { ...NO_TEXT, text, utf8: Buffer.from(text).equals(bytes) };
}

function linesOf(text: string | null, first: number, count: number): RuleLine[] {
  if (text === null || text === "" || count === 0) return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const wanted = lines.slice(first - 1, first - 1 + count);
  return wanted.map((line, at) => ({ line: first + at, text: line.replace(/\r$/, "") }));
}
