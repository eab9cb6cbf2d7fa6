import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { DgovError } from "./error.ts";
import { type Article, type Issue, readArticle } from "./kb/article.ts";
import { lookAt } from "./kb/source.ts";
import { nearest } from "./nearest.ts";
import { findRoot } from "./root.ts";

export type { Article, Issue };

/** Where the articles are, as in dgov 0.8. */
const FOLDER = "docs/knowledge";
const KINDS = ["architecture", "concept", "index", "operation"];
const STATUSES = ["draft", "living", "stable"];
const BYTES_MAX = 1024 ** 2;

/** A source that is not what it was when its article was written. `now`: what to write behind `@sha256:`. */
export type Stale = { id: string; path: string; line: number; source: string; now: string };

/** All articles by path. With an issue nothing but the issues can be relied on. */
export type Knowledge = {
  root: string;
  articles: readonly Article[];
  issues: readonly Issue[];
  stale: readonly Stale[];
};

/** Reads and checks the knowledge base of the repository around a folder. Writes nothing. */
export function readKnowledge(cwd: string, at = "."): Knowledge {
  const root = findRoot(resolve(cwd, at));
  if (!existsSync(join(root, FOLDER))) {
    const message = "the folder of the knowledge base is missing";
    return { root, articles: [], issues: [{ path: FOLDER, line: 1, code: "missing_folder", message }], stale: [] };
  }
  const read = articlePaths(root).map((path) => readAt(root, path));
  const articles = read.flatMap(({ article }) => article ?? []);
  const ids = Map.groupBy(articles, ({ id }) => id);
  const twice = articles.flatMap(({ id, path, lines }): Issue[] => {
    const first = ids.get(id)?.[0]?.path ?? path;
    if (first === path) return [];
    return [{ path, line: lines.id, code: "duplicate_id", message: `the id "${id}" is that of ${first} already` }];
  });
  const looked = articles.map((article) => checkArticle(root, article, new Set(ids.keys())));
  const issues = [...read.flatMap((one) => one.issues), ...twice, ...looked.flatMap((one) => one.issues)];
  return { root, articles, issues, stale: looked.flatMap((one) => one.stale) };
}

/** By path. What is linked to is not followed: it may lie anywhere. */
const articlePaths = (root: string): string[] =>
  readdirSync(join(root, FOLDER), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md") && entry.name !== "README.md")
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

function readAt(root: string, path: string): ReturnType<typeof readArticle> {
  const fault = (message: string) => ({ article: null, issues: [{ path, line: 1, code: "format" as const, message }] });
  if (statSync(join(root, path)).size > BYTES_MAX) return fault("it is larger than 1 MiB");
  const bytes = readFileSync(join(root, path));
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? readArticle(path, text) : fault("it is not UTF-8 text");
}

function checkArticle(root: string, article: Article, ids: ReadonlySet<string>): { issues: Issue[]; stale: Stale[] } {
  const { id, path, kind, status, lines, sources, related } = article;
  const issues: Issue[] = [];
  const stale: Stale[] = [];
  const fault = (line: number, code: Issue["code"], message: string) => void issues.push({ path, line, code, message });
  if (!/^[a-z0-9][a-z0-9-]*$/.test(id)) fault(lines.id, "bad_id", `the id "${id}" must be of a-z, 0-9 and "-"`);
  if (!KINDS.includes(kind)) fault(lines.kind, "bad_kind", `the kind "${kind}" must be one of ${KINDS.join(", ")}`);
  if (!STATUSES.includes(status))
    fault(lines.status, "bad_status", `the status "${status}" must be one of ${STATUSES.join(", ")}`);
  if (sources.length === 0) fault(lines.sources, "missing_source", "it has no source");
  for (const source of twiceIn(sources))
    fault(lines.sources, "duplicate_entry", `the source "${source}" is given twice`);
  for (const other of twiceIn(related)) fault(lines.related, "duplicate_entry", `"${other}" is related twice`);
  for (const source of new Set(sources)) {
    const looked = lookAt(root, source, FOLDER);
    if (looked.fault) fault(lines.sources, looked.fault.code, looked.fault.message);
    if (looked.stale && looked.now !== null) stale.push({ id, path, line: lines.sources, source, now: looked.now });
  }
  for (const other of new Set(related)) {
    if (other === id) fault(lines.related, "bad_link", "it is related to itself");
    else if (!ids.has(other)) fault(lines.related, "bad_link", `there is no article "${other}"${meant(other, ids)}`);
  }
  const bodyFault = bodyFaultOf(article);
  if (bodyFault !== null) fault(article.first, "bad_body", bodyFault);
  return { issues, stale };
}

const meant = (text: string, ids: Iterable<string>): string => {
  const near = nearest(text, ids);
  return near === null ? "" : `; did you mean "${near}"?`;
};

const twiceIn = (all: readonly string[]): Set<string> => new Set(all.filter((one, at) => all.indexOf(one) !== at));

function bodyFaultOf({ body, title }: Article): string | null {
  if (body === "") return "it says nothing";
  const [first = ""] = body.split("\n");
  const heading = /^\s*# (.*)$/.exec(first)?.[1]?.trim();
  return heading === title ? null : `it must begin with "# ${title}"`;
}

/** @throws DgovError `kb_unknown` */
export function articleOf({ articles }: Knowledge, id: string): Article {
  const found = articles.find((article) => article.id === id);
  if (found) return found;
  const near = meant(
    id,
    articles.map((article) => article.id),
  );
  throw new DgovError("kb_unknown", `Cannot find the article "${id}": there is none by this id${near}`);
}

const nextOf = ({ articles }: Knowledge): Map<string, readonly string[]> =>
  new Map(articles.map(({ id, related }) => [id, [...related].sort()]));

/** Articles within so many links of one, the nearest first, by id within a distance. @throws DgovError `kb_unknown` */
export function relatedTo(knowledge: Knowledge, id: string, depth: number): Article[] {
  articleOf(knowledge, id);
  const next = nextOf(knowledge);
  const seen = new Set([id]);
  let edge = [id];
  for (let far = 0; far < depth && edge.length > 0; far++) {
    edge = [...new Set(edge.flatMap((one) => next.get(one) ?? []))].filter((one) => !seen.has(one)).sort();
    for (const one of edge) seen.add(one);
  }
  return [...seen].slice(1).map((one) => articleOf(knowledge, one));
}

/** The shortest way along links, both ends in it; of several the first by id; null: there is none. @throws DgovError `kb_unknown` */
export function pathBetween(knowledge: Knowledge, from: string, to: string): string[] | null {
  for (const id of [from, to]) articleOf(knowledge, id);
  const next = nextOf(knowledge);
  const before = new Map<string, string | null>([[from, null]]);
  for (const one of before.keys())
    for (const other of next.get(one) ?? []) if (!before.has(other)) before.set(other, one);
  if (!before.has(to)) return null;
  const way: string[] = [];
  for (let at: string | null = to; at !== null; at = before.get(at) ?? null) way.unshift(at);
  return way;
}
