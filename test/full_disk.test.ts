import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAtomic } from "../packages/governor/src/write.ts";
import { canMount, fillDisk, mount, unmount } from "./crash/storage.ts";
import { dgov, git, layOut } from "./repo.ts";
import { done, layTasks } from "./scripted.ts";

setDefaultTimeout(60_000);

const CASE = join(import.meta.dir, "fixtures/runs/chain_of_three");

/** A disk that is as small as a test needs it. Only root can make one; for others the test says that it was left out. */
function smallDisk(folder: string, size: string): boolean {
  mkdirSync(folder);
  return Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]).exitCode === 0;
}

test("a full disk is told in one message, lands nothing by half, and the run goes on when there is room", () => {
  const place = layOut(CASE);
  const disk = join(place.folder, "disk");
  try {
    if (!smallDisk(disk, "8m")) {
      console.log("left out: no small disk can be mounted here");
      return;
    }
    const root = join(disk, "repo");
    cpSync(place.root, root, { recursive: true });
    const there = { ...place, root };
    const before = git(there, "rev-parse", "main");
    const filler = join(disk, "filler");
    Bun.spawnSync(["sh", "-c", `head -c 100m /dev/zero > ${filler}`]); // it stops where the disk is full
    const ran = dgov(there, "run", ".dgov/plans/p");
    expect(ran.stderr).not.toContain("dgov has a bug");
    expect(ran.stderr).toContain("Hint: ");
    expect(ran.status).toBe(4);
    expect(git(there, "rev-parse", "main")).toBe(before);
    Bun.spawnSync(["rm", filler]);
    expect(dgov(there, "run", ".dgov/plans/p")).toMatchObject({ status: 0 });
    expect(git(there, "fsck", "--no-dangling", "--no-progress")).toBe("");
  } finally {
    Bun.spawnSync(["umount", disk]);
    place.stop();
  }
});

const SPEC = ["Goal", "Assumptions", "Design", "Out of scope", "Acceptance criteria", "Open questions"]
  .map((heading) => `## ${heading}\n\nAs it says.\n`)
  .join("\n");

/** Where each writes, on the disk: in the repository, and in the person's own state. */
type Writer = { words: string[]; kept: string };
const WRITERS: [string, Writer][] = [
  ["an approval of a plan", { words: ["plan", "approve", "p", "spec"], kept: "repo/.dgov/plans/p/_stages" }],
  ["an approval of hooks", { words: ["hooks", "approve"], kept: "state/dgov/hooks" }],
];
const FAULTS: [string, (folder: string) => void, (folder: string) => void][] = [
  ["a full disk", fillDisk, (folder) => rmSync(join(folder, "filler"))],
  [
    "a read-only one",
    (folder) => expect(mount("-o", "remount,ro", folder)).toBe(true),
    (folder) => expect(mount("-o", "remount,rw", folder)).toBe(true),
  ],
];

test
  .skipIf(!canMount())
  .each(WRITERS.flatMap(([what, writer]) => FAULTS.map(([how, spoil, mend]) => ({ what, how, writer, spoil, mend }))))(
  "$what meets $how: one message, nothing by half, and it is kept when there is room",
  ({ writer, spoil, mend }) => {
    const place = layTasks({ a: { attempts: [[done]] } }, { tables: '[hooks]\npre_task = "true"\n' });
    const disk = join(place.folder, "disk");
    mkdirSync(disk);
    expect(mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", disk)).toBe(true);
    try {
      const root = join(disk, "repo");
      cpSync(place.root, root, { recursive: true });
      const there = { ...place, root, env: { ...place.env, XDG_STATE_HOME: join(disk, "state") } };
      const plan = join(root, ".dgov/plans/p/_root.toml");
      writeFileSync(plan, readFileSync(plan, "utf8").replace("[plan]\n", '[plan]\nmethod = "tests-first"\n'));
      const units = join(root, ".dgov/plans/p/tasks/main.toml");
      writeFileSync(
        units,
        readFileSync(units, "utf8").replace("[tasks.a]\n", '[tasks.a]\ntest_cmd = "true"\ntests = ["t.txt"]\n'),
      );
      writeFileSync(join(root, ".dgov/plans/p/_spec.md"), SPEC);
      const kept = join(disk, writer.kept);
      const files = () => (existsSync(kept) ? readdirSync(kept) : []);
      spoil(disk);
      const { status, stderr } = dgov(there, ...writer.words);
      expect({ status, stderr }).toMatchObject({ status: 4, stderr: expect.stringContaining("Hint: ") });
      expect(stderr).not.toContain("dgov has a bug");
      expect(files()).toEqual([]);
      mend(disk);
      expect(dgov(there, ...writer.words)).toMatchObject({ status: 0 });
      expect(files().map((name) => name.endsWith(".json"))).toEqual([true]);
    } finally {
      unmount(disk);
      place.stop();
    }
  },
);

test.skipIf(!canMount())("what does not fit is not kept in part, and leaves nothing", () => {
  const disk = mkdtempSync(join(tmpdir(), "dgov-small-"));
  expect(mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)).toBe(true);
  try {
    writeAtomic(join(disk, "a.txt"), "before\n");
    expect(() => writeAtomic(join(disk, "a.txt"), "x".repeat(200_000))).toThrow("ENOSPC");
    expect(readdirSync(disk)).toEqual(["a.txt"]);
    expect(readFileSync(join(disk, "a.txt"), "utf8")).toBe("before\n");
  } finally {
    unmount(disk);
    rmSync(disk, { recursive: true });
  }
});
