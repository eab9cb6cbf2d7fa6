import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWritable } from "./log.ts";
import { auditTools } from "./tools_audit.ts";
import { dispatched, ONE, RUN, started, toolCalled } from "./view/testing/sample_run.ts";

const open: string[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test("what a role is offered, and what of it no run has called", async () => {
  const root = mkdtempSync(join(tmpdir(), "dgov-test-"));
  open.push(root);
  mkdirSync(join(root, ".dgov"));
  const own = (name: string, write: boolean) =>
    `[tools.${name}]\ncomponent = ".dgov/${name}.wasm"\ndescription = "It is ours"\nwrite = ${write}\n`;
  writeFileSync(join(root, ".dgov/project.toml"), own("rewrite", true) + own("look", false));
  const none = { plan: null, role: null, limit: null };
  const before = await auditTools({ cwd: root }, none);
  expect(before.offered.worker).toContain("write_file");
  expect(before.offered.reviewer).not.toContain("write_file");
  expect(before.offered.worker?.slice(-2)).toEqual(["rewrite", "look"]);
  expect(before.offered.reviewer?.slice(-1)).toEqual(["look"]);
  expect(before.never_called).toEqual([...new Set(Object.values(before.offered).flat())].sort());

  const log = openWritable(root, { readonly: false });
  const calls = ["write_file", "grep"].map((tool, at) => toolCalled(ONE, { n: at + 1, tool }));
  log.appendAll(RUN, 0, 1, [started(), dispatched(ONE), ...calls]);
  log.close();
  const after = await auditTools({ cwd: root }, { ...none, limit: 1 });
  expect(after).toMatchObject({ total_calls: 2, tools: [{ tool: "grep" }] });
  expect(before.never_called.filter((name) => !after.never_called.includes(name))).toEqual(["grep", "write_file"]);
  expect(Object.keys((await auditTools({ cwd: root }, { ...none, role: "reviewer" })).offered)).toEqual(["reviewer"]);
});
