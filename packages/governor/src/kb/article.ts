/** An article of the knowledge base, in the format of dgov 0.8: front matter of six fields, then Markdown. */
export type Article = {
  id: string;
  title: string;
  kind: string;
  status: string;
  sources: readonly string[];
  related: readonly string[];
  path: string; // relative to the root, with slashes
  lines: Readonly<Record<Field, number>>; // where each field begins
  body: string;
  first: number; // the line that the body begins at
};

/** What is wrong with an article. `path` relative to the root; `line` counts from 1. */
export type Issue = { path: string; line: number; code: IssueCode; message: string };
export type IssueCode =
  | "format"
  | "unknown_field"
  | "missing_field"
  | "bad_id"
  | "bad_kind"
  | "bad_status"
  | "bad_source"
  | "missing_source"
  | "duplicate_id"
  | "duplicate_entry"
  | "bad_link"
  | "bad_body"
  | "missing_folder";

const FIELDS = ["id", "title", "kind", "status", "sources", "related"] as const;
type Field = (typeof FIELDS)[number];
const LISTS: ReadonlySet<string> = new Set(["sources", "related"]);

type Value = { text: string | null; items: string[]; line: number };

/**
 * Reads an article as far as it can be read.
 *
 * @returns `article` null: what it lacks is told in the issues
 */
export function readArticle(path: string, text: string): { article: Article | null; issues: Issue[] } {
  const issues: Issue[] = [];
  const fault = (line: number, code: IssueCode, message: string) => void issues.push({ path, line, code, message });
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line, at) => at > 0 && line.trim() === "---");
  if (lines[0]?.trim() !== "---") fault(1, "format", 'it must begin with front matter between "---" lines');
  else if (end < 0) fault(1, "format", 'its front matter has no "---" at its end');
  if (issues.length > 0) return { article: null, issues };
  const fields = frontMatter(lines.slice(1, end), fault);
  for (const [name, { line }] of fields)
    if (!FIELDS.some((known) => known === name)) fault(line, "unknown_field", `there is no field "${name}"`);
  for (const name of FIELDS) {
    const value = fields.get(name);
    if (!value) fault(1, "missing_field", `the field "${name}" is missing`);
    else if (LISTS.has(name) !== (value.text === null))
      fault(
        value.line,
        "format",
        LISTS.has(name) ? `"${name}" must be a list` : `"${name}" must be a text, and not empty`,
      );
  }
  if (issues.length > 0) return { article: null, issues };
  const said = (name: Field) => fields.get(name)?.text ?? "";
  const listed = (name: Field) => fields.get(name)?.items ?? [];
  const places = Object.fromEntries(FIELDS.map((name) => [name, fields.get(name)?.line ?? 1])) as Article["lines"];
  const body = lines
    .slice(end + 1)
    .join("\n")
    .trim();
  return {
    article: {
      ...{ id: said("id"), title: said("title"), kind: said("kind"), status: said("status") },
      ...{ sources: listed("sources"), related: listed("related"), path, lines: places, body, first: end + 2 },
    },
    issues,
  };
}

type Fault = (line: number, code: IssueCode, message: string) => void;

/** Fields are `name: text`, `name: [a, b]`, or `name:` and then one `  - item` a line. */
function frontMatter(lines: readonly string[], fault: Fault): Map<string, Value> {
  const fields = new Map<string, Value>();
  let open: Value | null = null;
  for (const [at, line] of lines.entries()) {
    const here = at + 2;
    if (line.trim() === "") continue;
    const item = /^ +- +(.*?)\s*$/.exec(line)?.[1];
    if (item !== undefined) {
      if (!open) fault(here, "format", `"${line.trim()}" is in no list`);
      else if (unquoted(item) === "") fault(here, "format", "an item of a list is empty");
      else open.items.push(unquoted(item));
      continue;
    }
    const [, name = "", text = ""] = /^([^:\s][^:]*?)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    open = null;
    if (name === "") fault(here, "format", `"${line}" is not "name: value"`);
    else if (fields.has(name)) fault(here, "duplicate_entry", `the field "${name}" is given twice`);
    else {
      const value = fieldOf(text, here, fault);
      fields.set(name, value);
      if (text === "") open = value;
    }
  }
  return fields;
}

function fieldOf(text: string, line: number, fault: Fault): Value {
  if (!text.startsWith("[")) return { text: text === "" ? null : unquoted(text), items: [], line };
  const inner = /^\[(.*)\]$/.exec(text)?.[1];
  const items = (inner ?? "").trim() === "" ? [] : (inner ?? "").split(",").map((item) => unquoted(item.trim()));
  if (inner === undefined) fault(line, "format", `"${text}" is a list without its end`);
  if (items.includes("")) fault(line, "format", "an item of a list is empty");
  return { text: null, items: items.filter((item) => item !== ""), line };
}

const unquoted = (text: string): string => text.replace(/^["']+|["']+$/g, "").trim();
