import { shellPaths } from "../command.ts";
import type { CompilerKind } from "./unbuilt.ts";

export type ReportKind = "junit" | "jest" | "go";

/**
 * How a test runner is made to tell what became of its tests. `runs`: words of a command that starts it; `fails`: its exit
 * status when tests ran and failed, which is none of those for whatever else went wrong; `ask`: the command, and variables
 * beside it, that leave a report at `path`; `says`: the report is what it prints.
 *
 * `build`: a command that only builds the tests, where the runner has one status for tests that fail and for those that
 * cannot be built; `explain`: what makes a compiler say to a program why they cannot, where there is one
 */
export type Reporter = {
  name: string;
  runs: RegExp;
  fails: number;
  kind: ReportKind | null;
  says: boolean;
  ask: (command: string, path: string) => { command: string; env: Readonly<Record<string, string>> };
  build: ((command: string) => string) | null;
  explain: { kind: CompilerKind; ask: (command: string) => ReturnType<Reporter["ask"]> } | null;
};

const same = (command: string) => ({ command, env: {} });
/** What is said for people would stand in the middle of a line for programs. */
const quiet = (command: string) => `{ ${command}\n} 2>/dev/null`;
const RUST = /\bcargo\s+(?:\+\S+\s+)?test\b/;
const NODE = /\bnode\s+(?:\S+\s+)*?--test(?![\w-])/;
const BUN = /\bbun\s+(?:\S+\s+)*?test\b/;
const VITEST = /\bvitest(?:\s+(?:run|watch))?\b/;
const JEST = /\bjest\b/;

const file = { says: false, build: null, explain: null };

/** The first that fits a command is asked. */
const REPORTERS: readonly Reporter[] = [
  {
    ...{ ...file, name: "pytest", runs: /\bpy\.?test\b/, fails: 1, kind: "junit" },
    ask: (command, path) => ({ command, env: { PYTEST_ADDOPTS: `--junitxml=${shellPaths([path])}` } }),
  },
  {
    ...{ ...file, name: "vitest", runs: VITEST, fails: 1, kind: "jest" },
    ask: (command, path) => same(command.replace(VITEST, `$& --reporter=json --outputFile=${shellPaths([path])}`)),
  },
  {
    ...{ ...file, name: "jest", runs: JEST, fails: 1, kind: "jest" },
    ask: (command, path) => same(command.replace(JEST, `$& --json --outputFile=${shellPaths([path])}`)),
  },
  {
    ...{ ...file, name: "bun test", runs: BUN, fails: 1, kind: "junit" },
    ask: (command, path) => same(command.replace(BUN, `$& --reporter=junit --reporter-outfile=${shellPaths([path])}`)),
  },
  {
    ...{ ...file, name: "node --test", runs: NODE, fails: 1, kind: "junit" },
    ask: (command, path) =>
      same(command.replace(NODE, `$& --test-reporter=junit --test-reporter-destination=${shellPaths([path])}`)),
  },
  {
    ...{ name: "go test", runs: /\bgo\s+test\b/, fails: 1, kind: "go", says: true, build: null },
    ask: (command) => ({ command, env: { GOFLAGS: "-json -count=1" } }),
    explain: {
      kind: "go",
      ask: (command) => ({ command: quiet(command), env: { GOFLAGS: "-json -count=1 '-gcflags=-errorurl -e'" } }),
    },
  },
  {
    ...{ name: "cargo test", runs: RUST, fails: 101, kind: null, says: true },
    ask: same,
    build: (command) => command.replace(RUST, "$& --no-run"),
    explain: {
      kind: "rustc",
      ask: (command) => same(quiet(command.replace(RUST, "$& --no-run --no-fail-fast --message-format=json"))),
    },
  },
];

/** Who runs the tests of a command, or null: nobody that could be asked is known by its words. */
export const reporterOf = (command: string): Reporter | null =>
  REPORTERS.find(({ runs }) => runs.test(command)) ?? null;

/** What can be asked, in words. */
export const REPORTER_NAMES: readonly string[] = REPORTERS.map(({ name }) => name);
