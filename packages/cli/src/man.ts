import { fieldsOf } from "./argv.ts";
import type { Command } from "./command.ts";
import { argName, EXITS, GLOBAL, spelling, usage, words } from "./reference.ts";

/** `dgov help --man`: the manual page dgov(1), in the macros of man(7), which groff and mandoc both read. */
export function manPage(commands: readonly Command[], version: string): string {
  return [
    `.TH DGOV 1 "" "dgov ${version}" "User Commands"`,
    ".SH NAME",
    "dgov \\- run plans of coding tasks in parallel, and land only what has been judged",
    ".SH SYNOPSIS",
    ".B dgov",
    "[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]",
    ".SH DESCRIPTION",
    "Without a command: status.",
    ".SH COMMANDS",
    ...commands.flatMap(section),
    ".SH OPTIONS OF EVERY COMMAND",
    ...GLOBAL.flatMap(([name = "", means = ""]) => item(name, means)),
    ".SH EXIT STATUS",
    ...EXITS.flatMap(([status = "", means = ""]) => item(status, means)),
    ".SH FILES",
    ...item(".dgov/project.toml", "The project's configuration"),
    ...item(".dgov/plans/NAME/", "A plan"),
    ...item(".dgov/state.db", "The event log"),
  ].join("\n");
}

function section(command: Command): string[] {
  const fields = [
    ...fieldsOf(command.args).map((field) => [argName(field), words(field)] as const),
    ...fieldsOf(command.flags).map((field) => [spelling(command, field), words(field)] as const),
  ];
  return [
    `.SS "${safe(`dgov ${usage(command)}`).replaceAll('"', "'")}"`,
    ...lines(`${command.summary}.`),
    ...(command.details === "" ? [] : [".PP", ...lines(command.details)]),
    ...fields.flatMap(([name, means]) => item(name, means)),
    ...[".PP", "Examples:", ".PP", ".nf", ".RS 4", ...command.examples.flatMap(lines), ".RE", ".fi"],
  ];
}

/** An empty description is none: a tag stands for itself. */
const item = (tag: string, means: string): string[] => [".TP", `\\fB${safe(tag)}\\fR`, ...lines(means || tag)];

/** Text as it is: an empty line begins a paragraph, one that begins with spaces stays a line. */
const lines = (text: string): string[] =>
  text.split("\n").flatMap((line) => {
    if (line.trim() === "") return [".PP"];
    return line.startsWith(" ") ? [".br", safe(line.trimStart())] : [safe(line)];
  });

/** A dash is typed as one, a backslash shown as one, and no line of text is taken for a macro. */
const safe = (text: string): string =>
  text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...").replace(/^[.']/, "\\&$&");
