import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "@dgov/kernel";
import { type GiveSetup, type KeptSetup, keptSetup } from "./kept_setup.ts";
import { judge } from "./settlement/judge.ts";
import { projectWith } from "./settlement/testing/parts.ts";
import { eventsIn, openSite, workOf } from "./testing/site.ts";

setDefaultTimeout(60_000);

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

const FILES = { "lock.txt": "one\n", "a.txt": "one\n" };
const never = new AbortController().signal;

/** @param setup_reads what the project says that its setup reads */
async function lay(
  setup: string,
  { files = FILES, setup_reads = ["lock.txt"], include = false, test = null as string | null } = {},
) {
  const { sandbox } = projectWith("/", {}).rules;
  const rules = { sandbox: { ...sandbox, worktree: { ...sandbox.worktree, setup_reads, include } } };
  const place = await openSite({ files, commands: { setup, test, lint: test }, rules });
  open.push(place);
  const { site, repo } = place;
  const count = join(repo.folder, "count");
  writeFileSync(count, "");
  const project = { ...site.project, commands: { ...site.project.commands, setup: `echo x >> ${count}; ${setup}` } };
  const own = { ...site, project };
  const ask = async (): Promise<KeptSetup> => {
    const [commit, tree] = [await repo.user("rev-parse", "HEAD"), await repo.user("rev-parse", "HEAD^{tree}")];
    return keptSetup(own, { commit, tree, keeps: false }, never);
  };
  const kept = () => {
    const folder = join(site.pool.cache, "setups");
    return { folder, names: existsSync(folder) ? readdirSync(folder) : [] };
  };
  const room = (name: string): string => {
    const root = join(repo.folder, name);
    mkdirSync(root);
    return root;
  };
  return { ...place, site: own, ask, kept, room, ran: () => readFileSync(count, "utf8").split("\n").length - 1 };
}

function giving(kept: KeptSetup): GiveSetup {
  if ("why_not" in kept) throw new Error(`It is not kept: ${kept.why_not}`);
  return kept.give;
}

test("what a setup makes of the same files is made once, whatever else there is, and given as copies", async () => {
  const { ask, repo, ran, room } = await lay("mkdir -p made/deep && cp lock.txt made/deep/x && ln -s x made/deep/link");
  const [one, other, third] = ["one", "other", "third"].map(room) as [string, string, string];
  expect(await giving(await ask())(one)).toBe(true);
  await repo.commit({ "a.txt": "two\n" });
  writeFileSync(join(one, "made/deep/x"), "somebody was here\n");
  expect(await giving(await ask())(other)).toBe(true);
  expect(readFileSync(join(other, "made/deep/link"), "utf8")).toBe("one\n");
  expect(readdirSync(other)).toEqual(["made"]); // not the files that it was made of
  expect(ran()).toBe(1);
  await repo.commit({ "lock.txt": "two\n" });
  await giving(await ask())(third);
  expect([readFileSync(join(third, "made/deep/x"), "utf8"), ran()]).toEqual(["two\n", 2]);
});

test("it is made of the files that the project names, and of no others", async () => {
  const files = { "lock.txt": "", "a.txt": "", "packages/b/lock.txt": "", "packages/b/a.txt": "" };
  const setup =
    "all=$(find . -type f -not -path './.git*' | sort); echo \"$all\" > seen; cp seen packages/b/made; echo other > lock.txt";
  const { ask, room } = await lay(setup, { files, setup_reads: ["**/lock.txt"] });
  const root = room("one");
  await giving(await ask())(root);
  expect(readFileSync(join(root, "seen"), "utf8")).toBe("./lock.txt\n./packages/b/lock.txt\n");
  expect(readdirSync(join(root, "packages/b"))).toEqual(["made"]);
  expect(existsSync(join(root, "lock.txt"))).toBe(false); // what it wrote anew is the tree's, and no part of this
});

test("those who want it at one time wait for one", async () => {
  const { ask, ran } = await lay("sleep 0.2; mkdir made");
  const all = await Promise.all([ask(), ask(), ask()]);
  expect(all.map((kept) => "give" in kept)).toEqual([true, true, true]);
  expect(ran()).toBe(1);
});

test.each<[why: string, setup: string, said: RegExp]>([
  ["wants more than those files", "cp a.txt made", /^setup_cmd failed \(exit status 1\): /],
  ["names the folder in a file", "mkdir -p m && pwd > m/x", /^"m\/x" has the path in it where it was made$/],
  ["names the folder in a link", "mkdir m; ln -s $(pwd)/m l", /^"l" has the path in it where it was made$/],
])("a setup that %s is run in each worktree, and tried again an hour later", async (_, setup, said) => {
  const { ask, ran, kept } = await lay(setup);
  const asked = async () => {
    const found = await ask();
    return "why_not" in found ? (found.why_not ?? "") : "it is kept";
  };
  expect([await asked(), await asked()].every((why) => said.test(why))).toBe(true);
  expect(ran()).toBe(1);
  const { folder, names } = kept();
  const long_ago = new Date(Date.now() - 2 * 60 * 60_000);
  utimesSync(join(folder, names[0]!, "why_not"), long_ago, long_ago);
  expect(await asked()).toMatch(said);
  expect([ran(), kept().names]).toEqual([2, names]);
});

test("nothing is kept where nobody asks for it, other files are put there, too, or there is nothing to be read", async () => {
  const silent = await lay("mkdir made", { setup_reads: [] });
  expect(await silent.ask()).toEqual({ why_not: null });
  const furnished = await lay("mkdir made", { include: true });
  expect(await furnished.ask()).toEqual({ why_not: "[worktree] include puts other files there, too" });
  const wrong = await lay("mkdir made", { setup_reads: ["lock.toml"] });
  expect(await wrong.ask()).toEqual({ why_not: "none of the files in [worktree] setup_reads is there" });
  expect([silent.ran(), furnished.ran(), wrong.ran()]).toEqual([0, 0, 0]);
});

test("what stands in its way stays, and no link leads it elsewhere", async () => {
  const { ask, room } = await lay("mkdir -p made/deep && echo new | tee made/x made/deep/y made/z");
  const [root, outside] = [room("one"), room("outside")];
  mkdirSync(join(root, "made"));
  writeFileSync(join(root, "made/x"), "tracked\n");
  symlinkSync(outside, join(root, "made/deep"));
  symlinkSync(join(outside, "z"), join(root, "made/z"));
  await giving(await ask())(root);
  expect(readFileSync(join(root, "made/x"), "utf8")).toBe("tracked\n");
  expect(readdirSync(outside)).toEqual([]);
});

test("the last few are kept; who finds one thrown away runs the setup", async () => {
  const { ask, repo, kept, room } = await lay("cp lock.txt made");
  const first = giving(await ask());
  const [own] = kept().names;
  for (let at = 0; at < 6; at++) {
    const { folder, names } = kept();
    for (const name of names) utimesSync(join(folder, name, "used"), at + 1, at + (name === own ? 0 : 1));
    await repo.commit({ "lock.txt": `${at}\n` });
    await ask();
  }
  expect(kept().names).toHaveLength(6);
  expect(kept().names).not.toContain(own!);
  expect(await first(room("one"))).toBe(false);
  const half = join(kept().folder, "0.next-1");
  mkdirSync(half);
  for (const lock of ["8\n", "9\n"]) {
    await repo.commit({ "lock.txt": lock });
    await ask();
    expect(existsSync(half)).toBe(lock === "8\n"); // somebody may be at work in it, but not for so long
    if (existsSync(half)) utimesSync(half, 1, 1);
  }
  for (const lock of ["10\n", "11\n", "12\n", "13\n", "14\n", "15\n"]) {
    await repo.commit({ "lock.txt": lock });
    await ask();
  }
  expect(kept().names.length).toBeGreaterThan(6); // all were used just now: somebody may be copying
});

test("gates find what setups have made of the same files, and the project hears why it is not kept", async () => {
  const files = { ...FILES, "lock.txt": "one\n" };
  const judged = async (setup: string) => {
    const place = await lay(setup, { files, test: "test -f made/x && ! test -f lock.txt.bak" });
    await workOf(place, { "a.txt": "two\n" });
    await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, never);
    await place.site.pool.close();
    const told = ({ kind, ...event }: Event) =>
      kind === "gate_judged" && "findings" in event
        ? [`${"gate" in event ? event.gate : ""} ${event.findings.map(({ code }) => code)}`.trim()]
        : [];
    return { said: eventsIn(place.log).flatMap(told), ran: place.ran() };
  };
  expect(await judged("mkdir -p made && cp lock.txt made/x")).toEqual({
    said: ["claims", "setup", "lint", "tests"],
    ran: 1,
  });
  const more = await judged("mkdir -p made && cp a.txt made/x");
  expect(more).toEqual({ said: ["claims", "setup setup_not_kept", "lint", "tests"], ran: 2 });
});
