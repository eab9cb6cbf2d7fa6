import { expect, test } from "bun:test";
import { repository } from "./testing/repository.ts";

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
