import { expect, setDefaultTimeout, test } from "bun:test";
import { sha256 } from "../git/files_at.ts";
import { repository } from "../git/testing/repository.ts";
import { pruneTests } from "./prune.ts";

setDefaultTimeout(60_000); // many processes, and the machine may be busy

const planOf = (name: string, tests: string) =>
  `[tasks.one]\nprompt = "x"\ntest_cmd = "true"\ntests = ["${tests}"]\nfiles.edit = ["a.txt"]\n# ${name}\n`;
const rootOf = (name: string) => `[plan]\nname = "${name}"\nsections = ["core"]\nmethod = "tests-first"\n`;
const DIR = ".dgov/plans/p";

test("B13 only what an author of tests wrote, and nobody asks for any more, is pruned", async () => {
  const repo = await repository({
    "a.txt": "one\n",
    "tests/stale.txt": "stale\n",
    "tests/edited.txt": "edited by hand\n",
    "tests/shared.txt": "shared\n",
    "tests/hand.txt": "by hand\n",
    "tests/kept.txt": "kept\n",
    [`${DIR}/_root.toml`]: rootOf("p"),
    [`${DIR}/core/main.toml`]: planOf("p", "tests/kept.txt"),
    ".dgov/plans/other/_root.toml": rootOf("other"),
    ".dgov/plans/other/core/main.toml": planOf("other", "tests/shared.txt"),
  });
  try {
    const { git, root } = repo;
    const head = await repo.user("rev-parse", "HEAD");
    const wrote = (name: string) => [`tests/${name}.txt`, sha256(`${name}\n`)] as const;
    const written = new Map(["stale", "edited", "shared", "kept", "gone"].map(wrote));
    const asked = { git, root, dir: DIR, head, target: "refs/heads/main", declared: new Set(["tests/kept.txt"]) };
    const done = await pruneTests({ ...asked, stages: { written } }, 1);
    expect(done.pruned).toEqual(["tests/gone.txt", "tests/stale.txt"]);
    expect(await repo.user("ls-tree", "--name-only", "main", "tests/")).toBe(
      ["edited", "hand", "kept", "shared"].map((name) => `tests/${name}.txt`).join("\n"),
    );
    expect(repo.read("tests/stale.txt")).toBeNull(); // the checkout is brought along
    expect(done.head).toBe(await repo.user("rev-parse", "main"));
    const again = { ...asked, head: done.head, stages: { written: new Map([wrote("stale"), wrote("kept")]) } };
    expect(await pruneTests(again, 1)).toEqual({ head: done.head, pruned: ["tests/stale.txt"] });
    expect(await pruneTests({ ...again, stages: { written: new Map() } }, 1)).toEqual({ head: done.head, pruned: [] });
  } finally {
    repo.remove();
  }
});
