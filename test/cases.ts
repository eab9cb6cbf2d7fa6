import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A folder of inputs. `read("base")` finds `base.py` as well as `base.ts`: a case has one file of each stem. */
export type Case = { name: string; folder: string; read(stem: string): string };

/**
 * One test for each folder with an `expect.txt`, at any depth: what `answer` makes of the inputs must be that text.
 * UPDATE=1 writes the text instead, for the diff to be reviewed; then a new folder needs no `expect.txt` yet.
 *
 * A folder under `known/` also has a `wish.txt`, which the answer must not be: a known defect that comes right fails
 * its test, so that the list of defects cannot rot.
 */
export function cases(root: string, answer: (input: Case) => string | Promise<string>): void {
  for (const folder of foldersIn(root))
    test(folder.slice(root.length + 1), async () => {
      const got = `${(await answer(caseIn(folder))).trimEnd()}\n`;
      const expected = join(folder, "expect.txt");
      if (process.env.UPDATE) writeFileSync(expected, got);
      expect(got).toBe(readFileSync(expected, "utf8"));
      const wish = join(folder, "wish.txt");
      if (existsSync(wish))
        expect(got, "This known defect is mended: move the case out of known/").not.toBe(readFileSync(wish, "utf8"));
    });
}

function foldersIn(root: string): string[] {
  const inside = readdirSync(root, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = inside.filter((entry) => entry.isFile());
  if (files.some(({ name }) => name === "expect.txt") || (process.env.UPDATE && files.length > 0)) return [root];
  return inside.filter((entry) => entry.isDirectory()).flatMap((entry) => foldersIn(join(root, entry.name)));
}

function caseIn(folder: string): Case {
  return {
    name: basename(folder),
    folder,
    read(stem) {
      const found = readdirSync(folder).filter((name) => name === stem || name.startsWith(`${stem}.`));
      if (found.length !== 1) throw new Error(`"${folder}" has ${found.length} files named "${stem}", wanted one`);
      return readFileSync(join(folder, found[0]!), "utf8");
    },
  };
}
