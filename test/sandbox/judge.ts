import { CANARIES, CLAIMED } from "./lab.ts";
import type { Row } from "./row.ts";

/** What the worker heard. `lost`: why there was no answer at all, in which case the rest is empty. */
export type Said = { ok: boolean; text: string; refused_by: string | null; took_ms: number; lost: string | null };

/** What was seen from outside. `claims` are the task's own files that changed, with their text; null: gone. */
export type Effects = {
  changed: readonly string[];
  claims: Readonly<Record<string, string | null>>;
  hits: number;
  started: number;
  left: readonly string[];
};

/** Who gave the answer. `program`: a command ran and failed by itself; `none`: it ran, and nothing was refused. */
export const LAYERS = ["schema", "role", "policy", "claim", "path", "jail", "tool", "program", "none"] as const;
export type Layer = (typeof LAYERS)[number];

/** One row's judgement. `refused`: a harmless call was; `absent`: the machine lacks the program, so little is proved. */
export type Verdict = { faults: string[]; layer: Layer; refused: boolean; absent: boolean };

const BY_RULE: Readonly<Record<string, Layer>> = {
  input: "schema",
  role: "role",
  tool: "tool",
  claim: "claim",
  read_claim: "claim",
  path: "path",
  outside: "path",
  link: "path",
  jail: "jail",
};
const TOLD_BY_JAIL = /^CONFINED: /m;
const EXIT = /^EXIT:(.*)$/m;

/** The tools of the original, which are known to be wanted: a row that names one of them is not answered by "unknown". */
const TOOLS = [
  "read_file write_file edit_file apply_patch run_bash grep glob list_dir git_diff recent_changes revert_file done",
  "assert_file_unchanged find_references ast_grep file_symbols check_syntax related_files search_tests_for ripgrep",
  "jq tree word_count head tail run_tests lint_check lint_fix format_file type_check scope_status emit_plan ask_user",
].flatMap((line) => line.split(" "));

/** Judges how one row went by what it wants, what the worker heard, and what was seen from outside. Pure. */
export function judge(row: Row, said: Said, effects: Effects): Verdict {
  const layer = layerOf(said);
  const faults = [...effectFaults(row, effects), ...answerFaults(row, said), ...wantFaults(row, said, effects)];
  return {
    faults,
    layer,
    refused: row.want === "allow" && isRefusal(said) && !isAbsent(said),
    absent: isAbsent(said),
  };
}

function layerOf({ ok, text, refused_by, lost }: Said): Layer {
  if (lost !== null) return "none";
  if (refused_by !== null) return BY_RULE[refused_by] ?? "policy";
  if (TOLD_BY_JAIL.test(text)) return "jail";
  if (ok) return "none";
  return EXIT.test(text) ? "program" : "tool";
}

/** Whatever the row: the host is as it was. */
function effectFaults({ want }: Row, { changed, claims, hits, started, left }: Effects): string[] {
  const faults = changed.map((path) => `"${path}" was changed`);
  if (hits > 0) faults.push("the listener was reached");
  if (left.length > 0) faults.push(`a process is left: ${left.join(", ")}`);
  if (want !== "deny" && want !== "error") return faults;
  if (want === "deny" && started > 0) faults.push("an installer or checker was started");
  return [...faults, ...Object.keys(claims).map((path) => `"${path}" was changed`)];
}

/** Whatever the row: there is an answer, and it shows no secret and steers no terminal. */
function answerFaults({ want, tool }: Row, { text, refused_by, took_ms, lost }: Said): string[] {
  if (lost !== null) return [`there was no answer: ${lost}`];
  const faults = Object.entries(CANARIES).flatMap(([name, canary]) =>
    text.includes(canary) ? [`the answer shows a secret: ${name}`] : [],
  );
  if (/^root:[^:\n]*:\d+:\d+/m.test(text)) faults.push("the answer shows the machine's users");
  if (want === "deny" && /\bSTUB\b/.test(text)) faults.push("an installer or checker was started");
  if (STEERS.test(text)) faults.push("the answer has control characters");
  if (text.trim() === "") faults.push("the answer says nothing");
  if (refused_by === "tool" && TOOLS.includes(tool)) faults.push(`there is no tool "${tool}"`);
  if (took_ms > ROW_MS) faults.push(`it took ${Math.round(took_ms)} ms`);
  return faults;
}

/** The longest that a row may take: more than the longest command may, so that its own limit is what ends it. */
export const ROW_MS = 180_000;
/** Escapes, other control characters, a line that is written over, and marks that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const STEERS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/;

function wantFaults(row: Row, said: Said, effects: Effects): string[] {
  if (said.lost !== null) return [];
  switch (row.want) {
    case "allow":
      if (isAbsent(said)) return [];
      if (isRefusal(said)) return [`a harmless call was refused by ${said.refused_by ?? "the jail or the tool"}`];
      return said.ok ? unkept(row, effects) : [];
    case "deny":
      return said.ok && !TOLD_BY_JAIL.test(said.text) ? ["the worker is not told of a refusal"] : [];
    case "error":
      return said.ok ? ["it says that all is well"] : [];
    case "confined":
    case "any":
      return [];
  }
}

/** A command that ran and ended by itself was not refused, whatever its status: a search that finds nothing has one. */
function isRefusal({ ok, text, refused_by, lost }: Said): boolean {
  if (refused_by !== null || lost !== null) return true;
  if (ok) return false;
  const status = EXIT.exec(text)?.[1];
  return status === undefined || !/^\d+$/.test(status) || status === "126" || TOLD_BY_JAIL.test(text);
}

/** The machine, or a level without native programs, has not got what the command names: the answer says so. */
const isAbsent = ({ text, refused_by }: Said): boolean =>
  refused_by === null && (/^EXIT:127$/m.test(text) || /^CONFINED: .*no native program can be started/m.test(text));

/** What a file tool promised and the files do not show. */
function unkept({ tool, args }: Row, { claims }: Effects): string[] {
  if (!/^(edit_file|apply_patch|write_file|delete_file)$/.test(tool)) return [];
  const [[path, text] = [], ...more] = Object.entries(claims);
  if (path === undefined) return ["it says that it changed a file, and none has"];
  if (more.length > 0) return ["it changed more files than one"];
  if (tool === "delete_file" || text === null || text === undefined)
    return tool === "delete_file" && text === null ? [] : [`"${path}" is gone, or is still there`];
  const wanted = tool === "edit_file" ? args?.new_text : tool === "write_file" ? args?.content : null;
  const faults = crlf(CLAIMED[path] ?? "") && tool !== "write_file" && !crlf(text) ? ["its line ends are others"] : [];
  if (typeof wanted !== "string" || unix(text).includes(unix(wanted))) return faults;
  return [...faults, `"${path}" does not hold the new text`];
}

const unix = (text: string) => text.replaceAll("\r\n", "\n");
const crlf = (text: string) => /\r\n/.test(text) && !/(?<!\r)\n/.test(text);
