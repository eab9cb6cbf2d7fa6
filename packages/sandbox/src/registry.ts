import { componentTools } from "./component/tools.ts";
import { type Answer, type Host, HostError, type Scope, type Tool } from "./tool.ts";
import { applyPatchTool } from "./tools/apply_patch.ts";
import { assertFileUnchanged } from "./tools/assert_file_unchanged.ts";
import { astGrep } from "./tools/ast_grep.ts";
import { checkSyntax } from "./tools/check_syntax.ts";
import { deleteFile } from "./tools/delete_file.ts";
import { done } from "./tools/done.ts";
import { editFile } from "./tools/edit_file.ts";
import { emitPlan } from "./tools/emit_plan.ts";
import { fileSymbols } from "./tools/file_symbols.ts";
import { findReferences } from "./tools/find_references.ts";
import { formatFile } from "./tools/format_file.ts";
import { gitDiff } from "./tools/git_diff.ts";
import { glob } from "./tools/glob.ts";
import { grep } from "./tools/grep.ts";
import { head } from "./tools/head.ts";
import { jq } from "./tools/jq.ts";
import { lintCheck } from "./tools/lint_check.ts";
import { lintFix } from "./tools/lint_fix.ts";
import { listDir } from "./tools/list_dir.ts";
import { readFile } from "./tools/read_file.ts";
import { readTextFile } from "./tools/read_text_file.ts";
import { recentChanges } from "./tools/recent_changes.ts";
import { relatedFiles } from "./tools/related_files.ts";
import { revertFile } from "./tools/revert_file.ts";
import { ripgrep } from "./tools/ripgrep.ts";
import { runBash } from "./tools/run_bash.ts";
import { runScript } from "./tools/run_script.ts";
import { runTests } from "./tools/run_tests.ts";
import { scopeStatus } from "./tools/scope_status.ts";
import { searchTestsFor } from "./tools/search_tests_for.ts";
import { tail } from "./tools/tail.ts";
import { tree } from "./tools/tree.ts";
import { typeCheck } from "./tools/type_check.ts";
import { wordCount } from "./tools/word_count.ts";
import { writeFile } from "./tools/write_file.ts";
import { writeTextFile } from "./tools/write_text_file.ts";

const READING: readonly Tool[] = [
  readFile,
  head,
  tail,
  listDir,
  tree,
  glob,
  grep,
  ripgrep,
  astGrep,
  findReferences,
  searchTestsFor,
  fileSymbols,
  relatedFiles,
  checkSyntax,
  wordCount,
  jq,
  gitDiff,
  recentChanges,
  assertFileUnchanged,
  runTests,
  lintCheck,
  typeCheck,
  scopeStatus,
  runScript,
];
const WRITING: readonly Tool[] = [
  writeFile,
  editFile,
  applyPatchTool,
  deleteFile,
  revertFile,
  runBash,
  lintFix,
  formatFile,
];

/** The call by which each role ends its work: no other tool can. */
export const ENDING = {
  worker: done,
  researcher: done,
  reviewer: done,
  planner: emitPlan,
  test_author: done,
} as const satisfies Record<Scope["role"], Tool>;

/** The tools of a role, in the order a model is shown them. Only who may write gets those that can change something. */
export const toolsOf = (role: Scope["role"]): readonly Tool[] => OF_ROLE[role];

const OF_ROLE: Readonly<Record<Scope["role"], readonly Tool[]>> = {
  worker: [...READING, ...WRITING, ENDING.worker],
  researcher: [...READING, ENDING.researcher],
  reviewer: [...READING, ENDING.reviewer],
  planner: [...READING, ENDING.planner],
  test_author: [...READING, ...WRITING, ENDING.test_author],
};

/** What an agent with a loop of its own asks its editor for. It ends by itself, and has none of the other tools. */
const WRITERS: readonly Scope["role"][] = ["worker", "test_author"];
const ASKED_OF_EDITORS = { writer: [readTextFile, writeTextFile, runBash], reader: [readTextFile] };

/** A role's tools and the project's own; what ends the work stays last. */
export function toolsFor(scope: Scope): readonly Tool[] {
  if (scope.editor) return ASKED_OF_EDITORS[WRITERS.includes(scope.role) ? "writer" : "reader"];
  const [tools, own] = [toolsOf(scope.role), componentTools(scope)];
  if (own.length === 0) return tools; // each call asks
  return [...tools.slice(0, -1), ...own, ...tools.slice(-1)];
}

/** Whatever the role: whether a name is a tool at all. */
export const toolNamed = (name: string): Tool | null =>
  [...toolsOf("worker"), emitPlan].find((tool) => tool.name === name) ?? null;

/**
 * Runs one tool on a host. It is called inside the isolation, where only the role's tools exist, with arguments that
 * were parsed outside and are parsed again here. It never throws for what the model or the tool did.
 */
export async function runTool(name: string, input: unknown, host: Host): Promise<Answer> {
  const tool = toolsFor(host.scope).find((own) => own.name === name);
  if (!tool) return { ok: false, text: `Error: "${name}" is not allowed in this worker role`, refused_by: "role" };
  const parsed = tool.input.safeParse(input);
  if (!parsed.success)
    return {
      ok: false,
      text: `Error: Cannot call "${name}": ${parsed.error.issues.map((issue) => issue.message).join("; ")}`,
    };
  return runParsed(tool, parsed.data, host);
}

/** Runs a tool on arguments that its schema has given. */
export async function runParsed(tool: Tool, input: unknown, host: Host): Promise<Answer> {
  try {
    return await tool.run(input, host);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return refusedByHost(error);
  }
}

const LAYERS: Readonly<Partial<Record<HostError["code"], string>>> = {
  not_claimed: "claim",
  reserved: "reserved",
  outside: "path",
  link: "path",
  read_only: "jail",
};

function refusedByHost({ code, message }: HostError): Answer {
  const layer = LAYERS[code];
  const text = `Error: ${message}`;
  if (code === "missing") return { ok: false, text, missing: true };
  return layer === undefined ? { ok: false, text } : { ok: false, text, refused_by: layer };
}
