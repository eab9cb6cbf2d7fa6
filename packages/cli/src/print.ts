import { DgovError, type Place } from "@dgov/governor/error";
import { explainLogError } from "@dgov/governor/log";
import { paint, width } from "./ansi.ts";
import type { Here } from "./command.ts";

/** An end that is no view. `stack` is there for a bug alone: only then is it of use to anyone. */
export type Failure = {
  exit: number;
  code: string;
  message: string;
  hint: string;
  places: readonly Place[];
  stack: string | null;
};

const MAY_NOT = "Let this user write there, or work in a folder that is theirs, then run again";
const NO_ROOM = "Leave room on the disk, then run again";
const TOO_MANY = "End other programs, or raise the limit (ulimit -n), then run again";

/** What the machine refused, not the program, with the cure: a person can mend it. */
const REFUSED: Readonly<Record<string, string>> = {
  EACCES: MAY_NOT,
  EPERM: MAY_NOT,
  EROFS: MAY_NOT,
  EDQUOT: NO_ROOM,
  ENOSPC: NO_ROOM,
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
  ENOMEM: "Leave memory free, then run again",
  ENAMETOOLONG: "Give a shorter name",
};

/** Sorts whatever was thrown: a `DgovError` a person can mend, a refusal of the machine, or a bug of ours. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DgovError) {
    const { exit, code, message, hint, places } = error;
    return { exit, code, message, hint, places, stack: null };
  }
  const ofLog = explainLogError(error);
  if (ofLog) return failureOf(ofLog);
  const hint = error instanceof Error && "code" in error ? REFUSED[String(error.code)] : undefined;
  if (error instanceof Error && hint !== undefined)
    return failureOf(new DgovError("machine_refused", `Cannot go on: ${error.message}`, { cause: error, hint }));
  return {
    exit: 70,
    code: "bug",
    message: `dgov has a bug: ${error instanceof Error ? error.message : String(error)}`,
    hint: "Report it with the lines above; the event log is intact, and the next run goes on from it",
    places: [],
    stack: error instanceof Error ? (error.stack ?? null) : null,
  };
}

/** What a command that fails prints as JSON. `places`: where in files, or []. */
export type Failed = { error: Omit<Failure, "stack"> };

/** In JSON mode one document on stdout, so that a program reads ends and results in one way; else lines on stderr. */
export async function printFailure(failure: Failure, here: Here): Promise<void> {
  const { code, message, hint, places, stack, exit } = failure;
  if (stack) here.stderr(stack);
  const failed: Failed = { error: { code, message, hint, places, exit } };
  if (here.json) return here.stdout(JSON.stringify(failed, null, 2));
  here.stderr(`${paint("red", "Error:")} ${message}`);
  for (const place of places) here.stderr(placeLine(place));
  here.stderr(`${paint("cyan", "Hint:")} ${hint}`);
}

/** `file:line:col code message`, as editors and terminals understand it. */
export function placeLine({ file, line, column, code, message, unit, severity }: Place): string {
  const where = [file, line, column].filter((part) => part !== null).join(":");
  const task = unit === null ? "" : ` (${unit})`;
  const kind = severity === "warning" ? "warning " : "";
  return `  ${where === "" ? "" : `${where} `}${kind}${code} ${message}${task}`;
}

/** Rows as columns, two spaces apart; the last column is as wide as it likes. */
export function columns(rows: readonly (readonly string[])[], indent = ""): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, width(cell));
  return rows
    .map((row) => {
      const cells = row.map((cell, at) =>
        at === row.length - 1 ? cell : cell + " ".repeat(widths[at]! - width(cell)),
      );
      return `${indent}${cells.join("  ")}`.trimEnd();
    })
    .join("\n");
}
