import { createHash } from "node:crypto";
import { readDocument } from "../api/document.ts";
import { isTable } from "../api/value.ts";

/**
 * One thing that a document asks for.
 *
 * `id`       its own, where it begins with one as `[PAY-3]` or `PAY-3:`; else made of its words, so that it stays when the text is
 *            moved or wrapped otherwise; of an interface the operation     `given`: it is its own
 * `strength` of the words of RFC 2119     `section`  the headings above it, the outermost first
 */
export type Requirement = {
  id: string;
  given: boolean;
  strength: "must" | "should" | "may";
  section: readonly string[];
  text: string;
  line: number;
};

/** What a document asks for, or why nobody can say. A document is Markdown, or an interface as OpenAPI has it. */
export function requirementsIn(path: string, text: string): { requirements: Requirement[] } | { unknown: string } {
  if (!/\.(ya?ml|json)$/i.test(path)) return { requirements: numbered(inMarkdown(text)) };
  const read = readDocument(text);
  if ("unreadable" in read) return { unknown: `${read.unreadable}${read.line ? ` (line ${read.line})` : ""}` };
  const { value, lines } = read;
  if (!isTable(value) || typeof value.openapi !== "string" || !isTable(value.paths))
    return { unknown: "it is no OpenAPI document" };
  const { paths } = value;
  const found = Object.entries(paths).flatMap(([route, item]) =>
    METHODS.flatMap((method): Requirement[] => {
      const operation = isTable(item) ? item[method] : undefined;
      if (!isTable(item) || !isTable(operation)) return [];
      const { operationId, summary } = operation;
      const called = `${method.toUpperCase()} ${route}`;
      const own = typeof operationId === "string" ? operationId : null;
      const words = typeof summary === "string" ? `${called}: ${summary}` : called;
      const line = lines.get(item)?.get(method) ?? lines.get(paths)?.get(route) ?? 1;
      return [{ id: own ?? called, given: own !== null, strength: "must", section: [route], text: words, line }];
    }),
  );
  return { requirements: numbered(found) };
}

const METHODS = "get put post delete options head patch trace".split(" ");

const KEYWORD = /\b(MUST|SHALL|REQUIRED|SHOULD|RECOMMENDED|MAY|OPTIONAL)\b/;
const STRENGTHS: Readonly<Record<string, Requirement["strength"]>> = {
  SHOULD: "should",
  RECOMMENDED: "should",
  MAY: "may",
  OPTIONAL: "may",
};
const OWN_ID = /^(?:\[([A-Za-z][\w.-]*\d[\w.-]*)\]|([A-Z][A-Z0-9_]*(?:[-.][A-Za-z0-9]+)*[-.]\d+):)\s*/;

/** A paragraph, or an item of a list, as one line. */
type Block = { text: string; line: number; section: readonly string[] };

const inMarkdown = (text: string): Requirement[] =>
  blocksIn(text).flatMap(({ text: words, line, section }): Requirement[] => {
    const [, keyword] = KEYWORD.exec(words.replace(/`[^`]*`/g, "")) ?? [];
    if (keyword === undefined) return [];
    const own = OWN_ID.exec(words);
    const id = own?.[1] ?? own?.[2];
    const bare = words.slice(own?.[0].length ?? 0);
    const strength = STRENGTHS[keyword] ?? "must";
    return [{ id: id ?? `R-${digestOf(bare)}`, given: id !== undefined, strength, section, text: bare, line }];
  });

function blocksIn(text: string): Block[] {
  const blocks: Block[] = [];
  const section: string[] = [];
  let open: Block | null = null;
  let fence: string | null = null;
  let commented = false;
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const mark = /^\s{0,3}(`{3,}|~{3,})/.exec(raw)?.[1] ?? null;
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
      continue;
    }
    const was = commented;
    commented = /<!--(?![\s\S]*-->)/.test(raw) || (commented && !raw.includes("-->"));
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(raw);
    const item = /^\s*(?:[-*+]|\d{1,9}[.)])\s+(.*)$/.exec(raw);
    const words = (item?.[1] ?? raw)
      .replace(/<!--.*?-->/g, "")
      .replace(/^\s*>\s?/, "")
      .trim();
    if (mark !== null) fence = mark;
    if (mark !== null || was || commented || heading || words === "" || item) open = null;
    if (heading) section.splice((heading[1] ?? "#").length - 1, section.length, heading[2] ?? "");
    if (mark !== null || was || commented || heading || words === "") continue;
    if (open) {
      open.text += ` ${words}`;
      continue;
    }
    open = { text: words, line: at + 1, section: section.filter(Boolean) };
    blocks.push(open);
  }
  return blocks;
}

/** The words alone: how they are marked up, wrapped and set off changes nothing. */
const digestOf = (text: string): string =>
  createHash("sha256")
    .update((text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(" "))
    .digest("hex")
    .slice(0, 10);

/** What changed in a requirement of the same id is known by this. */
export const digestOfText = ({ text, strength }: Pick<Requirement, "text" | "strength">): string =>
  `${strength} ${digestOf(text)}`;

/** The second of one id is told apart, and so is the third. */
function numbered(found: readonly Requirement[]): Requirement[] {
  const counts = new Map<string, number>();
  return found.map((one) => {
    const count = (counts.get(one.id) ?? 0) + 1;
    counts.set(one.id, count);
    return count === 1 ? one : { ...one, id: `${one.id}~${count}` };
  });
}
