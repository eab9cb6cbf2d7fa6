import { formatClaim, INTERPRETED, type Level, RECIPE_TOOLS, type RecipeName, type Scope } from "@dgov/sandbox";
import type { Facts } from "@dgov/worker";
import { items } from "../git/git.ts";
import { networkWords } from "../network.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import type { Site } from "../site.ts";
import { renderSops } from "../sops.ts";
import { guidanceFor, wholeGuidance } from "./guidance.ts";

/** `hosts`: those that commands reach. */
type Told = { unit: Pick<CompiledTask, "id" | "sops" | "role">; scope: Scope; hosts: readonly string[] };

/** What everybody is told who looks at a task, whatever is asked of them. */
export async function commonFacts(
  site: Pick<Site, "git" | "project" | "jail" | "sops" | "charter">,
  { unit, scope, hosts }: Told,
): Promise<Pick<Facts, "task" | "project" | "claims" | "policy" | "sandbox" | "sops" | "guidance" | "repo_map">> {
  const { project, jail } = site;
  return {
    task: unit.id,
    project: projectFacts(project),
    claims: {
      write: scope.write.map(formatClaim),
      read: scope.read.map(formatClaim),
      deny: scope.deny,
      allow: scope.allow,
    },
    policy: policyLines(project),
    sandbox: sandboxLines(jail.level, project, hosts),
    sops: site.sops
      .filter(({ name }) => unit.sops.includes(name))
      .map((sop) => ({ name: sop.title, text: renderSops([sop]) })),
    guidance: {
      charter: site.charter ?? "",
      files: await (unit.role === "planner"
        ? wholeGuidance(site.git, scope.base)
        : guidanceFor(site.git, scope.base, [...scope.write, ...scope.read])),
    },
    repo_map: await repoMap(site, scope.base),
  };
}

const projectFacts = ({ layout, worker }: Project) => ({
  language: layout.language,
  src_dir: layout.src_dir,
  test_dir: layout.test_dir,
  line_length: worker.line_length,
  test_markers: worker.test_markers,
  conventions: Object.entries(worker.conventions).map(([topic, text]) => ({ topic, text })),
});

const RECIPES = ["test", "lint", "lint_fix", "format", "type_check"] as const satisfies readonly RecipeName[];

/** What of the project can be run, as the tools that do it are called. */
export const recipeTools = ({ recipes }: Scope): string[] =>
  RECIPES.filter((name) => recipes[name] !== null).map((name) => RECIPE_TOOLS[name]);

function policyLines({ rules }: Project): string[] {
  const { restrict_run_bash, deny_shell_commands, rules: own, ...flags } = rules.tool_policy;
  if (!restrict_run_bash) return [];
  return [
    ...(flags.deny_shell_file_mutations ? ["Shell commands do not change files: use the file tools"] : []),
    ...(flags.require_wrapped_verify_tools
      ? ["Tests, linters and formatters run through their own tools, not through run_bash"]
      : []),
    ...(flags.require_uv_run ? ["Python programs are started with `uv run`"] : []),
    ...(deny_shell_commands.length > 0 ? [`Refused in run_bash: ${deny_shell_commands.join(", ")}`] : []),
    ...own.flatMap(({ deny, allow, why }) => [
      ...(deny.length > 0 ? [`Refused in run_bash: ${deny.join(", ")}${exceptions(allow)} (${why})`] : []),
    ]),
  ];
}

const exceptions = (allow: readonly string[]) => (allow.length > 0 ? `, but for ${allow.join(", ")}` : "");

/** What the level in force, and the network that the project opens at it, mean for a command. */
function sandboxLines(level: Level, { rules }: Project, hosts: readonly string[]): string[] {
  const network = networkWords(level, hosts);
  if (level === "wasm") return [...WITHOUT_JAIL, network];
  return [network, "Only your claimed files and a private temporary folder can be written by commands", most(rules)];
}

/** What a task's commands may use together. What strikes is told in the answer, and is no reason to be surprised. */
function most({ sandbox }: Project["rules"]): string {
  const { memory_bytes, processes, tmp_bytes, file_bytes, open_files } = sandbox.limits;
  const mb = (bytes: number) => `${Math.round(bytes / (1024 * 1024))} MB`;
  return `Your commands together have ${mb(memory_bytes)} of memory, ${processes} processes and ${mb(tmp_bytes)} of temporary files; one file has ${mb(file_bytes)}, one process ${open_files} open files`;
}

const WITHOUT_JAIL = [
  "No jail confines this task, so no native program is started: no git, no interpreter, no compiler, no test runner",
  `run_bash is an interpreted bash with ${INTERPRETED.join(", ")}; its links, modes and background processes do not work`,
  "Tools that search, list and show changes work as ever; a check that starts a native program does not",
];

/** The first files of the repository, sources and tests before the rest, as many as the project wants shown. */
async function repoMap({ git, project }: Pick<Site, "git" | "project">, base: string): Promise<string> {
  const { src_dir, test_dir } = project.layout;
  const most = project.worker.tree_max_lines;
  const folders = [...new Set([src_dir, test_dir].map((path) => path.replace(/\/+$/, "")))].filter(
    (path) => path !== "." && path !== "",
  );
  const list = async (...args: string[]) => items((await git.ask(["ls-tree", "-z", "--name-only", ...args])).bytes);
  const [inside, top] = await Promise.all([
    folders.length === 0 ? [] : list("-r", base, ...folders.map((path) => `${path}/`)),
    list(base),
  ]);
  const paths = [...inside, ...top.filter((path) => !folders.includes(path))];
  const shown = most > 0 ? paths.slice(0, most) : paths;
  const more = paths.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n");
}
