import { expect, setDefaultTimeout, test } from "bun:test";
import { rulesOf, treeOf } from "../testing/texts.ts";
import { openScene } from "./scene.ts";
import type { Merge } from "./trees.ts";

setDefaultTimeout(60_000); // a grammar is compiled when it is first used

test.each<[conflicts: string[], is: string]>([
  [["lib.ts"], "unknown"],
  [[], "missing"],
])("with %j in conflict, a name that its text has not is %s", async (conflicts, is) => {
  const view = await treeOf({ "lib.ts": "export const a = 1;", "app.ts": 'import { b } from "./lib";' });
  const change = [{ from: "lib.ts", to: "lib.ts" }];
  const merge: Merge = {
    changes: { left: change, right: change },
    conflicts: conflicts.map((path) => ({ path, reason: "", symbols: [] })),
    by_symbols: new Map(),
    called: { left: "left", right: "right" },
  };
  const scene = openScene({ base: view, left: view, right: view, merged: view }, merge, await rulesOf());
  expect(scene.link.merged.lookup("app.ts", "b", "run").is as string).toBe(is);
  expect(scene.link.left.lookup("app.ts", "b", "run").is).toBe("missing");
});
