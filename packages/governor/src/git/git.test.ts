import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Git } from "./git.ts";
import { repository } from "./testing/repository.ts";
import { openPool } from "./worktrees.ts";

test("what git says of a failure is not behind hints of ours", async () => {
  const repo = await repository({ "a.txt": "1\n" });
  const head = await repo.user("rev-parse", "HEAD");
  const asked = repo.git.ask(["worktree", "add", "--detach", `${repo.root}/a.txt`, head]);
  const said = await asked.then(
    () => "",
    (error: Error) => error.message,
  );
  await repo.remove();
  expect(said).toContain("fatal:");
  expect(said).not.toContain("hint");
});

test("a worktree that git cannot add for a moment is added a moment later", async () => {
  const repo = await repository({ "a.txt": "1\n" });
  const until_ms = performance.now() + 150;
  const ask: Git["ask"] = async (args, options) => {
    if (args[1] === "add" && performance.now() < until_ms) throw new Error("Cannot add it");
    return repo.git.ask(args, options);
  };
  const pool = openPool({ ...repo.git, ask }, { folder: join(repo.folder, "pool"), now_ms: () => 0 });
  const slot = await pool.acquire(await repo.user("rev-parse", "HEAD"));
  expect(await Bun.file(join(slot.path, "a.txt")).text()).toBe("1\n");
  slot.release();
  await pool.close();
  await repo.remove();
});
