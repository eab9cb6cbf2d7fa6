import { biomeReport, cargoReport, eslintReport, mypyReport, type ReadReport, ruffReport } from "./report.ts";

/**
 * A checker that is known. Its exit status alone decides; what it says only tells why.
 *
 * `calls`  what of a command is the call of it: the option is put behind that
 * `option` makes it write what `read` reads, or null: its words are read as they are
 * `strict` the option by which its warnings fail too; without it only its errors do
 */
export type Checker = { name: string; calls: RegExp; option: string | null; read: ReadReport | null; strict: RegExp };

/** A program by this name, with or without a folder before it and quotes around it; `then`: a word that must come after it. */
const program = (names: string, then = ""): RegExp =>
  new RegExp(`(?:^|[\\s/'"])(?:${names})['"]?(?=\\s|$)${then === "" ? "" : `[^|;&<>]*?\\s(?:${then})(?=\\s|$)`}`);
const NEVER = /(?!)/;

// biome-ignore format: a table reads by its columns
export const CHECKERS: readonly Checker[] = [
  { name: "ruff",    calls: program("ruff", "check"),         option: "--output-format=json",    read: ruffReport,   strict: NEVER },
  { name: "mypy",    calls: program("mypy"),                  option: "--output=json",           read: mypyReport,   strict: NEVER },
  { name: "ty",      calls: program("ty", "check"),           option: "--output-format=concise", read: null,         strict: /--error-on-warning\b/ },
  { name: "pyright", calls: program("(?:based)?pyright"),     option: null,                      read: null,         strict: /--warnings\b/ },
  { name: "tsc",     calls: program("(?:vue-)?tsc(?:\\.js)?"), option: null,                     read: null,         strict: NEVER },
  { name: "eslint",  calls: program("eslint(?:\\.js)?"),      option: "--format=json",           read: eslintReport, strict: /--max-warnings\b/ },
  { name: "biome",   calls: program("biome", "lint|check|ci"), option: "--reporter=json --max-diagnostics=none",        read: biomeReport,  strict: /--error-on-warnings\b/ },
  { name: "clippy",  calls: program("cargo", "clippy"),       option: "--message-format=json",   read: cargoReport,  strict: /\s-D[ =]?warnings\b|RUSTFLAGS=/ },
  { name: "go vet",  calls: program("go", "vet"),             option: null,                      read: null,         strict: NEVER },
];

/** The checker that a command calls, or null. A command that calls several is none's. */
export function checkerOf(command: string): Checker | null {
  const called = CHECKERS.filter(({ calls }) => calls.test(command));
  return called.length === 1 ? (called[0] ?? null) : null;
}

/** The command with an option of its checker's, put where options are read also when the command goes on behind a `--`. */
export const withOption = (command: string, { calls }: Checker, option: string): string =>
  command.replace(calls, (call) => `${call} ${option}`);
