import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, git, type Place, readIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

const lay = (): Place => layTasks({ a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] } });

test("C14 a landing that was cut off, and that another checkout's changes still hold up, says how its work is taken", async () => {
  const whole = lay();
  expect(dgov(whole, "run", ".dgov/plans/p").status).toBe(0);
  const seq = eventsOf(whole).findIndex(({ kind }) => kind === "landing_started") + 1;
  whole.stop();

  const place = lay();
  const other = join(place.folder, "other");
  git(place, "worktree", "add", "--force", "-q", other, "main");
  const argv = [process.execPath, join(import.meta.dir, "crash_main.ts"), String(seq), ".dgov/plans/p"];
  const killed = Bun.spawn(argv, { cwd: place.root, env: place.env, stdio: ["ignore", "ignore", "ignore"] });
  await killed.exited;
  expect([killed.signalCode, eventsOf(place).at(-1)?.kind]).toEqual(["SIGKILL", "landing_started"]);
  writeFileSync(join(other, "src/a.txt"), "by a person\n");

  const { status, stdout } = dgov(place, "run", ".dgov/plans/p");
  const events = eventsOf(place);
  const behind = events.find((event) => event.kind === "checkout_behind");
  expect([status, behind?.kind, events.filter(({ kind }) => kind === "task_landed").length]).toEqual([
    0,
    "checkout_behind",
    1,
  ]);
  expect(stdout).toContain(behind?.kind === "checkout_behind" ? behind.cure : "a cure");
  expect(readIn({ root: other }, "src/a.txt")).toBe("by a person\n"); // theirs, and nobody's to take
  place.stop();
}, 120_000);
