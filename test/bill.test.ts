import { expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import workspace from "../package.json";
import { billOf } from "../scripts/bill.ts";

setDefaultTimeout(120_000);

const Bill = z.object({
  components: z.array(z.object({ name: z.string(), version: z.string(), licenses: z.array(z.unknown()).min(1) })),
  dependencies: z.tuple([z.object({ ref: z.string(), dependsOn: z.array(z.string()) })]),
});

test("the bill of an executable has what is in it, in the version that is locked, and nothing that is only tested with", () => {
  const made = billOf("1.2.3");
  const { components, dependencies } = Bill.parse(made);
  const versions = new Map(components.map(({ name, version }) => [name, version]));
  expect(versions.size).toBe(components.length);
  for (const [name, version] of Object.entries(workspace.workspaces.catalog))
    expect([name, versions.get(name)]).toEqual([name, version]);
  expect(versions.get("tree-sitter-go")).toBe(workspace.devDependencies["tree-sitter-go"]);
  expect(versions.get("bun")).toBe(Bun.version);
  for (const name of ["typescript", "@biomejs/biome", "fast-check", "playwright-core", "ajv", "assemblyscript"])
    expect([name, versions.has(name)]).toEqual([name, false]);
  expect(dependencies[0].ref).toBe("pkg:npm/dgov@1.2.3");
  expect(dependencies[0].dependsOn).toContain(`pkg:npm/%40iarna/toml@${versions.get("@iarna/toml")}`);
  expect(billOf("1.2.3")).toEqual(made);
});
