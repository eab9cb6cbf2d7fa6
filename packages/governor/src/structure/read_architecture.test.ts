import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createGit } from "../git/git.ts";
import { type Repository, repository } from "../git/testing/repository.ts";
import { treeOf } from "../git/tree_object.ts";
import { openSymbols } from "../semantic/symbols.ts";
import { architectureAt } from "./read_architecture.ts";

setDefaultTimeout(120_000); // it starts processes, and the machine may be busy

const open: Repository[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.remove();
});

const SELF = [
  process.execPath,
  "--config=/dev/null",
  "--no-env-file",
  join(import.meta.dir, "../../../cli/src/main.ts"),
];

/** What is known of a tree; `fresh`: with nothing to begin from. */
async function edgesAt(root: string, commit: string, fresh: boolean): Promise<string[]> {
  const git = createGit(root);
  if (fresh)
    for (const name of readdirSync(await git.commonDir()))
      if (name.startsWith("dgov-symbols")) rmSync(join(await git.commonDir(), name));
  const symbols = openSymbols({ git, self: SELF, now_ms: () => 0 });
  try {
    const found = await architectureAt({ git, symbols, now_ms: () => 0 }, await treeOf(git, commit));
    return [...found]
      .map(([path, { imports, past, functions }]) => `${path} ${functions}/${past.length} > ${imports}`)
      .sort();
  } finally {
    symbols.close();
  }
}

test("what is worked out from a tree nearby is what is worked out anew", async () => {
  const py = {
    "a.py": "import b\nfrom p import q\n",
    "b.py": "import c\n",
    "p/__init__.py": "",
    "p/q.py": "import b\n",
  };
  const ts = {
    "src/x.ts": 'import { y } from "./y.ts";\nimport { z } from "@/z";\n',
    "src/y.ts": "export const y = 1;\n",
  };
  const go = {
    "go.mod": "module m\n",
    "g/g.go": 'package g\n\nimport "m/h"\n\nvar G = h.H\n',
    "h/h.go": "package h\n\nvar H = 1\n",
  };
  const repo = await repository({ ...py, ...ts, ...go });
  open.push(repo);
  const steps: Record<string, string | null>[] = [
    { "c.py": "def f():\n    return 1\n" }, // what was missing comes
    { "b.py": "x = 1\n" },
    { "c.py": null, "b/__init__.py": "import a\n" }, // a folder that stands before a file
    { "p/q.py": null, "p/__init__.py": "q = 1\n" },
    { "src/z.ts": "export const z = 1;\n" },
    { "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}}' }, // names mean other files
    { "src/y.ts": null, "src/y/index.ts": "export const y = 1;\n" },
    { "h/i.go": "package h\n\nvar I = 1\n" },
    { "go.mod": "module n\n" },
    { "p/q.py": "import a\n", "p/r.txt": "x" },
  ];
  const trees = [await repo.commit({ "README.md": "y\n" })];
  for (const step of steps) trees.push(await repo.commit(step));
  const near: string[][] = [];
  for (const tree of trees) near.push(await edgesAt(repo.root, tree, false));
  for (const [at, tree] of trees.entries()) expect(await edgesAt(repo.root, tree, true)).toEqual(near[at] ?? []);
  expect(near[0]).toContain("a.py 0/0 > b.py,p/q.py");
  expect(near[1]).toContain("b.py 0/0 > c.py");
});
