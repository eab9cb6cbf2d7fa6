import { unlike } from "./calling.ts";
import { type Document, readDocument, TEXT_MAX_CHARS } from "./document.ts";
import type { Comparing, Found } from "./finding.ts";
import { type Both, comparePaths, compareWebhooks } from "./operations.ts";
import { type Flow, type Kind, type Level, levelOf, type Overrides } from "./rules.ts";
import { isSame } from "./same.ts";
import { openSchemas } from "./schemas.ts";
import { idOf, lineOf, rootOf, type Side, type Spot, tableAt, under } from "./spot.ts";
import { canonical, isTable } from "./value.ts";
import { compareVersions, isEnough, type Need, needOf, nextVersion, versionOf } from "./version.ts";
import { type Steps, TooLarge } from "./view.ts";

/** Files of one side by their path from the repository's root; `root`: the one that the others belong to. */
export type ApiTexts = { root: string; files: Readonly<Record<string, string>> };

/** `line` counts from 1; null: nobody can say. */
export type Spotted = { file: string; pointer: string; line: number | null };

/** `operations`: who is concerned, as `GET /things`, at most 50 of them; none: all of the interface. */
export type ApiChange = {
  kind: Kind;
  level: Level;
  flow: Flow;
  where: string;
  says: string;
  base: Spotted | null;
  head: Spotted | null;
  operations: readonly string[];
};

/**
 * What became of an interface.
 *
 * `base`, `head`  the versions that the documents say, as they are written
 * `need`          how far the version must go       `next`    the least that goes so far; null: the base's is none
 * `enough`        whether the head's version goes so far; null: one of the two is none, so that nobody can say
 * `lowered`       whether it is less than the base's
 */
export type ApiDiff = {
  changes: readonly ApiChange[];
  base: string;
  head: string;
  need: Need;
  next: string | null;
  enough: boolean | null;
  lowered: boolean;
};

/** `side`: which of the two cannot be compared. `why` is a clause. */
export type NoDiff = { side: "base" | "head" | "both"; file: string; line: number | null; unreadable: string };

/** What is looked at in all: some seconds. */
const STEPS_MAX = 1_000_000;

/** Compares two states of an interface. Nothing is fetched, and only what is given is read. */
export function diffApis(base: ApiTexts, head: ApiTexts, overrides: Overrides): ApiDiff | NoDiff {
  const [from, to] = [readSide(base, false), readSide(head, true)];
  if ("unreadable" in from) return { side: "base", ...from };
  if ("unreadable" in to) return { side: "head", ...to };
  try {
    return diffOf({ base: rootOf(from), head: rootOf(to) }, overrides);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    return { side: "both", file: head.root, line: null, unreadable: error.message };
  }
}

function readSide({ root, files }: ApiTexts, isHead: boolean): Side | Omit<NoDiff, "side"> {
  const chars = Object.values(files).reduce((sum, text) => sum + text.length, 0);
  if (chars > TEXT_MAX_CHARS)
    return { file: root, line: null, unreadable: `it has more than ${TEXT_MAX_CHARS} characters` };
  const read = new Map<string, Document>();
  for (const [file, text] of Object.entries(files)) {
    const document = readDocument(text);
    if ("unreadable" in document) return { file, ...document };
    read.set(file, document);
  }
  const value = read.get(root)?.value;
  if (!isTable(value)) return { file: root, line: null, unreadable: "it is no table" };
  const { openapi, swagger } = value;
  const said = typeof openapi === "string" ? openapi : null;
  const version = /^3\.([01])(\.|$)/.exec(said ?? "")?.[1];
  if (version === undefined) {
    const is = said !== null ? `OpenAPI ${said}` : swagger !== undefined ? "Swagger" : "no OpenAPI document";
    return { file: root, line: null, unreadable: `it is ${is}, and OpenAPI 3.0 and 3.1 are known` };
  }
  return { root, files: read, nullable: version === "0", isHead };
}

function diffOf(both: Both, overrides: Overrides): ApiDiff {
  const { base, head } = both;
  const steps: Steps = { left: STEPS_MAX };
  const found: Found[] = [];
  const schemas = openSchemas(found, steps);
  const comparing: Comparing = { found, steps, schemas };
  comparePaths(comparing, both);
  compareWebhooks(comparing, both);
  schemas.run();
  compareRoots(comparing, both);
  const [was, is] = [versionIn(base), versionIn(head)];
  const changes = changesOf(found, overrides, schemas.uses);
  const all = changes.length > 0 || textOf(base.side) === textOf(head.side) ? changes : [onlyWords(both, overrides)];
  const need = needOf(all.map(({ level }) => level));
  const [from, to] = [versionOf(was), versionOf(is)];
  return {
    changes: all,
    ...{ base: was, head: is, need },
    next: from && nextVersion(from, need),
    enough: from && to && isEnough(from, to, need),
    lowered: from !== null && to !== null && compareVersions(to, from) < 0,
  };
}

const ROOT = "openapi info paths webhooks components servers security tags externalDocs".split(" ");

function compareRoots({ found, steps }: Comparing, { base, head }: Both): void {
  const same = (one: Spot, other: Spot) => isSame(one, other, steps);
  for (const key of unlike(base, head, ROOT, same)) {
    const kind = key === "jsonSchemaDialect" ? "dialect_changed" : "field_changed";
    found.push({ kind, flow: "request", where: "", says: `"${key}" says something else`, base, head, pair: null });
  }
}

function versionIn(root: Spot): string {
  const info = under(root, "info");
  const version = info && tableAt(info).version;
  return version === undefined || version === null ? "" : String(version);
}

function onlyWords({ base, head }: Both, overrides: Overrides): ApiChange {
  const kind = "documentation_changed";
  const says = "only words, examples, extensions or what no operation uses";
  const ends = { base: spotted(base), head: spotted(head) };
  return {
    kind,
    flow: "request",
    level: levelOf(kind, "request", overrides),
    where: "",
    says,
    ...ends,
    operations: [],
  };
}

/** All that a side says, but for its version. */
function textOf({ files, root }: Side): string {
  const texts = [...files].map(([path, { value }]) => {
    if (path !== root || !isTable(value) || !isTable(value.info)) return `${path}\n${canonical(value)}`;
    return `${canonical({ ...value, info: { ...value.info, version: "" } })}`;
  });
  return texts.sort().join("\n");
}

const spotted = (spot: Spot): Spotted => ({ file: spot.file, pointer: spot.pointer, line: lineOf(spot) });

const RANK: readonly Level[] = ["breaking", "unknown", "compatible", "documentation"];

/** One change is told once, with all who are concerned; the worst first. */
function changesOf(found: readonly Found[], overrides: Overrides, uses: (pair: string) => string[]): ApiChange[] {
  const known = new Map<string, ApiChange & { operations: string[] }>();
  for (const { kind, flow, where, says, base, head, pair } of found) {
    const key = [kind, flow, says, base && idOf(base), head && idOf(head)].join("\n");
    const operations = pair === null ? [where.split(" > ")[0] ?? ""].filter((one) => one.includes(" ")) : uses(pair);
    const before = known.get(key);
    if (before) before.operations = [...new Set([...before.operations, ...operations])].sort();
    else {
      const ends = { base: base && spotted(base), head: head && spotted(head) };
      known.set(key, { kind, flow, level: levelOf(kind, flow, overrides), where, says, ...ends, operations });
    }
  }
  const rank = ({ level }: ApiChange) => RANK.indexOf(level);
  return [...known.values()].sort((one, other) => rank(one) - rank(other));
}
