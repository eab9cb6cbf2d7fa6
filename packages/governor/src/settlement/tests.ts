import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import type { IntegratedCandidate } from "./candidate.ts";
import { shellPaths } from "./command.ts";
import { isSource } from "./sources.ts";

const PLACEHOLDER = "{test_dir}";

/**
 * The test commands for a candidate: the task's own first, then the project's, each once. A command without
 * `{test_dir}` always runs as it is. With it, it runs on the tests that the change concerns. When there are none, the
 * task's own command runs on all tests, because the plan asked for it by name, and the project's is left out.
 */
export function testCommands(candidate: Pick<IntegratedCandidate, "project" | "unit" | "changes" | "root">): string[] {
  const { project, unit, root } = candidate;
  const concerned = testTargets(candidate);
  const all = testFolder(project);
  const fill = (command: string | null, targets: readonly string[]): string[] => {
    if (command === null) return [];
    if (!command.includes(PLACEHOLDER)) return [command];
    return targets.length === 0 ? [] : [command.replaceAll(PLACEHOLDER, () => shellPaths(targets))];
  };
  const own = concerned.length > 0 || !existsSync(join(root, all)) ? concerned : [all];
  return [...new Set([...fill(unit.test_cmd, own), ...fill(project.commands.test, concerned)])];
}

/**
 * Tests that a change concerns: changed test files that are there, and test files that import a changed module, directly
 * or through one module between. A changed file in the folder of the tests that is no test itself, as `conftest.py` or a
 * helper, concerns all of them.
 */
export function testTargets({
  project,
  changes,
  root,
}: Pick<IntegratedCandidate, "project" | "changes" | "root">): string[] {
  const test_dir = testFolder(project);
  const sources = changes.filter((change) => isSource(change, project));
  if (sources.length === 0 || !existsSync(join(root, test_dir))) return [];
  // Tests that lie among the sources are told by their names alone.
  const inTests = (path: string) => (test_dir === "." ? isTestFile(path) : path.startsWith(`${test_dir}/`));
  const changedTests = sources.map(({ path }) => path).filter(inTests);
  if (changedTests.some((path) => !isTestFile(path))) return [test_dir];
  const present = changedTests.filter((path) => existsSync(join(root, path)));
  const modules = sources.map(({ path }) => path).filter((path) => !inTests(path));
  if (modules.length === 0) return present;
  const src_dir = trimmed(project.layout.src_dir);
  const files = sourceFiles(root, project.layout.source_extensions);
  const imports = new Map(files.map((path) => [path, importsOf(path, readFileSync(join(root, path), "utf8"))]));
  const importers = (of: readonly string[]) =>
    files.filter((file) =>
      of.some((module) => !!imports.get(file)?.some((name) => names(name, module, { file, src_dir }))),
    );
  const direct = importers(modules);
  const around = importers(direct.filter((path) => !inTests(path)));
  const concerned = [...direct, ...around].filter((path) => inTests(path) && isTestFile(path));
  return [...new Set([...present, ...concerned])].sort();
}

const trimmed = (folder: string): string => folder.replace(/^\.\//, "").replace(/\/+$/, "") || ".";
const testFolder = ({ layout }: IntegratedCandidate["project"]): string => trimmed(layout.test_dir);

const isTestFile = (path: string): boolean =>
  /^(?:test_.*|.*_test|.*[._-](?:test|spec))\.[A-Za-z]+$/i.test(basename(path)) || /\/__tests__\//.test(path);

const SKIPPED = new Set([".git", ".dgov", "node_modules", ".venv", "venv", "__pycache__", "dist", "build", "target"]);

function sourceFiles(root: string, extensions: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(path);
      else if (entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension))) found.push(path);
    }
  };
  visit("");
  return found.sort();
}

/** What a file imports, as it writes it. Reading is enough: an import that only running would find concerns no test by name. */
function importsOf(path: string, text: string): string[] {
  if (/\.pyi?$/.test(path)) {
    const plain = [...text.matchAll(/^\s*import\s+([\w.]+(?:\s*,\s*[\w.]+)*)/gm)].flatMap(([, list = ""]) =>
      list.split(",").map((name) => name.trim()),
    );
    const from = [...text.matchAll(/^\s*from\s+(\.*[\w.]*)\s+import\s+(\([^)]*\)|[^\n#]+)/gm)].flatMap(
      ([, module = "", list = ""]) => {
        const members = list
          .replace(/[()\\]/g, " ")
          .split(",")
          .map((member) => member.trim().split(/\s+/)[0] ?? "")
          .filter(Boolean);
        const joint = module === "" || module.endsWith(".") ? "" : ".";
        return [module, ...members.map((member) => `${module}${joint}${member}`)];
      },
    );
    return [...plain, ...from];
  }
  return [...text.matchAll(/(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*["']([^"']+)["']/g)].map(
    ([, name = ""]) => name,
  );
}

/** Who imports. Modules below `src_dir` are also named without it. */
type Importer = { file: string; src_dir: string };

/** Whether an import means a module of the repository. */
function names(written: string, module: string, importer: Importer): boolean {
  if (/\.pyi?$/.test(module)) return namesPython(written, module, importer);
  if (!written.startsWith(".")) return false;
  const target = posix.join(dirname(importer.file), written);
  const bare = module.replace(/\.[A-Za-z]+$/, "");
  return (
    [module, bare, bare.replace(/\/index$/, "")].includes(target.replace(/\.(?:js|mjs|cjs|jsx)$/, "")) ||
    target === module
  );
}

function namesPython(written: string, module: string, { file, src_dir }: Importer): boolean {
  const dotted = module
    .replace(/\.pyi?$/, "")
    .replace(/\/__init__$/, "")
    .replaceAll("/", ".");
  const [, dots = "", rest = ""] = /^(\.*)(.*)$/.exec(written) ?? [];
  const folders = [src_dir, "src", "lib"].map((folder) => `${folder.replaceAll("/", ".")}.`);
  const short = folders.filter((folder) => dotted.startsWith(folder)).map((folder) => dotted.slice(folder.length));
  if (dots === "") return [dotted, ...short].includes(written);
  const up = file.split("/").slice(0, -dots.length);
  return [...up, ...(rest === "" ? [] : rest.split("."))].join(".") === dotted;
}
