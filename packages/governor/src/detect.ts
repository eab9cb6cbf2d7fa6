import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { counted } from "./counted.ts";
import { onPath } from "./on_path.ts";
import { RECIPES, type Recipe, setupReads } from "./recipes.ts";
import { isTestFile } from "./test_files.ts";

export const PROJECT_TYPES = ["python", "javascript", "rust", "go", "swift", "unknown"] as const;
export type ProjectType = (typeof PROJECT_TYPES)[number];

/** What `init` writes into project.toml. A command that is "" has no tool here. `overlooked`: what they all look past, as sentences. */
export type Detected = {
  type: ProjectType;
  confidence: "explicit" | "high" | "low";
  reason: string;
  src_dir: string;
  test_dir: string;
  source_extensions: readonly string[];
  commands: Recipe;
  setup_reads: readonly string[];
  ignore_files: readonly string[];
  uses_uv: boolean;
  overlooked: readonly string[];
};

/**
 * Looks at a repository and says what it is and how it is tested. Reads names and a few manifests, and runs nothing.
 *
 * @param asked "auto", or the type that the user knows better
 * @param path  the PATH, to see whether uv is there
 */
export function detect(root: string, asked: ProjectType | "auto", path: string): Detected {
  const { counts, tests } = lookThrough(root);
  const most = TYPES.reduce((best, type) => (counts[type] > counts[best] ? type : best), TYPES[0]);
  const found: ProjectType = counts[most] === 0 ? "unknown" : most;
  const type = asked === "auto" ? found : asked;
  const here: Look = { root, has: (name) => existsSync(join(root, name)), text: (name) => readText(join(root, name)) };
  const uses_uv = type === "python" && (here.has("uv.lock") || (here.has("pyproject.toml") && onPath("uv", path)));
  const commands = RECIPES[type]({
    ...{ ...here, uses_uv, installed: (program) => onPath(program, path) },
    measures: type === "python" && dependsOnCoverage(here),
  });
  const own = tests.filter((test) => EXTENSIONS[type].some((ending) => test.endsWith(ending)));
  const folder = firstFolder(root, type === "swift" ? ["Tests", "tests", "test"] : ["tests", "test"]);
  const test_dir = commands.test_cmd.includes("{test_dir}") ? folderOf(own, folder) : (folder ?? "tests/");
  return {
    type,
    ...certainty(asked, type, counts),
    src_dir: firstFolder(root, type === "swift" ? ["Sources", "src", "lib"] : ["src", "lib"]) ?? ".",
    ...{ test_dir, source_extensions: EXTENSIONS[type], commands },
    overlooked: [
      ...(commands.test_cmd.includes("{test_dir}") ? outside(own, test_dir) : []),
      ...otherLanguages(type, counts),
    ],
    setup_reads: type === "javascript" ? setupReads(here) : [],
    ignore_files: [...new Set([...LOCKS.filter(here.has), ...(uses_uv ? ["uv.lock"] : [])])],
    uses_uv,
  };
}

/** What a recipe may ask of the repository. */
export type Look = { root: string; has(name: string): boolean; text(name: string): string | null };

type Counts = Record<(typeof TYPES)[number], number>;
const TYPES = ["python", "javascript", "rust", "go", "swift"] as const;

const EXTENSIONS: Record<ProjectType, readonly string[]> = {
  python: [".py"],
  javascript: [".js", ".jsx", ".mjs", ".ts", ".tsx", ".mts"],
  rust: [".rs"],
  go: [".go"],
  swift: [".swift"],
  unknown: [],
};

const UNCOUNTED = new Set(
  ".git .hg .svn node_modules __pycache__ .tox .venv venv .eggs dist build target vendor .dgov .dgov-worktrees .mypy_cache .ruff_cache .pytest_cache".split(
    " ",
  ),
);

/** Machine-made files that no task owns. */
const LOCKS =
  ".venv uv.lock poetry.lock Pipfile.lock .python-version node_modules package-lock.json pnpm-lock.yaml yarn.lock bun.lock bun.lockb Cargo.lock target .build DerivedData Package.resolved go.sum Gemfile.lock mix.lock".split(
    " ",
  );

const FILES_MAX = 20_000; // a repository that large shows what it is long before its last file

/** How many sources there are of each type, and which of them are tests by their name, in the first files of a folder. */
export function lookThrough(root: string): { counts: Counts; tests: string[] } {
  const counts: Counts = { python: 0, javascript: 0, rust: 0, go: 0, swift: 0 };
  const tests: string[] = [];
  const open = [""];
  let seen = 0;
  for (let folder = open.pop(); folder !== undefined && seen < FILES_MAX; folder = open.pop())
    for (const entry of list(join(root, folder))) {
      seen++;
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory() && !UNCOUNTED.has(entry.name)) open.push(`${path}/`);
      const type = entry.isFile() && TYPES.find((one) => EXTENSIONS[one].some((ending) => path.endsWith(ending)));
      if (type) counts[type]++;
      if (type && isTestFile(path)) tests.push(path);
    }
  return { counts, tests: tests.sort() };
}

/** Where the tests are: in a folder of the root, or beside what they test. `folder`: that of the root, if there is one. */
function folderOf(tests: readonly string[], folder: string | undefined): string {
  const inside = folder !== undefined && tests.some((test) => test.startsWith(folder));
  return tests.length > 0 && !inside ? "." : (folder ?? "tests/");
}

const NAMED_MAX = 3;

/** Tests that no gate would run. */
function outside(tests: readonly string[], test_dir: string): string[] {
  const all = test_dir === "." ? [] : tests.filter((test) => !test.startsWith(test_dir));
  if (all.length === 0) return [];
  const named = `${all.slice(0, NAMED_MAX).join(", ")}${all.length > NAMED_MAX ? ", …" : ""}`;
  return [
    `Outside of ${test_dir} stand ${counted(all.length, "test file")} that no gate runs (${named}); test_dir = "." has them run`,
  ];
}

/** Languages that the repository has as well, and of which no command is a gate. */
const otherLanguages = (type: ProjectType, counts: Counts): string[] =>
  TYPES.filter(
    (one) => type !== "unknown" && one !== type && counts[one] >= OTHER_MIN && 4 * counts[one] >= counts[type],
  ).map(
    (one) =>
      `Nothing judges ${counted(counts[one], "file")} of ${one} by its own tools; join their commands to these, with "&&"`,
  );
/** A few files of another language are tools and data of the first. */
const OTHER_MIN = 2;

function certainty(
  asked: ProjectType | "auto",
  type: ProjectType,
  counts: Counts,
): Pick<Detected, "confidence" | "reason"> {
  if (asked !== "auto") return { confidence: "explicit", reason: "it was asked for" };
  if (type === "unknown") return { confidence: "low", reason: "no source file of a known language was found" };
  return { confidence: "high", reason: `${counted(counts[type], "source file")} found` };
}

const firstFolder = (root: string, names: readonly string[]): string | undefined => {
  const found = names.find((name) => statSync(join(root, name), { throwIfNoEntry: false })?.isDirectory());
  return found && `${found}/`;
};

const Manifest = z.looseObject({ project: z.looseObject({}).optional() });

/** Whether pytest's coverage is a declared dependency. A manifest that cannot be read declares nothing: this picks a default. */
function dependsOnCoverage({ text }: Look): boolean {
  const requirements = ["requirements.txt", "requirements-dev.txt", "dev-requirements.txt"];
  const lines = requirements.flatMap((name) => (text(name) ?? "").split("\n"));
  const manifest = Manifest.safeParse(parsed(text("pyproject.toml") ?? "")).data;
  const { dependencies, "optional-dependencies": optional } = manifest?.project ?? {};
  const groups = [dependencies, optional, manifest?.["dependency-groups"]];
  const declared = JSON.stringify(groups).match(/"[^"]*"/g) ?? [];
  return [...lines, ...declared.map((name) => name.slice(1, -1))].some((name) =>
    /^pytest[-_.]cov\s*([[<>=!~;@#].*)?$/i.test(name.trim()),
  );
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) return {};
    throw error;
  }
}

/** A folder that this user may not read, as a database's own often is, is nobody's source: this only picks a default. */
function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM")) return [];
    throw error;
  }
}

const readText = (path: string): string | null =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : null;
