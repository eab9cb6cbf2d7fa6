import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { accessSync, constants, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { available, makePlace, maker, missing, sh, specOf } from "./jail.ts";

setDefaultTimeout(60_000);

for (const { title } of missing) test.skip(title, () => {});

/** Somebody's TMPDIR, or checkout, may be a folder in memory; bubblewrap has a file system of its own there. */
const SHM = "/dev/shm";

describe.skipIf(!isWritable(SHM)).each(available)("%s with its place in memory", (level) => {
  const place = makePlace(isWritable(SHM) ? SHM : undefined);
  afterAll(() => rmSync(place.base, { recursive: true, force: true }));

  test("works there, and what is beside it stays closed", async () => {
    const read = [join(place.main, "docs")];
    const write = [{ kind: "file", path: "src/claimed.py", only: null }] as const;
    const isolation = await maker.start(level, { ...specOf(place, write), read });
    try {
      const command = `echo done > src/claimed.py; echo kept > $TMPDIR/own && cat $TMPDIR/own; cat ${read[0]}/guide.md
echo x > src/other.py; echo x > ${read[0]}/guide.md; echo x > ${place.outside}/victim.txt; cat ${place.outside}/victim.txt`;
      const { head, ended } = await sh(isolation, `exec 2>/dev/null; ${command}`);
      expect({ head, ended }).toEqual({ head: "kept\nguide\n", ended: "exit" });
    } finally {
      await isolation.stop();
    }
    const text = (path: string) => readFileSync(join(place.base, path), "utf8");
    expect(text("work/src/claimed.py")).toBe("done\n");
    expect(text("work/src/other.py")).toBe("other = 1\n");
    expect(text("main/docs/guide.md")).toBe("guide\n");
    expect(text("outside/victim.txt")).toBe("victim\n");
  });
});

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false; // no such folder, or not ours: both mean that nobody works there
  }
}
