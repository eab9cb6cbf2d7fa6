import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGit, type Git } from "./git.ts";

setDefaultTimeout(60_000);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function repository(): Promise<{ git: Git; blob: (text: string) => Promise<string> }> {
  const root = mkdtempSync(join(tmpdir(), "dgov-objects-"));
  folders.push(root);
  const git = createGit(root);
  await git.ask(["init", "-q", "-b", "main"]);
  return { git, blob: (stdin) => git.text(["hash-object", "-w", "--stdin"], { stdin }) };
}

test("objects that are written after the first question are found", async () => {
  const { git, blob } = await repository();
  const one = await blob("one\n");
  expect(await git.objects.info([one, "0".repeat(40)])).toEqual([{ oid: one, type: "blob", size_bytes: 4 }, null]);
  const two = await blob("two, with a \0 byte and no end of line");
  expect(new TextDecoder().decode(await git.objects.content(two))).toBe("two, with a \0 byte and no end of line");
});

test("more objects are asked for at once than a pipe holds", async () => {
  const { git, blob } = await repository();
  const one = await blob("one\n");
  const infos = await git.objects.info(Array.from({ length: 20_000 }, () => one));
  expect([infos.length, new Set(infos.map((info) => info?.oid)).size]).toEqual([20_000, 1]);
});

test("a ref is read anew each time it is asked for, loose or packed", async () => {
  const { git } = await repository();
  const commit = async (message: string) =>
    git.text(["commit-tree", await git.text(["write-tree"]), "-m", message], { at_ms: 0 });
  const head = async () => (await git.objects.info(["refs/heads/main^{commit}"]))[0]?.oid ?? null;
  expect(await head()).toBeNull();
  const [first, second] = [await commit("first"), await commit("second")];
  await git.ask(["update-ref", "refs/heads/main", first]);
  expect(await head()).toBe(first);
  await git.ask(["pack-refs", "--all"]);
  await git.ask(["update-ref", "refs/heads/main", second]);
  expect(await head()).toBe(second);
  await git.ask(["gc", "-q", "--prune=now"]);
  expect(await head()).toBe(second);
});

test("many questions at once each get their own answer", async () => {
  const { git, blob } = await repository();
  const texts = Array.from({ length: 50 }, (_, at) => "x".repeat(at * 700));
  const oids = await Promise.all(texts.map(blob));
  const answers = await Promise.all(oids.map(async (oid) => new TextDecoder().decode(await git.objects.content(oid))));
  expect(answers.map((text) => text.length)).toEqual(texts.map((text) => text.length));
});

test("what is not there and what cannot be a question are refused, and the next answer is right", async () => {
  const { git, blob } = await repository();
  const oid = await blob("here");
  await expect(git.objects.content("refs/heads/none")).rejects.toThrow("Cannot read the object");
  await expect(git.objects.content(`${oid}\ncontents ${oid}`)).rejects.toThrow("two lines");
  expect(new TextDecoder().decode(await git.objects.content(oid))).toBe("here");
});

test("after the process has ended another one answers", async () => {
  const { git, blob } = await repository();
  const oid = await blob("still here");
  await git.objects.info([oid]);
  await Bun.sleep(700); // it is let go when nobody asks
  writeFileSync(join(git.root, "unrelated"), "");
  expect(new TextDecoder().decode(await git.objects.content(oid))).toBe("still here");
});
