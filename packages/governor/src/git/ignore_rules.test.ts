import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { createGit } from "./git.ts";
import { ignoreRules } from "./ignore_rules.ts";
import { type Repository, repository } from "./testing/repository.ts";

setDefaultTimeout(60_000);

const made: Repository[] = [];
afterEach(() => {
  for (const repo of made.splice(0)) repo.remove();
});

test("rules of one commit after another are those that a first look finds", async () => {
  const repo = await repository({
    ".gitignore": "*.log\n",
    "pkg/.gitignore": "tmp/\n/own\n",
    "pkg/a.gitignore": "no\n",
  });
  made.push(repo);
  const commits = [
    await repo.user("rev-parse", "HEAD"),
    await repo.commit({ "deep/er/.gitignore": "x\n!y\n", "pkg/b.txt": "b\n" }, "another folder"),
    await repo.commit({ ".gitignore": "*.tmp\n" }, "the first says something else"),
    await repo.commit({ "pkg/.gitignore": { link: "../.gitignore" } }, "a link has no rules"),
  ];
  const inTurn: string[] = [];
  for (const commit of [...commits, ...commits.toReversed()]) inTurn.push(await ignoreRules(repo.git, commit));
  const fresh = await Promise.all(commits.map((commit) => ignoreRules(createGit(repo.root), commit)));
  expect(inTurn).toEqual([...fresh, ...fresh.toReversed()]);
  expect(fresh).toEqual([
    "*.log\n/pkg/**/tmp/\n/pkg/own\n",
    "*.log\n/pkg/**/tmp/\n/pkg/own\n/deep/er/**/x\n!/deep/er/**/y\n",
    "*.tmp\n/pkg/**/tmp/\n/pkg/own\n/deep/er/**/x\n!/deep/er/**/y\n",
    "*.tmp\n/deep/er/**/x\n!/deep/er/**/y\n",
  ]);
});
