import { changesFiles } from "@dgov/kernel/role";
import { covers, formatClaim } from "@dgov/sandbox/claim";
import { COVERAGE_BASELINE } from "../baseline_files.ts";
import { claimOf } from "../claim_text.ts";
import { PROJECT_FILE } from "../config.ts";
import type { Place } from "../error.ts";
import type { Project } from "../project.ts";
import { CODE, isTestPath } from "../sops.ts";
import { isWrite } from "./claims.ts";

import { missing } from "./contract/references.ts";
import { entryAt, type Facts } from "./facts.ts";
import { type Graph, ordered } from "./graph.ts";
import { hasHeading, mentionedPaths, mentionedSymbols, verifyPrograms } from "./prompt.ts";
import { placeOf, type SourceTask } from "./source.ts";
import type { SymbolFacts } from "./symbols.ts";

/** What the warnings look at. `unmatched`: tasks that no SOP was found for, though there are some. */
export type Warned = {
  tasks: readonly SourceTask[];
  graph: Graph;
  facts: Facts;
  symbols: SymbolFacts;
  project: Project;
  unmatched: readonly string[];
};

/** What is likely a mistake, yet may be meant: it never stops a compile. */
export function warningPlaces(plan: Warned): Place[] {
  return [
    ...plan.tasks.flatMap((task) => TASK_CHECKS.flatMap((check) => check(task, plan))),
    ...importConflicts(plan),
    ...setupPlaces(plan),
    ...coveragePlaces(plan),
    ...policyPlaces(plan),
    ...archivePlaces(plan),
    ...unmatchedPlaces(plan),
  ];
}

type TaskCheck = (task: SourceTask, plan: Warned) => Place[];

const warn = (task: SourceTask, key: string, code: string, message: string): Place =>
  placeOf(task, [key], { severity: "warning", code, message });

const headings: TaskCheck = (task) => {
  const { role, test_cmd } = task.table;
  if (task.prompt.trim() === "") return [];
  const wanted = !changesFiles(role) ? ["Orient"] : test_cmd === "" ? ["Orient", "Edit", "Verify"] : ["Orient", "Edit"];
  const missing = wanted.filter((name) => !hasHeading(task.prompt, name)).join(", ");
  if (missing === "") return [];
  return [warn(task, "prompt", "headings_missing", `The prompt of "${task.id}" lacks the headings: ${missing}`)];
};

const mentioned: TaskCheck = (task) => {
  const claims = task.claims.filter(({ key }) => key !== "delete").map(({ claim }) => claim);
  const unclaimed = mentionedPaths(task.prompt).filter((path) => !claims.some((claim) => covers(claim, path)));
  return unclaimed.map((path) =>
    warn(
      task,
      "prompt",
      "prompt_path_unclaimed",
      `The prompt of "${task.id}" speaks of "${path}", which it does not claim`,
    ),
  );
};

/** Only what is known not to be there: of a file that nobody can read as symbols nothing is said. */
const mentionedUnknown: TaskCheck = (task, { tasks, facts, symbols }) =>
  mentionedSymbols(task.prompt).flatMap((text) => {
    const claim = claimOf(text);
    const known = claim && symbols.get(claim.path);
    if (!claim || !known || "unknown" in known) return [];
    const why = missing({ key: "edit", claim, path: [] }, { tasks, facts, symbols });
    if (why === null) return [];
    const message = `The prompt of "${task.id}" speaks of "${text}": ${why}`;
    return [warn(task, "prompt", "prompt_symbol_unknown", message)];
  });

const verifyOnly: TaskCheck = (task, { project }) => {
  const isSource = (path: string) => project.layout.source_extensions.some((ending) => path.endsWith(ending));
  const created = task.claims.filter(({ key }) => key === "create").map(({ claim }) => claim.path);
  const edited = task.claims.filter(({ key }) => key === "edit" || key === "touch").map(({ claim }) => claim.path);
  if (created.length === 0 || created.some(isSource) || !edited.some(isSource)) return [];
  const message = `The task "${task.id}" creates no source, and claims sources to edit; claim them under files.read if it only checks them`;
  return [warn(task, "files", "verify_only", message)];
};

const untested: TaskCheck = (task) => {
  const { role, test_cmd } = task.table;
  const tests = task.claims.filter((claim) => isWrite(claim) && isTestPath(claim.claim.path));
  if (role !== "worker" || test_cmd !== "" || tests.length === 0) return [];
  return [
    warn(task, "files", "test_cmd_missing", `The task "${task.id}" writes tests and has no test_cmd to run them`),
  ];
};

const programs: TaskCheck = (task, { facts: { tools } }) => {
  const missing = tools === null ? [] : verifyPrograms(task.prompt).filter((program) => !tools.has(program));
  return missing.map((program) =>
    warn(task, "prompt", "tool_missing", `The prompt of "${task.id}" verifies with "${program}", which is not on PATH`),
  );
};

const TASK_CHECKS: readonly TaskCheck[] = [headings, mentioned, mentionedUnknown, verifyOnly, untested, programs];

/** One task writes a file that another, which may run at the same time, imports into a file it writes. */
function importConflicts({ tasks, graph, facts }: Warned): Place[] {
  const writers = new Map<string, SourceTask[]>();
  for (const task of tasks)
    for (const path of new Set(task.claims.filter(isWrite).map(({ claim }) => claim.path)))
      writers.set(path, [...(writers.get(path) ?? []), task]);
  return facts.imports.flatMap(({ importer, imported }) =>
    (writers.get(importer) ?? []).flatMap((task) =>
      (writers.get(imported) ?? []).flatMap((other) => {
        if (task.id === other.id || ordered(graph, task.id, other.id)) return [];
        const message = `The task "${task.id}" writes "${importer}", which imports "${imported}" that "${other.id}" writes; order them with depends_on`;
        return [warn(task, "depends_on", "import_conflict", message)];
      }),
    ),
  );
}

/** A setup command that needs a file which is not there fails in every worktree. */
function setupPlaces({ tasks, facts, project }: Warned): Place[] {
  const command = project.commands.setup ?? "";
  const named = command.match(/[\w./-]+\.(?:ya?ml|json|toml|xcodeproj|xcworkspace)\b/g) ?? [];
  return [...new Set(named)].flatMap((path) => {
    const bare = path.replace(/^\.\//, "");
    const folder = bare.includes("/") ? bare.slice(0, bare.lastIndexOf("/")) : "";
    const guarded = command.includes(`[ -f ${path} ]`) || command.includes(`test -f ${path}`);
    if (guarded || !facts.folders.has(folder) || entryAt(facts, bare)) return [];
    const maker = tasks.find(({ claims }) => claims.some(({ key, claim }) => key === "create" && covers(claim, bare)));
    const why = maker ? `is there only after "${maker.id}" has created it` : "does not exist";
    const message = `The setup_cmd uses "${path}", which ${why}; guard it with "[ -f ${path} ] &&"`;
    return [general("setup_file_missing", message, PROJECT_FILE)];
  });
}

/** As with self_review: a gate that is asked for and compares nothing must not look like one that passes. */
function coveragePlaces({ project, facts }: Warned): Place[] {
  if (project.commands.coverage === null || facts.coverage_baseline) return [];
  const message = `A coverage_cmd is set, and there is no "${COVERAGE_BASELINE}" to compare with; make it with "dgov coverage-baseline" and commit it`;
  return [general("coverage_no_baseline", message, PROJECT_FILE)];
}

/** A rule that is written and does not act must not look like one that holds. */
function policyPlaces({ project }: Warned): Place[] {
  const { restrict_run_bash, deny_shell_commands, rules: _refused, ...flags } = project.rules.tool_policy;
  const idle = Object.entries({ ...flags, deny_shell_commands: deny_shell_commands.length > 0 });
  const written = idle.flatMap(([key, on]) => (on ? [key] : []));
  if (restrict_run_bash || written.length === 0) return [];
  const message = `[tool_policy] ${written.join(", ")}: nothing of it acts without restrict_run_bash = true`;
  return [general("tool_policy_idle", message, PROJECT_FILE)];
}

function archivePlaces({ facts: { ignored_archive: file } }: Warned): Place[] {
  if (file === null) return [];
  const message = `"${file}" ignores plans/archive/, so plans that landed are kept on this machine only`;
  return [general("archive_ignored", message, file)];
}

function unmatchedPlaces({ tasks, unmatched }: Warned): Place[] {
  const code = tasks.filter(
    ({ id, claims }) =>
      unmatched.includes(id) && claims.some(({ claim }) => CODE.test(formatClaim(claim)) || isTestPath(claim.path)),
  );
  if (code.length === 0) return [];
  const names = code.slice(0, 5).map(({ id }) => `"${id}"`);
  const more = code.length > 5 ? ` and ${code.length - 5} more` : "";
  return [general("sop_unmatched", `No SOP applies to ${names.join(", ")}${more}`, null)];
}

const general = (code: string, message: string, file: string | null): Place => {
  return { severity: "warning", code, message, file, line: null, column: null, unit: null };
};
