import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FileView } from "@dgov/semantic";
import { createGit } from "../git/git.ts";
import { openTreeViews, untilLoaded, type Wanted } from "./tree_views.ts";

setDefaultTimeout(60_000);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const FILES = { "a.py": "a = 1\n", "pkg/__init__.py": "", "pkg/deep/b.py": "b = 2\n", "other/c.py": "c = 3\n" };

async function repository(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), "dgov-views-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main"]);
  const treeOf = async (contents: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(contents)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    await git.ask(["add", "-A"]);
    return git.text(["write-tree"]);
  };
  symlinkSync("a.py", join(root, "link.py"));
  return { git, tree: await treeOf(files), treeOf };
}

/** Reads a blob as a text of which nothing more is known, and tells which it was asked for. */
function reader(git: Awaited<ReturnType<typeof repository>>["git"], asked: Wanted[]) {
  return async (files: readonly Wanted[]): Promise<FileView[]> => {
    asked.push(...files);
    const bytes = await Promise.all(files.map(({ blob }) => git.objects.content(blob)));
    return bytes.map((one) => ({ text: new TextDecoder().decode(one), unknown: "it is a test" }));
  };
}

test("a view has the files, the folders and the ids of its tree, and nothing that is not there", async () => {
  const { git, tree } = await repository(FILES);
  const views = openTreeViews(git, reader(git, []));
  const view = views.view(tree);
  const look = () => ({
    root: view.folder("")?.toSorted(),
    pkg: view.folder("pkg")?.toSorted(),
    text: view.file("pkg/deep/b.py"),
    blob: view.blob("a.py"),
    link: [view.blob("link.py"), view.file("link.py")],
    none: [view.file("pkg/none.py"), view.file("a.py/x"), view.folder("a.py"), view.folder("none"), view.blob("pkg")],
  });
  expect(await untilLoaded(views, look)).toEqual({
    root: ["a.py", "link.py", "other/", "pkg/"],
    pkg: ["__init__.py", "deep/"],
    text: { text: "b = 2\n", unknown: "it is a test" },
    blob: await git.text(["rev-parse", `${tree}:a.py`]),
    link: [null, null],
    none: [null, null, null, null, null],
  });
});

test("only what is asked for is read, and what two trees share only once", async () => {
  const { git, tree, treeOf } = await repository(FILES);
  const asked: Wanted[] = [];
  const views = openTreeViews(git, reader(git, asked));
  const later = await treeOf({ "a.py": "a = 10\n" });
  const look = () =>
    [views.view(tree), views.view(later)].map((view) => [view.file("a.py"), view.file("pkg/deep/b.py")]);
  const seen = await untilLoaded(views, look);
  expect(seen.map((pair) => pair.map((file) => file?.text))).toEqual([
    ["a = 1\n", "b = 2\n"],
    ["a = 10\n", "b = 2\n"],
  ]);
  expect(asked.map(({ path }) => path).sort()).toEqual(["a.py", "a.py", "pkg/deep/b.py"]);
});

test("work that never has enough is told so", async () => {
  const { git, tree } = await repository(FILES);
  const views = openTreeViews(git, reader(git, []));
  let calls = 0;
  const look = () => {
    calls += 1;
    return views.view(tree).file(`never/${calls}.py`);
  };
  expect(await untilLoaded(views, look)).toBeNull(); // a folder that is not there needs no loading
  const endless = { load: async () => true };
  expect(untilLoaded(endless, () => 0)).rejects.toThrow("it still asks for more");
});
