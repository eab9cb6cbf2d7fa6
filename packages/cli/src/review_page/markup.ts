import { plain } from "../ansi.ts";

/** Markup that is as it should be: nothing of it is escaped again. Only `html` makes it. */
export type Markup = { readonly markup: string };

type Part = Markup | string | number | null | readonly Markup[];

/**
 * Markup of a template. Every text and number in it is escaped, and freed of what could turn the direction of a line; an
 * array is put together, null is nothing.
 */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: texts.map((text, at) => (at === 0 ? text : partOf(parts[at - 1] ?? null) + text)).join(""),
});

function partOf(part: Part): string {
  if (part === null) return "";
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return "markup" in part ? part.markup : part.map(({ markup }) => markup).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Tabs stay: code is read by them. */
const escaped = (text: string): string =>
  text
    .split("\t")
    .map(plain)
    .join("\t")
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** Each line of a text by itself, since a line's end is taken out of a text. */
export const lines = (text: string, of: (line: string) => Markup): Markup[] =>
  text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => html`${of(line)}\n`);
