import { z } from "zod";

/** What a report says of one file. `written`: its path, as the report has it or may mean it, the likeliest first. */
export type FileCoverage = { written: readonly string[]; percent: number };

/** A report's text, and what it is as JSON; undefined: it is none. */
type Report = { text: string; json: unknown };

/**
 * A kind of report. `file`: what it is called in a folder that a tool made for its reports. `read`: null: this is none.
 *
 * What is counted is the tool's own: statements or lines, with branches where coverage.py was told to count them. Numbers
 * of two kinds of reports are not comparable.
 */
export type Format = { name: string; file: string; read: (report: Report) => FileCoverage[] | null };

// biome-ignore format: a table reads by its columns
export const FORMATS: readonly Format[] = [
  { name: "coverage.py JSON", file: "coverage.json",         read: coveragePy },
  { name: "Cobertura XML",    file: "coverage.xml",          read: cobertura },
  { name: "Cobertura XML",    file: "cobertura-coverage.xml", read: cobertura },
  { name: "istanbul JSON",    file: "coverage-final.json",   read: istanbul },
  { name: "istanbul summary", file: "coverage-summary.json", read: istanbulSummary },
  { name: "lcov",             file: "lcov.info",             read: lcov },
  { name: "Go cover profile", file: "cover.out",             read: goProfile },
];

const percent = z.number().min(0).max(100);
const count = z.number().min(0);

const CoveragePy = z.object({
  files: z.record(z.string(), z.object({ summary: z.object({ percent_covered: percent }) })),
});

/** `coverage json`, `pytest --cov-report=json`. A baseline has the same shape. */
function coveragePy({ json }: Report): FileCoverage[] | null {
  const report = CoveragePy.safeParse(json).data;
  return report ? Object.entries(report.files).map(([path, { summary }]) => one(path, summary.percent_covered)) : null;
}

const Istanbul = z.record(z.string(), z.object({ path: z.string(), s: z.record(z.string(), count) }));

/** `coverage-final.json` of nyc, c8, jest and vitest: how often each statement was run. */
function istanbul({ json }: Report): FileCoverage[] | null {
  const report = Istanbul.safeParse(json).data;
  return report ? Object.values(report).map(({ path, s }) => one(path, share(Object.values(s)))) : null;
}

const IstanbulSummary = z.record(
  z.string(),
  z.object({ statements: z.object({ total: count, covered: count, pct: z.unknown() }) }),
);

/** `coverage-summary.json` of the same tools. Its percentages are cut to two digits, so they are worked out anew. */
function istanbulSummary({ json }: Report): FileCoverage[] | null {
  const report = IstanbulSummary.safeParse(json).data;
  if (!report) return null;
  return Object.entries(report).flatMap(
    ([
      path,
      {
        statements: { total, covered },
      },
    ]) => (path === "total" ? [] : [one(path, total === 0 ? 100 : Math.min(100, (100 * covered) / total))]),
  );
}

/** lcov's tracefile: by the lines it lists, and by its sums where it lists none. */
function lcov({ text }: Report): FileCoverage[] | null {
  if (!/^SF:/m.test(text)) return null;
  const files = new Map<string, { lines: Map<string, number>; found: number; hit: number }>();
  let open = { lines: new Map<string, number>(), found: 0, hit: 0 };
  for (const line of text.split(/\r?\n/)) {
    const cut = line.indexOf(":");
    const [word, value] = [line.slice(0, cut), line.slice(cut + 1)];
    if (word === "SF") {
      open = files.get(value) ?? { lines: new Map<string, number>(), found: 0, hit: 0 };
      files.set(value, open);
    } else if (word === "DA") {
      const [at = "", hits = ""] = value.split(",");
      keepMost(open.lines, at, hits);
    } else if (word === "LF") open.found = Number(value) || 0;
    else if (word === "LH") open.hit = Number(value) || 0;
  }
  return [...files].map(([path, { lines, found, hit }]) => {
    const sums = found <= 0 ? 100 : Math.min(100, (100 * hit) / found);
    return one(path, lines.size === 0 ? sums : share([...lines.values()]));
  });
}

/**
 * Cobertura's XML, as coverage.py and many others write it: by the lines of its classes, of which one file may have several.
 * Those of methods are there once more, or are the places where one begins.
 */
function cobertura({ text }: Report): FileCoverage[] | null {
  if (!/<coverage[\s>]/.test(text.slice(0, HEAD_CHARS)) || !/<\/coverage>\s*$/.test(text)) return null;
  const sources: string[] = [];
  const files = new Map<string, Map<string, number>>();
  let open = new Map<string, number>();
  let in_methods = false;
  for (const [tag, source] of text.matchAll(/<source>([^<]*)<\/source>|<\/?methods>|<(?:class|line)\s[^<>]*>/g)) {
    if (tag.endsWith("methods>")) in_methods = !tag.startsWith("</");
    else if (source !== undefined) sources.push(unescaped(source).replace(/\/+$/, ""));
    else if (tag.startsWith("<line")) {
      if (!in_methods) keepMost(open, attribute(tag, "number"), attribute(tag, "hits"));
    } else {
      const path = attribute(tag, "filename");
      open = files.get(path) ?? new Map<string, number>();
      files.set(path, open);
    }
  }
  return [...files].map(([path, lines]) => {
    const below = path.startsWith("/") ? [] : sources.filter((at) => at !== "").map((at) => `${at}/${path}`);
    return { written: [...below, path], percent: share([...lines.values()]) };
  });
}

/** Before it there are at most a declaration, a type and a comment. */
const HEAD_CHARS = 4_000;

/** `go test -coverprofile`: blocks with their number of statements; a block that several packages ran is there as often. */
function goProfile({ text }: Report): FileCoverage[] | null {
  const [mode = "", ...rows] = text.split(/\r?\n/);
  if (!/^mode: (?:set|count|atomic)$/.test(mode)) return null;
  const files = new Map<string, Map<string, { statements: number; hits: number }>>();
  for (const row of rows) {
    const [, path, block, statements, hits] = /^(.+):(\d+\.\d+,\d+\.\d+) (\d+) (\d+)$/.exec(row) ?? [];
    if (path === undefined || block === undefined) continue;
    const blocks = files.get(path) ?? new Map<string, { statements: number; hits: number }>();
    files.set(path, blocks);
    const before = blocks.get(block)?.hits ?? 0;
    blocks.set(block, { statements: Number(statements), hits: Math.max(before, Number(hits)) });
  }
  return [...files].map(([path, blocks]) => {
    const all = [...blocks.values()];
    const sum = (some: typeof all) => some.reduce((total, { statements }) => total + statements, 0);
    return one(path, sum(all) === 0 ? 100 : (100 * sum(all.filter(({ hits }) => hits > 0))) / sum(all));
  });
}

const one = (path: string, covered: number): FileCoverage => ({ written: [path], percent: covered });

/** Of what could be run, how much was, in percent. Where there is nothing to run, nothing is missing. */
const share = (hits: readonly number[]): number =>
  hits.length === 0 ? 100 : (100 * hits.filter((times) => times > 0).length) / hits.length;

/** Of a line that is listed twice the higher count holds. What is no number has not been run. */
function keepMost(lines: Map<string, number>, at: string, hits: string): void {
  lines.set(at, Math.max(lines.get(at) ?? 0, Number(hits) || 0));
}

const attribute = (tag: string, name: string): string =>
  unescaped(new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`).exec(tag)?.slice(1).find(Boolean) ?? "");

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const unescaped = (text: string): string => text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ENTITIES[name] ?? "");
