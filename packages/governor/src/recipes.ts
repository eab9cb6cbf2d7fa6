import { z } from "zod";
import type { Look, ProjectType } from "./detect.ts";

/** The commands of a project. "" is none. */
export type Recipe = {
  test_cmd: string;
  lint_cmd: string;
  lint_fix_cmd: string;
  format_cmd: string;
  format_check_cmd: string;
  type_check_cmd: string;
  setup_cmd: string;
  coverage_cmd: string;
};

type Asked = Look & { uses_uv: boolean; measures: boolean; installed(program: string): boolean };

const NONE: Recipe = {
  test_cmd: "",
  lint_cmd: "",
  lint_fix_cmd: "",
  format_cmd: "",
  format_check_cmd: "",
  type_check_cmd: "",
  setup_cmd: "",
  coverage_cmd: "",
};

/** What Go's packages and tests are built on: all but themselves. Work that does not build yet is no failure of a setup. */
const GO_WARMED = "{{if and .DepOnly (not .Error)}}{{.ImportPath}}{{end}}";

/** What Go's own main function of a test imports: also where the first test is yet to be written. */
const GO_TESTING = "testing/internal/testdeps";

/** How a project of each type is tested, linted and formatted. */
export const RECIPES: Record<ProjectType, (asked: Asked) => Recipe> = {
  python: ({ uses_uv, measures, has }) => {
    const run = uses_uv ? "uv run " : "python -m ";
    return {
      ...NONE,
      test_cmd: `${run}pytest {test_dir} -q --tb=short`,
      lint_cmd: `${run}ruff check {file}`,
      lint_fix_cmd: `${run}ruff check --fix --unsafe-fixes --show-fixes {file}`,
      format_cmd: `${run}ruff format {file}`,
      format_check_cmd: `${run}ruff format --check {file}`,
      setup_cmd: !uses_uv ? "" : has("uv.lock") ? "uv sync --locked" : "uv sync",
      coverage_cmd: measures ? `${run}pytest {test_dir} -q --cov --cov-report=json:{output}` : "",
    };
  },
  javascript: scriptRecipe,
  rust: () => ({
    ...NONE,
    test_cmd: "cargo test",
    lint_cmd: "cargo clippy -- -D warnings",
    lint_fix_cmd: "cargo clippy --fix --allow-dirty",
    format_cmd: "cargo fmt",
    format_check_cmd: "cargo fmt --check",
  }),
  go: ({ has, installed }) => ({
    ...NONE,
    test_cmd: "go test ./...",
    ...(installed("golangci-lint") || ["yml", "yaml", "toml", "json"].some((ending) => has(`.golangci.${ending}`))
      ? { lint_cmd: "golangci-lint run", lint_fix_cmd: "golangci-lint run --fix" }
      : { lint_cmd: "go vet ./..." }),
    format_cmd: "gofmt -w {file}",
    format_check_cmd: 'test -z "$(gofmt -l {file})"',
    setup_cmd: `go build $(go list -e -deps -test -f '${GO_WARMED}' ./... ${GO_TESTING}) || true`,
  }),
  swift: () => NONE,
  unknown: () => NONE,
};

const Package = z.object({ scripts: z.object({ test: z.string() }).partial(), workspaces: z.unknown() }).partial();

/** A project in JavaScript or TypeScript says by its configuration files which tools it has. */
function scriptRecipe({ root: _, has, text }: Asked): Recipe {
  const configured = (...names: string[]) => names.some(has);
  const endings = (stem: string) => ["js", "mjs", "cjs", "ts", "mts", "cts"].map((ending) => `${stem}.${ending}`);
  const biome = configured("biome.json", "biome.jsonc");
  const eslint = configured(
    ...endings("eslint.config"),
    ".eslintrc",
    ...["js", "cjs", "json", "yml", "yaml"].map((e) => `.eslintrc.${e}`),
  );
  const prettier = configured(
    ...endings("prettier.config"),
    ".prettierrc",
    ...["js", "cjs", "mjs", "json", "yml", "yaml", "toml"].map((ending) => `.prettierrc.${ending}`),
  );
  const lint = eslint
    ? ["npx eslint {file}", "npx eslint --fix {file}"]
    : biome
      ? ["npx biome lint {file}", "npx biome lint --write {file}"]
      : [];
  const format = prettier
    ? ["npx prettier --write {file}", "npx prettier --check {file}"]
    : biome
      ? ["npx biome format --write {file}", "npx biome format {file}"]
      : [];
  return {
    ...NONE,
    test_cmd: testCommand(configured, endings, text("package.json")),
    lint_cmd: lint[0] ?? "",
    lint_fix_cmd: lint[1] ?? "",
    format_cmd: format[0] ?? "",
    format_check_cmd: format[1] ?? "",
    type_check_cmd: has("tsconfig.json") ? "npx tsc --noEmit" : "",
    setup_cmd: setupCommand(has),
  };
}

function testCommand(
  configured: (...names: string[]) => boolean,
  endings: (stem: string) => string[],
  manifest: string | null,
): string {
  if (configured(...endings("vitest.config"))) return "npx vitest run {test_dir}";
  if (configured(...endings("jest.config"), "jest.config.json")) return "npx jest";
  const script = scriptOf(manifest);
  if (script !== null && !script.includes("no test specified"))
    return configured("bun.lock", "bun.lockb") ? "bun run test" : "npm test";
  return configured("bun.lock", "bun.lockb") ? "bun test" : "";
}

/** The test script of a package.json. One that cannot be read has none: this only picks a default. */
const scriptOf = (manifest: string | null): string | null => packageOf(manifest).scripts?.test ?? null;

function packageOf(manifest: string | null): z.infer<typeof Package> {
  try {
    return Package.safeParse(JSON.parse(manifest ?? "{}")).data ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

const LOCK_FILES = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"];
/** What else an installer of packages reads. */
const INSTALLS_BY = [
  ...[".npmrc", "pnpm-workspace.yaml", ".pnpmfile.cjs", ".yarnrc", ".yarnrc.yml", "bunfig.toml"],
  ...[".yarn/", "patches/"],
];

/** What the setup of a project in JavaScript hangs on. Without a lock file it hangs on the day, too. */
export function setupReads({ has, text }: Look): string[] {
  const locks = LOCK_FILES.filter(has);
  if (!has("package.json") || locks.length === 0) return [];
  const several = packageOf(text("package.json")).workspaces !== undefined || has("pnpm-workspace.yaml");
  return [several ? "**/package.json" : "package.json", ...locks, ...INSTALLS_BY.filter(has)];
}

/** Installs what the lock file says. No package's own scripts run: they are not ours to trust. */
function setupCommand(has: (name: string) => boolean): string {
  if (!has("package.json")) return "";
  if (has("bun.lock") || has("bun.lockb")) return "bun install --frozen-lockfile --ignore-scripts";
  if (has("pnpm-lock.yaml")) return "pnpm install --frozen-lockfile --ignore-scripts";
  if (has("yarn.lock")) return "yarn install --frozen-lockfile --ignore-scripts";
  return "npm ci --ignore-scripts || npm install --ignore-scripts";
}
