import { expect, test } from "bun:test";
import { analyse, type FileView, openGrammars } from "@dgov/semantic";
import { remembering } from "./remember.ts";
import type { Wanted } from "./tree_views.ts";

const grammars = await openGrammars();

/** Reads a file whose blob is its text, and tells which it was asked for. */
function openReader(max_chars: number) {
  const asked: string[] = [];
  const read = remembering(async (files: readonly Wanted[]): Promise<FileView[]> => {
    asked.push(...files.map(({ path }) => path));
    return files.map(({ path, blob }) => {
      const said = analyse(grammars, path, blob);
      return "unknown" in said ? { text: blob, ...said } : { text: blob, summary: said };
    });
  }, max_chars);
  const ask = async (...paths: string[]) => {
    asked.length = 0;
    const views = await read(paths.map((path) => ({ path, blob: `x = "${path}"\n` })));
    return { texts: views.map(({ text }) => text), asked: [...asked] };
  };
  return { read, ask, asked };
}

test("what is known of the last files is not asked again, and the longest unasked goes first", async () => {
  const { ask } = openReader(33); // three such texts
  expect(await ask("a.py", "b.py", "c.py")).toMatchObject({ asked: ["a.py", "b.py", "c.py"] });
  expect(await ask("b.py", "a.py")).toEqual({ texts: ['x = "b.py"\n', 'x = "a.py"\n'], asked: [] });
  expect(await ask("d.py", "a.py")).toEqual({ texts: ['x = "d.py"\n', 'x = "a.py"\n'], asked: ["d.py"] });
  expect((await ask("a.py", "b.py", "d.py")).asked).toEqual([]);
  expect((await ask("c.py")).asked).toEqual(["c.py"]);
});

test("what is not known of a file is asked each time, and one text in two languages is two", async () => {
  const { ask, read, asked } = openReader(1_000);
  await ask("a.txt", "a.py");
  expect((await ask("a.txt", "a.py")).asked).toEqual(["a.txt"]);
  const [python] = await read([{ path: "same.py", blob: "a = 1\n" }]);
  asked.length = 0;
  const [typescript] = await read([{ path: "same.ts", blob: "a = 1\n" }]);
  expect(asked).toEqual(["same.ts"]);
  expect(python).toMatchObject({ summary: { language: "python" } });
  expect(typescript).toMatchObject({ summary: { language: "typescript" } });
});
