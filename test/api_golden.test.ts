import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiDiff, diffApis, KINDS, type Spotted } from "../packages/semantic/src/api/index.ts";

const FOLDER = join(import.meta.dir, "fixtures/api");
const CASES = readdirSync(FOLDER).sort();

function textsOf(name: string, side: string) {
  const file = existsSync(join(FOLDER, name, `${side}.json`)) ? `${side}.json` : `${side}.yaml`;
  return { root: "api", files: { api: readFileSync(join(FOLDER, name, file), "utf8") } };
}

function diffOf(name: string): ApiDiff {
  const diff = diffApis(textsOf(name, "base"), textsOf(name, "head"), {});
  if ("unreadable" in diff) throw new Error(`${name}: ${diff.side} ${diff.unreadable}`);
  return diff;
}

/** As a person would read it: what is needed, then a line for each change, those of one level in the order of their words. */
function told({ changes, base, head, need, next, enough }: ApiDiff): string {
  const at = (place: Spotted | null) => place?.line ?? "-";
  const lines = changes.map(
    ({ level, kind, flow, where, says, operations, ...ends }) =>
      `${level} ${kind} (${flow}) ${at(ends.base)}:${at(ends.head)} ${where}: ${says} [${operations.join(", ")}]`,
  );
  return `${[`${base} -> ${head} needs ${need}: ${next}, ${enough ? "enough" : "not enough"}`, ...lines.sort()].join("\n")}\n`;
}

test.each(CASES)("D20 golden diff: %s", (name) => {
  const file = join(FOLDER, name, "expected.txt");
  const text = told(diffOf(name));
  if (process.env.UPDATE) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
});

test("D20 there is a golden diff for each kind of change in the table", () => {
  const found = new Set<string>(CASES.flatMap((name) => diffOf(name).changes.map(({ kind }) => kind)));
  expect(KINDS.filter((kind) => !found.has(kind))).toEqual([]);
  expect(CASES.length).toBeGreaterThan(100);
});
