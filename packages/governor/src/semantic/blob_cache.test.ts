import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBlobCache } from "./blob_cache.ts";
import { pack, unpack } from "./packed.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "dgov-cache-"));
  folders.push(folder);
  return join(folder, "symbols.db");
}
const DAY_MS = 86_400_000;
const at = (day: number, max_bytes?: number) => ({ now_ms: () => day * DAY_MS, ...(max_bytes ? { max_bytes } : {}) });
/** Words that no compression makes small. */
const noise = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64");

test("what was kept is there for the next one who opens it", () => {
  const path = place();
  const first = openBlobCache(path, at(1));
  expect(first.get("a")).toBeNull();
  first.putAll([
    { key: "a", packed: pack({ names: ["é", "b"], none: null }) },
    { key: "b", packed: pack(2) },
  ]);
  first.close();
  const second = openBlobCache(path, at(1));
  expect([second.has("a"), second.has("c")]).toEqual([true, false]);
  expect([second.get("a"), second.get("b"), second.get("c")]).toEqual([{ names: ["é", "b"], none: null }, 2, null]);
  second.close();
});

test.each([
  ["no database", "this is no database, and never was one: ".repeat(100)],
  ["empty", ""],
])("a file that is %s is made anew", (_, text) => {
  const path = place();
  writeFileSync(path, text);
  const cache = openBlobCache(path, at(1));
  cache.putAll([{ key: "a", packed: pack(1) }]);
  expect(cache.get("a")).toBe(1);
  cache.close();
});

test("a file whose middle was overwritten says nothing wrong, and is made anew", () => {
  const path = place();
  const before = openBlobCache(path, at(1));
  const entries = Array.from({ length: 300 }, (_, n) => ({ key: `k${n}`, packed: pack(noise(600)) }));
  before.putAll(entries);
  before.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096, bytes.length - 4096);
  writeFileSync(path, bytes);
  const broken = openBlobCache(path, at(1));
  for (const { key, packed } of entries) expect([null, unpack(packed)]).toContain(broken.get(key));
  broken.close();
  const after = openBlobCache(path, at(1));
  after.putAll([{ key: "new", packed: pack("x") }]);
  expect(after.get("new")).toBe("x");
  after.close();
});

test("a value that is not as it was written is not known, and can be written again", () => {
  const path = place();
  const before = openBlobCache(path, at(1));
  before.putAll([{ key: "a", packed: pack("as it was") }]);
  before.close();
  const db = new Database(path);
  db.run("UPDATE entry SET value = CAST(substr(value, 1, 12) || x'00' || substr(value, 14) AS BLOB)");
  db.close();
  const cache = openBlobCache(path, at(1));
  expect(cache.get("a")).toBeNull();
  cache.putAll([{ key: "a", packed: pack("again") }]);
  expect(cache.get("a")).toBe("again");
  cache.close();
});

test("where no file can be made nothing is kept, and nobody minds", () => {
  const path = place();
  mkdirSync(path);
  const cache = openBlobCache(path, at(1));
  cache.putAll([{ key: "a", packed: pack(1) }]);
  expect(cache.get("a")).toBeNull();
  cache.close();
});

test("it stays below its limit, and keeps what was asked for last", () => {
  const path = place();
  const max_bytes = 2 * 1024 * 1024;
  const old = openBlobCache(path, at(1, max_bytes));
  old.putAll([
    { key: "z asked for", packed: pack("old") },
    ...[1, 2].map((n) => ({ key: `old ${n}`, packed: pack(noise(300_000)) })),
  ]);
  old.close();
  const cache = openBlobCache(path, at(2, max_bytes));
  expect(cache.get("z asked for")).toBe("old");
  for (let n = 0; n < 25; n++) cache.putAll([{ key: `new ${n}`, packed: pack(noise(100_000)) }]);
  expect([cache.get("old 1"), cache.get("old 2")]).toEqual([null, null]);
  expect(cache.get("z asked for")).toBe("old");
  for (let n = 0; n < 40; n++) cache.putAll([{ key: `newer ${n}`, packed: pack(noise(100_000)) }]);
  cache.close();
  expect(statSync(path).size).toBeLessThan(2 * max_bytes);
});

test("several processes write at once, and all of it is there", async () => {
  const path = place();
  const script = `
    const { openBlobCache } = await import(${JSON.stringify(join(import.meta.dir, "blob_cache.ts"))});
    const { pack } = await import(${JSON.stringify(join(import.meta.dir, "packed.ts"))});
    const cache = openBlobCache(${JSON.stringify(path)}, { now_ms: () => 0 });
    const own = process.argv[1];
    for (let n = 0; n < 50; n++)
      cache.putAll([{ key: own + n, packed: pack(own) }, { key: "shared" + n, packed: pack(n) }]);
    cache.close();`;
  const writers = ["a", "b", "c", "d"].map((own) =>
    Bun.spawn([process.execPath, "-e", script, own], { stdio: ["ignore", "ignore", "inherit"] }),
  );
  expect(await Promise.all(writers.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
  const cache = openBlobCache(path, at(0));
  const missing = ["a", "b", "c", "d"].flatMap((own) =>
    Array.from({ length: 50 }, (_, n) => [own + n, own] as const).filter(([key, value]) => cache.get(key) !== value),
  );
  expect(missing).toEqual([]);
  expect(cache.get("shared49")).toBe(49);
  cache.close();
}, 30_000);
