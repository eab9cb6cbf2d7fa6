import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { dgov, git, layOut } from "./repo.ts";

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
