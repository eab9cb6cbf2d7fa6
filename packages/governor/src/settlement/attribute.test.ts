import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { EventOf } from "@dgov/kernel";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Project } from "../project.ts";
import { eventsIn, openSite, workOf } from "../testing/site.ts";
import { tell } from "../view/story.ts";
import { judge } from "./judge.ts";

setDefaultTimeout(60_000); // many processes each, and the machine may be busy

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

type Files = Record<string, string>;
type Case = {
  files?: Files;
  work?: Files;
  landed?: Files; // since the work began
  commands?: Partial<Project["commands"]>;
  test_cmd?: string;
};
const CLAIMS = { files: { create: [], edit: ["a.txt", "b.py"], delete: [], read: [], touch: [] } };

/** Judges the work, which is to be refused. @returns the event, the verdicts on record, and the trees that were asked besides */
async function refuse({
  files = { "a.txt": "one\n" },
  work = { "a.txt": "two\n" },
  landed,
  commands = {},
  test_cmd,
}: Case) {
  const unit: Partial<CompiledTask> = { ...CLAIMS, test_cmd: test_cmd ?? null };
  const place = await openSite({ files, commands, unit });
  open.push(place);
  await workOf(place, work);
  if (landed) await place.repo.commit(landed, "by a person");
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
  await place.site.pool.close();
  const events = eventsIn(place.log);
  const refused = events.find((event): event is EventOf<"candidate_rejected"> => event.kind === "candidate_rejected");
  const verdicts = events.flatMap((event) => (event.kind === "gate_judged" ? [`${event.gate} ${event.verdict}`] : []));
  const logs = [...new Bun.Glob("out/**/{head,alone}/tests.log").scanSync({ cwd: place.repo.folder })];
  const asked = logs.map((path) => path.split("/").at(-2)).sort();
  return { refused, verdicts, asked, words: refused ? tell(refused)?.text : "" };
}

const RED_TOGETHER = "! grep -q two a.txt || ! grep -q moved b.txt";

test.each<[string, Case, string, EventOf<"candidate_rejected">["blame"]]>([
  ["its own tests go red", { commands: { test: "grep -q one a.txt" } }, "tests", "task"],
  ["the head was red before", { commands: { test: "false" } }, "tests", "base"],
  [
    "the head was red before, and more has landed",
    { commands: { test: "false" }, landed: { "c.txt": "x" } },
    "tests",
    "base",
  ],
  [
    "its own work is red, and something else has landed",
    { commands: { test: "grep -q one a.txt" }, landed: { "c.txt": "x\n" } },
    "tests",
    "task",
  ],
  [
    "D15 it is red only with what has landed",
    { files: { "a.txt": "one\n", "b.txt": "one\n" }, commands: { test: RED_TOGETHER }, landed: { "b.txt": "moved\n" } },
    "tests",
    "integration",
  ],
  ["its own test is red, as it was before", { test_cmd: "grep -q three a.txt" }, "tests", "task"],
  [
    "its own test is red, and the project's too",
    { test_cmd: "grep -q three a.txt", commands: { test: "false" } },
    "tests",
    "task",
  ],
  [
    "the project's test is red before, and its own is green",
    { test_cmd: "grep -q two a.txt", commands: { test: "false" } },
    "tests",
    "base",
  ],
  ["no program is there", { commands: { test: "no-such-runner" } }, "tests", "environment"],
  [
    "it took the program away",
    { files: { "a.txt": "true\n" }, commands: { test: "$(cat a.txt)" }, work: { "a.txt": "no-such\n" } },
    "tests",
    "unknown",
  ],
  [
    "it took away the program that would have been ended",
    {
      files: { "a.txt": "kill -9 $$\n" },
      commands: { test: 'sh -c "$(cat a.txt)"' },
      work: { "a.txt": "no-such-runner\n" },
    },
    "tests",
    "unknown",
  ],
  [
    "its own test is green now, and the project's is red now",
    { test_cmd: "grep -q two a.txt", commands: { test: "grep -q one a.txt" } },
    "tests",
    "task",
  ],
  [
    "its tests need what the setup makes",
    {
      files: { "a.txt": "one\n", ".gitignore": "t.sh\n" },
      commands: { setup: "echo grep -q one a.txt > t.sh", test: "sh t.sh" },
    },
    "tests",
    "task",
  ],
  ["a check ends by a signal", { commands: { test: "kill -9 $$" } }, "tests", "unknown"],
  ["no tree can be set up", { commands: { setup: "false", test: "true" } }, "setup", "environment"],
  ["it breaks the setup", { commands: { setup: "grep -q one a.txt", test: "true" } }, "setup", "task"],
  [
    "a new complaint of a type check",
    { work: { "b.py": "x\n" }, commands: { type_check: "grep -nH x b.py && exit 1 || exit 0" } },
    "types",
    "task",
  ],
  [
    "a lint that says nothing of use of either",
    { work: { "b.py": "x\n" }, commands: { lint: "echo no words of use; exit 1" } },
    "lint",
    "base",
  ],
  ["a claim is broken", { work: { "c.txt": "x\n" } }, "claims", "task"],
  ["it cannot be merged", { landed: { "a.txt": "three\n" } }, "integration", "integration"],
])("D19 %s", async (_, asked, gate, blame) => {
  const { refused } = await refuse(asked);
  expect([refused?.gate, refused?.blame]).toEqual([gate, blame]);
});

test("D19 a red base is told as such, and what was asked to know it is in no record", async () => {
  const { words, verdicts } = await refuse({ commands: { lint: "true {file}", test: "false" } });
  expect(words).toEndWith("(the target's head fails it too, without this work)");
  expect(verdicts).toEqual(["claims pass", "lint pass", "tests reject"]);
  const own = await refuse({ commands: { test: "grep -q one a.txt" } });
  expect(own.words).toEndWith("(exit status 1)");
});

test("D19 where nothing has landed since, the work is not asked once more", async () => {
  const commands = { test: "grep -q one a.txt" };
  expect((await refuse({ commands })).asked).toEqual(["head"]);
  expect((await refuse({ commands, landed: { "c.txt": "x\n" } })).asked).toEqual(["alone", "head"]);
  expect((await refuse({ commands: { test: "kill -9 $$" } })).asked).toEqual([]);
});
