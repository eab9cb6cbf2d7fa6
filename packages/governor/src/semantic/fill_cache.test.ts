import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLanguages } from "@dgov/semantic";
import { createGit } from "../git/git.ts";
import { createAnalyst, type Text } from "./analyst.ts";
import { openBlobCache } from "./blob_cache.ts";
import { fillCache } from "./fill_cache.ts";
import { pack } from "./packed.ts";
import type { Reading } from "./read_files.ts";

setDefaultTimeout(60_000);

const languages = openLanguages();

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test("every content is looked at once, whatever there is of it, and then no more", async () => {
  const root = mkdtempSync(join(tmpdir(), "dgov-fill-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main"]);
  for (let n = 0; n < 700; n++) writeFileSync(join(root, `m${n}.py`), `n = ${n % 690}\n`);
  writeFileSync(join(root, "a_first_and_empty.py"), "");
  writeFileSync(join(root, "large.py"), `n = "${"x".repeat(700_000)}"\n`);
  await git.ask(["add", "-A"]);
  const rows = (await git.text(["ls-files", "-s"])).split("\n").map((row) => row.split(/\s+/));
  const files = rows.map(([, blob = "", , path = ""]) => ({ path, blob }));
  const asked: Text[] = [];
  const cache = openBlobCache(join(root, "cache.db"), { now_ms: () => 0 });
  const reading: Reading = {
    ...{ git, cache, languages },
    analyst: {
      analyse: async (texts) => {
        asked.push(...texts);
        return texts.map(({ text }) => pack({ unknown: `${text.length}` }));
      },
      merge: () => Promise.reject(new Error("nobody merges here")),
      close: () => {},
      changed: async () => {},
      start: () => {},
      expect: () => {},
    },
  };
  expect(await fillCache(reading, files)).toEqual({ looked: 692, left: 0 });
  expect(asked.map(({ text }) => text.length).toSorted((a, b) => b - a)[0]).toBe(700_007);
  expect(new Set(asked.map(({ text }) => text)).size).toBe(692);
  const before = asked.length;
  expect(await fillCache(reading, files)).toEqual({ looked: 0, left: 0 });
  expect(asked.length).toBe(before);
  expect(await fillCache({ ...reading, languages: { ...languages, version: "2" } }, files.slice(0, 5))).toMatchObject({
    looked: 5,
  });
  const turns = [true, true, true, false, false, false];
  const some = await fillCache({ ...reading, languages: { ...languages, version: "3" } }, files, {
    depth: "heads",
    goesOn: () => turns.shift() ?? false,
  });
  expect([some.looked > 0, some.left > 0, some.looked + some.left]).toEqual([true, true, 692]);
  const absent = { path: "gone.py", blob: "0123456789012345678901234567890123456789" };
  expect(await fillCache(reading, [absent])).toEqual({ looked: 0, left: 0 });
  cache.close();
});

test("a text at which its process ended is looked at again: another day it may be answered", async () => {
  const root = mkdtempSync(join(tmpdir(), "dgov-fill-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main"]);
  for (const name of ["end", "fine"]) writeFileSync(join(root, `${name}.py`), `${name} = 1\n`);
  await git.ask(["add", "-A"]);
  const rows = (await git.text(["ls-files", "-s"])).split("\n").map((row) => row.split(/\s+/));
  const files = rows.map(([, blob = "", , path = ""]) => ({ path, blob }));
  const child = `
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    for await (const line of console) {
      const texts = JSON.parse(line).analyse;
      if (texts.some(({ text }) => text.startsWith("end"))) process.exit(1);
      const parts = texts.map(({ path }) => pack({ unknown: path }));
      await Bun.write(Bun.stdout, Buffer.concat([Buffer.from(parts.map((p) => p.length).join(" ") + "\\n"), ...parts]));
    }`;
  const analyst = createAnalyst([process.execPath, "-e", child], 1);
  const cache = openBlobCache(join(root, "cache.db"), { now_ms: () => 0 });
  const reading: Reading = { git, cache, analyst, languages };
  expect(await fillCache(reading, files)).toEqual({ looked: 2, left: 0 });
  expect(await fillCache(reading, files)).toEqual({ looked: 1, left: 0 });
  analyst.close();
  cache.close();
});
