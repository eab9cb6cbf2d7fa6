import { z } from "zod";
import type { Complaint } from "./complaint.ts";

/** Reads a checker's own report for programs. Null: this is none. */
export type ReadReport = (text: string) => Complaint[] | null;

const place = z.int().nullish();

const Ruff = z.array(
  z.object({
    code: z.string().nullable(),
    message: z.string(),
    filename: z.string(),
    location: z.object({ row: z.int(), column: z.int() }),
  }),
);

/** `ruff check --output-format=json`. Faults of syntax had no code in older versions. */
export const ruffReport: ReadReport = (text) =>
  parsed(Ruff, documentIn(text))?.map(({ code, message, filename, location }) => ({
    path: filename,
    line: location.row,
    column: location.column,
    rule: code ?? "syntax",
    message,
    grade: "error",
  })) ?? null;

const Eslint = z.array(
  z.object({
    filePath: z.string(),
    messages: z.array(
      z.object({ ruleId: z.string().nullable(), severity: z.int(), message: z.string(), line: place, column: place }),
    ),
  }),
);
const ESLINT_WARNING = 1;

/** `eslint --format=json`. What could not be parsed has no rule. */
export const eslintReport: ReadReport = (text) =>
  parsed(Eslint, documentIn(text))?.flatMap(({ filePath, messages }) =>
    messages.map(
      ({ ruleId, severity, message, line, column }): Complaint => ({
        path: filePath,
        line: line ?? null,
        column: column ?? null,
        rule: ruleId ?? "syntax",
        message,
        grade: severity === ESLINT_WARNING ? "warning" : "error",
      }),
    ),
  ) ?? null;

const Biome = z.object({
  summary: z.object({ diagnosticsNotPrinted: z.literal(0).nullish() }),
  diagnostics: z.array(
    z.object({
      severity: z.string(),
      message: z.string(),
      category: z.string().nullish(),
      location: z.object({ path: z.string(), start: z.object({ line: z.int(), column: z.int() }).nullish() }).nullish(),
    }),
  ),
});

/** `biome lint --reporter=json`, which writes words of its own beside the report. Line 0 is the whole file. One that leaves some out is none. */
export const biomeReport: ReadReport = (text) => {
  const line = text.split("\n").find((one) => one.startsWith("{")) ?? "";
  const report = parsed(Biome, line);
  return (
    report?.diagnostics.map(
      ({ severity, message, category, location }): Complaint => ({
        path: location?.path ?? null,
        line: location?.start?.line || null,
        column: location?.start?.column || null,
        rule: (category ?? "").split("/").at(-1) || null,
        message,
        grade: severity === "error" || severity === "fatal" ? "error" : "warning",
      }),
    ) ?? null
  );
};

const Mypy = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  message: z.string(),
  code: z.string().nullable(),
  severity: z.string(),
});
const NOTES: readonly string[] = ["note", "information", "help"];

/** `mypy --output=json`: a line for each. Notes go with an error and are none; columns count from 0, and -1 is none. */
export const mypyReport: ReadReport = (text) => {
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  const all = lines.map((line) => parsed(Mypy, line));
  if (all.length === 0 || all.includes(null)) return null;
  return all.flatMap((one): Complaint[] =>
    one === null || NOTES.includes(one.severity)
      ? []
      : [
          {
            path: one.file,
            line: one.line > 0 ? one.line : null,
            column: one.column >= 0 ? one.column + 1 : null,
            rule: one.code,
            message: one.message,
            grade: "error",
          },
        ],
  );
};

const Cargo = z.object({
  reason: z.string(),
  message: z
    .object({
      level: z.string(),
      message: z.string(),
      code: z.object({ code: z.string() }).nullable(),
      spans: z.array(
        z.object({ file_name: z.string(), line_start: z.int(), column_start: z.int(), is_primary: z.boolean() }),
      ),
    })
    .optional(),
});

/** `cargo clippy --message-format=json`: a line for each thing that happens. What has no place counts what has. */
export const cargoReport: ReadReport = (text) => {
  const lines = text.split("\n").filter((line) => line.startsWith('{"reason":'));
  const all = lines.map((line) => parsed(Cargo, line));
  if (all.length === 0 || all.includes(null)) return null;
  return all.flatMap((one): Complaint[] => {
    const span = one?.message?.spans.find(({ is_primary }) => is_primary);
    if (!(one?.message && span) || one.reason !== "compiler-message") return [];
    const { level, message, code } = one.message;
    const grade = level.startsWith("error") ? "error" : "warning";
    const rule = code?.code.replace(/^clippy::/, "") ?? null;
    return [{ path: span.file_name, line: span.line_start, column: span.column_start, rule, message, grade }];
  });
};

/** The one JSON document in an output that may have warnings around it. */
function documentIn(text: string): string {
  const begin = text.search(/^[[{]/m);
  const end = Math.max(text.lastIndexOf("]"), text.lastIndexOf("}"));
  return begin < 0 ? "" : text.slice(begin, end + 1);
}

/** Null: it is not what the schema says. Whoever asked goes by the checker's words then. */
function parsed<Shape>(schema: z.ZodType<Shape>, text: string): Shape | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
