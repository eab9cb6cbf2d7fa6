import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGit, type Git } from "./git.ts";
import type { Objects } from "./objects.ts";
import { openStored } from "./stored_objects.ts";

setDefaultTimeout(120_000);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Texts that git keeps as differences from each other, some that it keeps whole, and one that is larger than we read. */
const line = (at: number): string => `line ${at} of a text that is nearly the same as the others, ${at * 7919}\n`;
const TEXTS = [
  ...Array.from({ length: 30 }, (_, n) => Array.from({ length: 200 }, (_, at) => line(at === n * 3 ? n : at)).join("")),
  "",
  "\0 bytes \xff",
  "x".repeat(3_000_000),
];

async function repository(format = "sha1") {
  const root = mkdtempSync(join(tmpdir(), "dgov-stored-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main", `--object-format=${format}`]);
  TEXTS.forEach((text, at) => {
    mkdirSync(join(root, `d${at % 3}`), { recursive: true });
    writeFileSync(join(root, `d${at % 3}/ä${at}.txt`), text);
  });
  await git.ask(["add", "--all"]);
  const commit = await git.text(["commit-tree", await git.text(["write-tree"]), "-m", "one"], { at_ms: 0 });
  await git.ask(["update-ref", "refs/heads/main", commit]);
  const all = await git.text(["cat-file", "--batch-check", "--batch-all-objects"]);
  return { git, commit, oids: all.split("\n").map((row) => row.split(" ")[0]!) };
}

/** Reads there, and counts what git is asked. */
function stored(git: Git, oid_bytes = 20, folder = join(git.root, ".git")) {
  const asked: string[] = [];
  const behind: Objects = {
    info(names) {
      asked.push(...names);
      return git.objects.info(names);
    },
    content(name) {
      asked.push(name);
      return git.objects.content(name);
    },
  };
  return { objects: openStored(folder, oid_bytes, behind), asked };
}

async function expectSame(git: Git, objects: Objects, oids: readonly string[]): Promise<void> {
  expect(await objects.info(oids)).toEqual(await git.objects.info(oids));
  for (const oid of oids)
    expect(Buffer.from(await objects.content(oid)).equals(await git.objects.content(oid))).toBe(true);
}

test.each(["sha1", "sha256"])("objects are what git says, in files of their own and in packs (%s)", async (format) => {
  const { git, oids } = await repository(format);
  const oid_bytes = format === "sha1" ? 20 : 32;
  const large = await git.text(["hash-object", "--stdin"], { stdin: TEXTS.at(-1)! });
  const loose = stored(git, oid_bytes);
  await expectSame(git, loose.objects, oids);
  expect(loose.asked).toEqual([]); // as small as that when it is compressed
  await git.ask(["gc", "-q", "--prune=now"]);
  expect(readdirSync(join(git.root, ".git/objects")).sort()).toEqual(["info", "pack"]);
  const packed = stored(git, oid_bytes);
  await expectSame(git, packed.objects, oids);
  expect(packed.asked).toEqual([large, large]);
});

test("differences from an object by its id are put together, too", async () => {
  const { git, oids } = await repository();
  const stdin = `${oids.join("\n")}\n`;
  const { bytes } = await git.ask(["pack-objects", "--stdout", "--no-reuse-delta", "-q"], { stdin });
  for (const folder of readdirSync(join(git.root, ".git/objects")))
    if (folder.length === 2) rmSync(join(git.root, ".git/objects", folder), { recursive: true });
  await git.ask(["index-pack", "--stdin"], { stdin: bytes });
  const { objects, asked } = stored(git);
  await expectSame(git, objects, oids);
  expect(new Set(asked).size).toBe(1);
});

test("commits, their trees and paths are looked up as git does it", async () => {
  const { git, commit, oids } = await repository();
  const tree = await git.text(["rev-parse", `${commit}^{tree}`]);
  const names = [`${commit}^{tree}`, `${tree}^{tree}`, `${commit}:d0`, `${tree}:d0/ä0.txt`, `${commit}:d0/none`];
  const more = [`${commit}:d0/ä0.txt/x`, `${commit}:none/x`, `${commit}:d2/ä32.txt`];
  const { objects, asked } = stored(git);
  expect(await objects.info([...names, ...more])).toEqual(await git.objects.info([...names, ...more]));
  expect(asked).toEqual([]);
  const strange = ["refs/heads/main", "HEAD", "0".repeat(40), `${oids[0]?.slice(0, 12)}`, `${commit}^{commit}`];
  expect(await objects.info(strange)).toEqual(await git.objects.info(strange));
  expect(asked).toEqual(strange);
});

test("objects that are borrowed from another repository are found", async () => {
  const { git, commit, oids } = await repository();
  const borrower = mkdtempSync(join(tmpdir(), "dgov-borrows-"));
  folders.push(borrower);
  const own = createGit(borrower);
  await own.ask(["init", "-q"]);
  mkdirSync(join(borrower, ".git/objects/info"), { recursive: true });
  writeFileSync(join(borrower, ".git/objects/info/alternates"), `${join(git.root, ".git/objects")}\n`);
  const { objects, asked } = stored(own);
  await expectSame(own, objects, [commit, ...oids.slice(0, 3)]);
  expect(asked).toEqual([]);
});

test("what was kept is there without git, and has the id that git gives it", async () => {
  const { git } = await repository();
  const blob = await git.text(["hash-object", "--stdin"], { stdin: "nowhere\n" });
  const { objects, asked } = stored(git);
  expect(objects.keep("blob", Buffer.from("nowhere\n")).toString("hex")).toBe(blob);
  const row = Buffer.concat([Buffer.from("100644 a\0"), Buffer.from(blob, "hex")]);
  const tree = objects.keep("tree", row).toString("hex");
  expect(await objects.info([blob, `${tree}:a`, `${tree}:b`])).toEqual([
    { oid: blob, type: "blob", size_bytes: 8 },
    { oid: blob, type: "blob", size_bytes: 8 },
    null,
  ]);
  expect(asked).toEqual([]);
});

test("where a file is broken, git is asked, and says so", async () => {
  const { git, oids } = await repository();
  await git.ask(["gc", "-q", "--prune=now"]);
  const folder = join(git.root, ".git/objects/pack");
  const pack = join(folder, readdirSync(folder).find((name) => name.endsWith(".pack"))!);
  const bytes = readFileSync(pack);
  rmSync(pack);
  writeFileSync(pack, bytes.fill(0x55, 12, bytes.length - 20));
  const { objects, asked } = stored(git);
  const found = await Promise.all(
    oids.map((oid) =>
      objects.content(oid).then(
        () => "read",
        () => "refused",
      ),
    ),
  );
  expect([new Set(found), asked.length]).toEqual([new Set(["refused"]), oids.length]);
  const [oid = ""] = oids;
  mkdirSync(join(git.root, ".git/objects", oid.slice(0, 2)), { recursive: true });
  writeFileSync(join(git.root, ".git/objects", oid.slice(0, 2), oid.slice(2)), "no object");
  await expect(stored(git).objects.content(oid)).rejects.toThrow("Cannot");
});
