import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { counted } from "./counted.ts";
import { onPath } from "./on_path.ts";
import { RECIPES, type Recipe, setupReads } from "./recipes.ts";

export const PROJECT_TYPES = ["python", "javascript", "rust", "go", "swift", "unknown"] as const;
export type ProjectType = (typeof PROJECT_TYPES)[number];

/** What `init` writes into project.toml. A command that is "" has no tool here; `hints` says what would give it one. */
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
};

/**
 * Looks at a repository and says what it is and how it is tested. Reads names and a few manifests, and runs nothing.
 *
 * @param asked "auto", or the type that the user knows better
 * @param path  the PATH, to see whether uv is there
 */
export function detect(root: string, asked: ProjectType | "auto", path: string): Detected {
  const counts = countSources(root);
  const most = TYPES.reduce((best, type) => (counts[type] > counts[best] ? type : best), TYPES[0]);
  const found: ProjectType = counts[most] === 0 ? "unknown" : most;
  const type = asked === "auto" ? found : asked;
  const here: Look = { root, has: (name) => existsSync(join(root, name)), text: (name) => readText(join(root, name)) };
  const uses_uv = type === "python" && (here.has("uv.lock") || (here.has("pyproject.toml") && onPath("uv", path)));
  return {
    type,
    ...certainty(asked, type, counts),
    src_dir: firstFolder(root, type === "swift" ? ["Sources", "src", "lib"] : ["src", "lib"]) ?? ".",
    test_dir: firstFolder(root, type === "swift" ? ["Tests", "tests", "test"] : ["tests", "test"]) ?? "tests/",
    source_extensions: EXTENSIONS[type],
    commands: RECIPES[type]({
      ...{ ...here, uses_uv, installed: (program) => onPath(program, path) },
      measures: type === "python" && dependsOnCoverage(here),
    }),
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

function countSources(root: string): Counts {
  const counts: Counts = { python: 0, javascript: 0, rust: 0, go: 0, swift: 0 };
  const open = [root];
  let seen = 0;
  for (let folder = open.pop(); folder !== undefined && seen < FILES_MAX; folder = open.pop())
    for (const entry of list(folder)) {
      seen++;
      if (entry.isDirectory() && !UNCOUNTED.has(entry.name)) open.push(join(folder, entry.name));
      const type = entry.isFile() && TYPES.find((one) => EXTENSIONS[one].some((ending) => entry.name.endsWith(ending)));
      if (type) counts[type]++;
    }
  return counts;
}

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
