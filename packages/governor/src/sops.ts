import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./error.ts";
import { parseSop, type Sop } from "./sop_file.ts";
import { decode } from "./toml.ts";

export type { Sop } from "./sop_file.ts";

/** All SOPs of a project, by file name, and the charter. */
export type SopSet = {
  sops: readonly Sop[];
  hash: string; // sha-256 (hex) over every file's name and bytes; "" without SOPs
  charter: string | null; // the text of `.dgov/governor.md`
  charter_hash: string; // "" without a charter
};

/** Reads `.dgov/sops/*.md` and the charter. Bad files are told together; a plan does not compile with any. */
export function readSops(root: string): { sops: SopSet; places: Place[] } {
  const folder = join(root, ".dgov/sops");
  const entries = isFolder(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const found = entries.filter(({ name }) => /^[^.].*\.md$/.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const digest = createHash("sha256");
  const places: Place[] = [];
  const sops: Sop[] = [];
  for (const entry of found) {
    const { name } = entry;
    if (!entry.isFile()) {
      places.push(linkPlace(`.dgov/sops/${name}`));
      continue;
    }
    const bytes = readFileSync(join(folder, name));
    digest.update(`${name}\0${bytes.length}\0`).update(bytes);
    const read = parseSop(`.dgov/sops/${name}`, decode(bytes));
    places.push(...read.places);
    if (read.sop) sops.push(read.sop);
  }
  places.push(...duplicates(sops));
  const charter = readText(join(root, ".dgov/governor.md"));
  const charter_hash = charter === null ? "" : createHash("sha256").update(charter).digest("hex");
  return { sops: { sops, hash: found.length === 0 ? "" : digest.digest("hex"), charter, charter_hash }, places };
}

/** What a task gives the automatic choice to look at. Prompts are not looked at: they are too long to mean one thing. */
export type SopSubject = { summary: string; role: string; paths: readonly string[] };

/** The SOPs whose `applies_to` meets a word of the summary or a tag of the claimed paths. In file order; no model is asked. */
export function pickSops(sops: readonly Sop[], { summary, role, paths }: SopSubject): Sop[] {
  const words = summary.split(/\s+/).map((word) => word.replace(/^[.,;:()"'`]+|[.,;:()"'`]+$/g, ""));
  const roles = role === "worker" ? [] : ["review", "reviewer"];
  const wanted = new Set([...words, ...paths.flatMap(tagsOf), ...roles].map(singular));
  return sops.filter(({ applies_to }) => applies_to.some((tag) => wanted.has(singular(tag))));
}

/** The SOPs as they stand before a prompt; "" for none. */
export function renderSops(sops: readonly Sop[]): string {
  return sops
    .map(({ title, summary, applies_to, priority, sections }) => {
      const head = [`[SOP: ${title}]`, `Summary: ${summary}`, `Applies To: ${applies_to.join(", ")}`];
      const bodies = sections.map(
        ({ heading, bullets }) => `${heading}:\n${bullets.map((text) => `- ${text}`).join("\n")}`,
      );
      return [...head, `Priority: ${priority.toUpperCase()}`, ...bodies].join("\n");
    })
    .join("\n\n");
}

/** Endings to tags. */
const TAGS: Readonly<Record<string, readonly string[]>> = {
  py: ["python"],
  pyi: ["python"],
  swift: ["swift"],
  js: ["javascript", "typescript"],
  jsx: ["javascript", "typescript"],
  mjs: ["javascript", "typescript"],
  ts: ["javascript", "typescript"],
  tsx: ["javascript", "typescript"],
  mts: ["javascript", "typescript"],
  rs: ["rust"],
  go: ["go"],
  rb: ["ruby"],
  java: ["java"],
  kt: ["kotlin"],
  c: ["c"],
  h: ["c"],
  cc: ["cpp"],
  cpp: ["cpp"],
  cs: ["csharp"],
  sh: ["shell"],
};

export const CODE = new RegExp(`\\.(${Object.keys(TAGS).join("|")})$`);

function tagsOf(path: string): string[] {
  const ending = CODE.exec(path)?.[1];
  return [...(ending === undefined ? [] : TAGS[ending]!), ...(isTestPath(path) ? ["test", "tests"] : [])];
}

/** Whether a path looks like a test: by a folder's name or by the file's own. */
export function isTestPath(path: string): boolean {
  const parts = path.toLowerCase().replace(/\/$/, "").split("/");
  const name = parts.at(-1) ?? "";
  if (parts.includes("test") || parts.includes("tests")) return true;
  return name.startsWith("test_") || /_test\.(py|go|rs)$|tests?\.swift$|\.(test|spec)\.[cm]?[jt]sx?$/.test(name);
}

/** Lower case, and without the `s` of a plural: `Tests` and `test` are one tag, `class` stays. */
function singular(word: string): string {
  const lower = word.toLowerCase();
  return lower.length > 3 && /[^s]s$/.test(lower) ? lower.slice(0, -1) : lower;
}

/** What an SOP says goes to a provider, and a link could lead anywhere. */
function linkPlace(file: string): Place {
  const message = `Cannot read the SOP "${file}": it is a link or a folder, not a file`;
  return { severity: "error", code: "sop_invalid", message, file, line: 1, column: 1, unit: null };
}

function duplicates(sops: readonly Sop[]): Place[] {
  return sops.flatMap(({ name, file }, at) => {
    const first = sops.slice(0, at).find((other) => other.name === name);
    if (!first) return [];
    const message = `Cannot read the SOP "${file}": its name "${name}" is that of "${first.file}"`;
    return [{ severity: "error", code: "sop_invalid", message, file, line: 1, column: 1, unit: null }];
  });
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
const readText = (path: string): string | null =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : null;
