import type { Place } from "./error.ts";

/** One SOP. `sections` are the five, in their order. */
export type Sop = {
  file: string; // relative to the root
  name: string;
  title: string;
  summary: string;
  applies_to: readonly string[];
  priority: "must" | "should";
  sections: readonly { heading: string; bullets: readonly string[] }[];
};

const HEADINGS = ["When", "Do", "Do Not", "Verify", "Escalate"] as const;
const FIELDS = ["name", "title", "summary", "applies_to", "priority"] as const;
type Field = (typeof FIELDS)[number];

/**
 * Parses an SOP: front matter of five fields, then five sections of bullets, and nothing else. Strict on purpose: what is
 * not understood would be left out of a prompt without a word.
 *
 * @param text null when the bytes are not UTF-8
 */
export function parseSop(file: string, text: string | null): { sop: Sop | null; places: Place[] } {
  const faults: Fault[] = [];
  if (text === null) return { sop: null, places: [place(file, { line: 1, why: "it is not UTF-8 text" })] };
  const lines = text.split(/\r?\n/);
  const end = lines.indexOf("---", 1);
  if (lines[0] !== "---" || end < 0)
    return {
      sop: null,
      places: [place(file, { line: 1, why: 'it must begin with front matter between "---" lines' })],
    };
  const fields = frontMatter(lines.slice(1, end), faults);
  const sections = bodyOf(lines.slice(end + 1), end + 2, faults);
  const places = faults.map((fault) => place(file, fault));
  if (places.length > 0) return { sop: null, places };
  const { name = "", title = "", summary = "", applies_to = "", priority } = fields;
  const tags = tagList(applies_to);
  return {
    sop: { file, name, title, summary, applies_to: tags, priority: priority === "must" ? "must" : "should", sections },
    places,
  };
}

type Fault = { line: number; why: string };

function place(file: string, { line, why }: Fault): Place {
  const message = `Cannot read the SOP "${file}": ${why}`;
  return { severity: "error", code: "sop_invalid", message, file, line, column: 1, unit: null };
}

function frontMatter(lines: readonly string[], faults: Fault[]): Partial<Record<Field, string>> {
  const fields: Partial<Record<Field, string>> = {};
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const pair = /^([a-z_]+):\s*(.*?)\s*$/.exec(line);
    const field = FIELDS.find((known) => known === pair?.[1]);
    const why = !pair ? `"${line}" is not "key: value"` : !field ? `there is no field "${pair[1]}"` : null;
    if (why !== null || !field || !pair) faults.push({ line: at + 2, why: why ?? "it is not a field" });
    else if (fields[field] !== undefined) faults.push({ line: at + 2, why: `"${field}" is given twice` });
    else fields[field] = (pair[2] ?? "").replace(/^(["'])(.*)\1$/, "$2");
  }
  for (const field of FIELDS) if (!fields[field]) faults.push({ line: 1, why: `"${field}" is missing` });
  const { priority, applies_to } = fields;
  if (priority && priority !== "must" && priority !== "should")
    faults.push({ line: 1, why: `priority must be "must" or "should", and it is "${priority}"` });
  if (applies_to && tagList(applies_to).length === 0)
    faults.push({ line: 1, why: "applies_to must be a list with something in it, like [python, tests]" });
  return fields;
}

/** `[a, "b"]` → a, b; [] when it is no such list. */
function tagList(text: string): string[] {
  const inner = /^\[(.*)\]$/.exec(text)?.[1] ?? "";
  return inner
    .split(",")
    .map((tag) => tag.trim().replace(/^(["'])(.*)\1$/, "$2"))
    .filter((tag) => tag !== "");
}

function bodyOf(lines: readonly string[], first: number, faults: Fault[]): Sop["sections"] {
  const bullets = new Map<string, string[]>();
  let open: string[] | null = null;
  for (const [at, line] of lines.entries()) {
    const fault = (why: string) => faults.push({ line: first + at, why });
    const heading = /^##\s+(.*?)\s*$/.exec(line)?.[1];
    const bullet = /^[-*]\s+(.*?)\s*$/.exec(line)?.[1];
    if (heading !== undefined) {
      const known = HEADINGS.find((name) => name.toLowerCase() === heading.toLowerCase());
      open = known && !bullets.has(known) ? [] : null;
      if (known && open) bullets.set(known, open);
      else fault(known ? `the section "${known}" is there twice` : `there is no section "${heading}"`);
    } else if (bullet !== undefined && open) open.push(bullet);
    else if (/^\s+\S/.test(line) && open && open.length > 0) open.push(`${open.pop()} ${line.trim()}`);
    else if (line.trim() !== "") fault(`"${line.trim()}" is neither a section, nor a bullet of one`);
  }
  for (const name of HEADINGS)
    if ((bullets.get(name)?.length ?? 0) === 0)
      faults.push({
        line: first,
        why: bullets.has(name) ? `the section "${name}" has no bullet` : `the section "${name}" is missing`,
      });
  return HEADINGS.map((heading) => ({ heading, bullets: bullets.get(heading) ?? [] }));
}
