import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutsOf } from "./checkouts.ts";
import type { Git } from "./git.ts";
import { type Content, type Repository, repository } from "./testing/repository.ts";
import { isAsCommitted } from "./untouched.ts";

setDefaultTimeout(60_000);

const made: Repository[] = [];
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

const THEN = new Date(1_700_000_000_000);

type Files = Record<string, Content | null>;
/** A checkout whose index is younger than its files, and a commit that it is to go to. */
async function checkout(work: Files) {
  const repo = await repository({ a: "1\n", run: { run: "1\n" }, gone: "1\n", "d/e/f": "1\n", "\u00e9": "1\n" });
  made.push(repo);
  const from = await repo.user("rev-parse", "HEAD");
  await repo.user("switch", "-q", "-c", "work");
  const to = await repo.commit(work);
  await repo.user("switch", "-q", "main");
  for (const path of ["a", "run", "gone", "d/e/f", "\u00e9"]) utimesSync(join(repo.root, path), THEN, THEN);
  await repo.user("update-index", "-q", "--refresh");
  return { ...repo, asked: () => isAsCommitted(repo.git, { from, to }), at: (path: string) => join(repo.root, path) };
}
const WORK: Files = { a: "2\n", run: { run: "2\n" }, gone: null, new: "1\n", "d/e/g/h": "1\n", "\u00e9": "2\n" };

test("a checkout that nobody has touched surely has what was committed, also beside changes of other files", async () => {
  const { asked, write, user } = await checkout(WORK);
  expect(await asked()).toBe(true);
  write({ "d/e/f": "mine\n", other: "mine\n" });
  await user("add", "d/e/f");
  expect(await asked()).toBe(true);
});

type Place = Awaited<ReturnType<typeof checkout>>;
test.each<[string, (place: Place) => unknown]>([
  ["a file was edited", ({ write }) => write({ a: "0\n" })],
  ["a file was only touched", ({ at }) => utimesSync(at("a"), new Date(), new Date())],
  [
    "a file was put back with its old time",
    ({ at }) => {
      writeFileSync(at("a"), "0\n");
      utimesSync(at("a"), THEN, THEN);
    },
  ],
  ["a file is gone", ({ at }) => rmSync(at("gone"))],
  [
    "a link stands for a file",
    ({ at }) => {
      renameSync(at("a"), at("b"));
      symlinkSync("b", at("a"));
    },
  ],
  [
    "another content is staged",
    async ({ write, user }) => {
      write({ a: "0\n" });
      await user("add", "a");
      write({ a: "1\n" });
    },
  ],
  ["a file is taken for unchanged", ({ user }) => user("update-index", "--assume-unchanged", "a")],
  ["a file is left out of the checkout", ({ user }) => user("update-index", "--skip-worktree", "a")],
  ["a file stands where a new one lands", ({ write }) => write({ new: "mine\n" })],
  ["a folder stands where a new file lands", ({ write }) => write({ "new/x": "mine\n" })],
  ["a file stands where a new folder lands", ({ write }) => write({ "d/e/g": "mine\n" })],
  ["a link stands where a new folder lands", ({ at }) => symlinkSync("..", at("d/e/g"))],
  [
    "something is staged where a new file lands",
    async ({ write, user, at }) => {
      write({ new: "mine\n" });
      await user("add", "new");
      rmSync(at("new"));
    },
  ],
  [
    "something is staged where a new folder lands",
    async ({ write, user, at }) => {
      write({ "d/e/g": "mine\n" });
      await user("add", "d/e/g");
      rmSync(at("d/e/g"));
    },
  ],
  [
    "something is staged in a folder where a new file lands",
    async ({ write, user, at }) => {
      write({ "new/x": "mine\n" });
      await user("add", "new/x");
      rmSync(at("new"), { recursive: true });
    },
  ],
  ["somebody holds the index", ({ write }) => write({ ".git/index.lock": "" })],
  ["there is no index", ({ at }) => rmSync(at(".git/index"))],
  ["the index is of another version", ({ user }) => user("update-index", "--index-version", "4")],
])("where %s, git has to be asked", async (_, change) => {
  const place = await checkout(WORK);
  await change(place);
  expect(await place.asked()).toBe(false);
});

test("a file that is as young as the index may have been written once more since", async () => {
  const { asked, at } = await checkout(WORK);
  utimesSync(at(".git/index"), new Date(0), new Date(0));
  expect(await asked()).toBe(false);
});

test("which checkouts have a branch open is asked of git once, and again when that may have changed", async () => {
  const repo = await repository({ a: "1\n" });
  made.push(repo);
  const { git, root, folder, user } = repo;
  const asked: string[] = [];
  const counted: Git = {
    ...git,
    ask: (args, options) => {
      asked.push(args[0] ?? "");
      return git.ask(args, options);
    },
  };
  const open = () => checkoutsOf(counted, "refs/heads/main");
  expect([await open(), await open(), asked.length]).toEqual([[root], [root], 1]);
  await user("switch", "-q", "-c", "side");
  expect([await open(), asked.length]).toEqual([[], 2]);
  await user("worktree", "add", "-q", join(folder, "linked"), "main");
  const linked = [join(folder, "linked")];
  expect([await open(), await open(), asked.length]).toEqual([linked, linked, 3]);
  rmSync(join(folder, "linked"), { recursive: true });
  expect(await open()).toEqual([]);
  await user("worktree", "prune");
  await user("switch", "-q", "main");
  expect([await open(), asked.length]).toEqual([[root], 4]);
});
