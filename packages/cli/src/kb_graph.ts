import type { Knowledge } from "@dgov/governor/kb";
import { fit, plain } from "./ansi.ts";
import { html, type Markup } from "./review_page/markup.ts";

/** Articles, what they are derived from, and how they are linked; in order of their ids. */
export type Graph = { articles: string[]; sources: string[]; edges: Edge[] };
type Edge = { source: string; target: string; relation: "source" | "related" };

export function graphOf({ articles }: Knowledge): Graph {
  const ordered = [...articles].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    articles: ordered.map(({ id }) => id),
    sources: [...new Set(ordered.flatMap(({ sources }) => sources))].sort(),
    edges: ordered.flatMap(({ id, sources, related }) => [
      ...sources.map((target): Edge => ({ source: id, target, relation: "source" })),
      ...related.map((target): Edge => ({ source: id, target, relation: "related" })),
    ]),
  };
}

/** For Mermaid. Names of files are strangers': they stand in quotes, without what would end them. */
export function mermaidOf({ articles, sources, edges }: Graph): string {
  const article = new Map(articles.map((id, at) => [id, `a${at}`]));
  const source = new Map(sources.map((text, at) => [text, `s${at}`]));
  const label = (text: string) => `"${plain(text).replace(/[#"&<>;]/g, (sign) => `#${sign.charCodeAt(0)};`)}"`;
  return [
    "graph LR",
    ...articles.map((id) => `  ${article.get(id)}(${label(id)})`),
    ...sources.map((text) => `  ${source.get(text)}[/${label(text)}/]`),
    ...edges.map((edge) => {
      const from = article.get(edge.source);
      return edge.relation === "source"
        ? `  ${from} -.-> ${source.get(edge.target)}`
        : `  ${from} --> ${article.get(edge.target)}`;
    }),
  ].join("\n");
}

const ROW = 34;
const BOX = { width: 240, height: 24 } as const;
const LEFT = 90;
const RIGHT = LEFT + BOX.width + 160;
const LETTERS = 36;

const STYLE = [
  "rect{fill:#f5f7fa;stroke:#5b6675}",
  ".paper{fill:#fff;stroke:none}",
  "text{font:12px sans-serif;fill:#1c2430}",
  "path{fill:none;stroke:#3d74c4}",
  ".source{stroke:#b9c2ce;stroke-dasharray:4}",
  "#tip path{fill:#3d74c4;stroke:none}",
].join("");

/** A picture: articles with their links in bows to the left, and their sources to the right. */
export function svgOf({ articles, sources, edges }: Graph): string {
  const y = (at: number) => 10 + at * ROW;
  const middle = (names: readonly string[], name: string) => y(names.indexOf(name)) + BOX.height / 2;
  const width = RIGHT + BOX.width + 10;
  const height = y(Math.max(1, articles.length, sources.length));
  const lines = edges.map(({ source, target, relation }): Markup => {
    const from = middle(articles, source);
    if (relation === "source") {
      const to = middle(sources, target);
      return html`<path class="source" d="M${LEFT + BOX.width} ${from}C${RIGHT - 60} ${from} ${LEFT + BOX.width + 60} ${to} ${RIGHT} ${to}"><title>${source} is derived from ${target}</title></path>\n`;
    }
    const to = middle(articles, target);
    const out = LEFT - Math.min(80, 20 + Math.abs(to - from) / 4);
    return html`<path marker-end="url(#tip)" d="M${LEFT} ${from}C${out} ${from} ${out} ${to} ${LEFT} ${to}"><title>${source} is related to ${target}</title></path>\n`;
  });
  const box = (name: string, { x, at }: { x: number; at: number }): Markup =>
    html`<g><title>${name}</title><rect x="${x}" y="${y(at)}" width="${BOX.width}" height="${BOX.height}" rx="5"/><text x="${x + 8}" y="${y(at) + 16}">${fit(plain(name), LETTERS)}</text></g>\n`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Articles, their links and their sources">
<style>${{ markup: STYLE }}</style>
<rect class="paper" width="${width}" height="${height}"/>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${lines}${articles.map((name, at) => box(name, { x: LEFT, at }))}${sources.map((name, at) => box(name, { x: RIGHT, at }))}</svg>
`.markup;
}
