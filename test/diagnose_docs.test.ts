import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BY_CAUSE, PATTERNS } from "../packages/governor/src/view/failure_shapes.ts";

test("docs/diagnose.md has every shape of failure, with its class", () => {
  const rows = readFileSync(join(import.meta.dir, "../docs/diagnose.md"), "utf8").split("\n");
  const causes = Object.entries(BY_CAUSE).map(
    ([cause, { name, intent_class }]) => `| \`${cause}\` | \`${name}\` | ${intent_class} |`,
  );
  const patterns = Object.entries(PATTERNS).map(([name, { intent_class }]) => `| \`${name}\` | ${intent_class} | `);
  expect(rows.filter((row) => row.startsWith("| `")).length).toBe(causes.length + patterns.length);
  for (const cause of causes) expect(rows).toContain(cause);
  for (const pattern of patterns) expect(rows.filter((row) => row.startsWith(pattern))).toHaveLength(1);
});
