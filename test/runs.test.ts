import { afterEach, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dgov, eventsOf, git, layOut, type Place } from "./repo.ts";
import { story } from "./story.ts";

const ROOT = join(import.meta.dir, "fixtures/runs");
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** The rows of the feature table that a folder is the whole-program test of. */
const ROWS: Readonly<Record<string, string>> = {
  diamond_with_failing_middle: "C4",
  done_with_nothing_changed: "D5",
  gate_hangs_with_a_child: "C6",
  never_says_done: "C9",
  out_of_scope_edit_refused: "C7 D1",
  reviewer_only_reports: "C13",
  semantic_caller_that_no_longer_fits: "D14",
  semantic_text_conflict_is_merged_by_symbol: "D14",
  semantic_two_tasks_in_one_file: "D23",
  tests_that_rewrite_what_they_judge: "D8",
  text_conflict_is_retried_on_the_new_head: "D13 C11",
  worker_adds_a_symlink: "D1",
  worker_changes_gitignore: "D1",
  worker_commits_by_itself: "D1",
  worker_renames: "D1",
  worker_touches_and_restores: "D4",
};

// One test for each folder: the whole program, real git, the real jail, a scripted model. UPDATE=1 rewrites expect.txt.
for (const name of readdirSync(ROOT).sort())
  test(`${ROWS[name] ?? ""} ${name}`.trim(), () => {
    const place = layOut(join(ROOT, name));
    open.push(place);
    const before = git(place, "rev-parse", "HEAD").trim();
    const ran = dgov(place, "run", ".dgov/plans/p", "--jobs", "2");
    const text = [
      `exit ${ran.status}`,
      ...story(eventsOf(place)),
      "",
      git(place, "diff", "--no-renames", "--no-color", before, "main").replace(/^index .*\n/gm, ""),
    ].join("\n");
    const expected = join(ROOT, name, "expect.txt");
    if (process.env.UPDATE) writeFileSync(expected, text);
    const wanted = existsSync(expected)
      ? readFileSync(expected, "utf8")
      : "(no expect.txt: run with UPDATE=1 and read it)";
    if (text !== wanted) console.error(ran.stdout, ran.stderr);
    expect(text).toBe(wanted);
    expect(git(place, "status", "--porcelain")).toBe("");
    expect(git(place, "fsck", "--no-dangling", "--no-progress")).toBe("");
  }, 60_000);

test("every row has its folder", () => {
  expect(Object.keys(ROWS).filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});
