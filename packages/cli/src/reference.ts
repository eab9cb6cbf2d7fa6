import { type Field, fieldsOf, flagName } from "./argv.ts";
import type { Command } from "./command.ts";
import { columns } from "./print.ts";

export const GLOBAL = [
  ["--json", "Print the result, or the error, as one JSON document on stdout; the same as DGOV_JSON=1"],
  ["-h, --help", "Explain the command instead of running it"],
  ["-V, --version", "Show the version"],
];

export const EXITS = [
  ["0", "all good"],
  ["1", "the plan or a gate failed"],
  ["2", "wrong usage"],
  ["3", "a bad plan or configuration"],
  ["4", "the repository or the machine is not ready"],
  ["5", "a tool or provider is missing"],
  ["6", "a job of that key asks for something else"],
  ["70", "a bug of dgov itself"],
  ["130", "interrupted"],
];

/** `dgov help`: every command in one line. */
export function overview(commands: readonly Command[], version: string): string {
  const rows = commands.map((command) => [usage(command), command.summary]);
  return [
    `dgov ${version}: runs plans of coding tasks in parallel, and lands only what has been judged`,
    `Usage: dgov [COMMAND] [OPTIONS]    (without a command: status)`,
    `Commands:\n${columns(rows, "  ")}`,
    `Options of every command:\n${columns(GLOBAL, "  ")}`,
    `Exit status:\n${columns(EXITS, "  ")}`,
  ].join("\n\n");
}

/** `dgov help run`. */
export function commandHelp(command: Command): string {
  const args = fieldsOf(command.args).map((field) => [argName(field), field.description]);
  const flags = fieldsOf(command.flags).map((field) => [spelling(command, field), words(field)]);
  return [
    `Usage: dgov ${usage(command)}${flags.length > 0 ? " [OPTIONS]" : ""}`,
    command.summary,
    command.details,
    args.length > 0 ? `Arguments:\n${columns(args, "  ")}` : "",
    `Options:\n${columns([...flags, ...GLOBAL.slice(0, 2)], "  ")}`,
    `Examples:\n${command.examples.map((line) => `  ${line}`).join("\n")}`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** `dgov help --markdown`: the reference, kept in docs/reference.md by a test. */
export function reference(commands: readonly Command[]): string {
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
  const parts = commands.map((command) => {
    const args = fieldsOf(command.args).map((field) => [`\`${argName(field)}\``, field.description]);
    const flags = fieldsOf(command.flags).map((field) => [`\`${spelling(command, field)}\``, words(field)]);
    return [
      `## dgov ${usage(command)}`,
      `${command.summary}.`,
      command.details,
      args.length > 0 ? table(["argument", "meaning"], args) : "",
      flags.length > 0 ? table(["option", "meaning"], flags) : "",
      ["```sh", ...command.examples, "```"].join("\n"),
    ]
      .filter((part) => part !== "")
      .join("\n\n");
  });
  return [
    "# The dgov command line",
    "Written by `dgov help --markdown`; a test keeps it so.",
    table(
      ["option of every command", "meaning"],
      GLOBAL.map(([name, means]) => [`\`${name}\``, means!]),
    ),
    table(["exit status", "meaning"], EXITS),
    ...parts,
  ].join("\n\n");
}

const cell = (text: string) => text.replaceAll("|", "\\|");

export function usage(command: Command): string {
  return [
    command.name,
    ...fieldsOf(command.args).map((field) => (field.required ? argName(field) : `[${argName(field)}]`)),
  ].join(" ");
}

export const argName = (field: Field) => `${field.key.toUpperCase()}${field.many ? "…" : ""}`;

export function spelling(command: Command, field: Field): string {
  const letter = command.short[field.key];
  const off = field.kind === "boolean" && field.standard === true;
  const name = off ? `--no-${field.key.replaceAll("_", "-")}` : flagName(field.key);
  const value = field.words?.join("|") ?? (field.kind === "number" ? "N" : field.key.toUpperCase());
  return `${letter ? `-${letter}, ` : ""}${name}${field.kind === "boolean" ? "" : ` ${value}`}`;
}

/** The description, with the default where it says something. */
export function words(field: Field): string {
  const quiet = field.standard === undefined || typeof field.standard === "boolean" || field.many;
  const often = field.many ? " (may be repeated)" : "";
  const must = field.required ? " (required)" : "";
  return `${field.description}${often}${must}${quiet ? "" : ` [default: ${field.standard}]`}`;
}
