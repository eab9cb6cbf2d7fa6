import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import { openJail } from "../jail.ts";
import { withPreset } from "../presets.ts";
import type { Project } from "../project.ts";
import { eventsIn, openSite, workOf } from "../testing/site.ts";
import { judge } from "./judge.ts";

// Gates in the real jail: what one command leaves must not be what another judges by.

setDefaultTimeout(120_000); // real isolations, and the machine may be busy

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

const main = resolve(import.meta.dir, "../../../cli/src/main.ts");
const self = [process.execPath, "--config=/dev/null", "--no-env-file", main];

async function ask(commands: Partial<Project["commands"]>): Promise<string[]> {
  const place = await openSite({ files: { "a.txt": "one\n", "b.txt": "b\n" }, commands });
  open.push(place);
  const { sandbox } = withPreset({ sandbox: { preset: "default", level: "auto" }, tool_policy: {} });
  const world = { self, now_ms: () => Bun.nanoseconds() / 1e6, env: process.env };
  place.site.jail = await openJail(sandbox, world);
  await workOf(place, { "a.txt": "two\n" });
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
  await place.site.pool.close();
  return eventsIn(place.log).flatMap((event) =>
    event.kind === "gate_judged" && event.gate !== "claims"
      ? [[event.gate, event.verdict, ...event.findings.map(({ code, path }) => `${code}@${path}`)].join(" ")]
      : [],
  );
}

test("a gate finds an empty home and no temporary files of another's; caches stay", async () => {
  const leave = "mkdir -p ~/.config && for f in ~/.config/x $TMPDIR/y $XDG_CACHE_HOME/z; do echo x > $f; done";
  const plant = "mkdir -p $PYTHONPYCACHEPREFIX && echo x > $PYTHONPYCACHEPREFIX/p.pyc";
  const look =
    'test -d ~ && test -z "$(ls -A ~ $TMPDIR | grep -v :)" && test -f $XDG_CACHE_HOME/z && ! ls $PYTHONPYCACHEPREFIX/p.pyc';
  expect(await ask({ lint: `${leave} && ${plant}`, test: look })).toEqual(["lint pass", "tests pass"]);
});

test("a home that is made a link is no home for the next", async () => {
  const lint = "rmdir ~ && ln -s $PWD ~ && rm -rf $TMPDIR";
  expect(await ask({ lint, test: "test -d ~ && test ! -L ~ && touch ~/x $TMPDIR/x" })).toEqual([
    "lint pass",
    "tests pass",
  ]);
});

test("what a gate does to the files is put back, and is nobody's pass", async () => {
  const lint = "rm b.txt; ln -s a.txt b.txt; mkdir -p src; echo x > src/conftest.py";
  expect(await ask({ lint })).toEqual(["lint reject gate_wrote_tracked@b.txt"]);
});

test("git is there to be read, and cannot be made to hide what was changed", async () => {
  const lint = "git status --porcelain && git log -1 --format=%s && git diff HEAD --stat";
  const hide = "git update-index --assume-unchanged b.txt; git add -A; git commit -qam x; echo bad > b.txt; true";
  const looked = await ask({ lint, test: hide });
  expect(looked).toEqual(["lint pass", "tests reject gate_wrote_tracked@b.txt"]);
});

test("what is left running when a command ends changes nothing later", async () => {
  const lint = "(setsid sh -c 'sleep 0.3; echo bad > b.txt; echo bad > new.txt' >/dev/null 2>&1 &) ; true";
  expect(await ask({ lint, test: "sleep 1; grep -q '^b$' b.txt && ! ls new.txt" })).toEqual([
    "lint pass",
    "tests pass",
  ]);
});
