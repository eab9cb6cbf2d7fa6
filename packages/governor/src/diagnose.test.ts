import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Event, RunId } from "@dgov/kernel";
import { diagnose } from "./diagnose.ts";
import { repository } from "./git/testing/repository.ts";
import { openWritable } from "./log.ts";
import { dispatched, ONE, PARTIAL, started, TWO } from "./view/testing/sample_run.ts";

const open: { remove(): void }[] = [];
afterEach(() => {
  for (const repo of open.splice(0)) repo.remove();
});

/** A repository whose log has these runs, the oldest first. */
async function after(...runs: readonly (readonly Event[])[]) {
  const repo = await repository({ "a.txt": "one\n" });
  open.push(repo);
  const log = openWritable(repo.root, { readonly: false });
  for (const [at, events] of runs.entries()) log.appendAll(RunId.parse(`r${at + 1}`), log.lastSeq(), at + 1, events);
  log.close();
  const env = { PATH: process.env.PATH, HOME: repo.folder };
  const names = async (subject: string | null) => {
    const { run, findings, notes } = await diagnose({ cwd: repo.root, env }, subject);
    expect(notes).toEqual([]);
    return { run, names: findings.map(({ name }) => name) };
  };
  return { repo, names, env };
}

const SECOND = [started({ tasks: started().tasks.slice(0, 1) }), dispatched(ONE)];

describe("G13 diagnose", () => {
  test("without a subject it is the last run; a run or a task may be named", async () => {
    const { names } = await after(PARTIAL, SECOND);
    expect(await names(null)).toEqual({ run: "r2", names: ["stale_run_window"] });
    expect(await names("r1")).toEqual({ run: "r1", names: ["worker_never_done", "dependency_failed"] });
    expect(await names(TWO)).toEqual({ run: "r1", names: ["worker_never_done", "dependency_failed"] });
    expect(await names(ONE)).toEqual({ run: "r2", names: ["stale_run_window"] });
    expect(names("core/x.none")).rejects.toThrow('Cannot diagnose "core/x.none"');
  });

  test("a killed run is stale until its plan has another, whatever else has run since", async () => {
    const other = started({ plan_dir: ".dgov/plans/another" });
    const { names } = await after(SECOND, [other, dispatched(ONE)]);
    expect((await names("r1")).names).toEqual(["stale_run_window"]);
    expect((await (await after(SECOND, SECOND)).names("r1")).names).toEqual([]);
  });

  test("where nothing was ever run there is nothing, with or without a repository", async () => {
    const { repo, names, env } = await after();
    expect(await names(null)).toEqual({ run: null, names: [] });
    await expect(names("r1")).rejects.toThrow("Cannot diagnose");
    rmSync(join(repo.root, ".git"), { recursive: true });
    expect(await diagnose({ cwd: repo.root, env }, null)).toMatchObject({ findings: [], notes: [] });
  });

  test.each<[ignore: string, ignored: boolean]>([
    [".dgov/plans/archive/\n", true],
    [".dgov/\n", true],
    ["archive\n", true],
    [".dgov/state.db*\n", false],
    [".dgov/plans/archive/**\n!.dgov/plans/archive/**\n", false],
  ])("archived plans that git ignores are told: %p", async (ignore, ignored) => {
    const { repo, env } = await after();
    writeFileSync(join(repo.root, ".gitignore"), ignore);
    const { findings } = await diagnose({ cwd: repo.root, env }, null);
    expect(findings.map(({ name }) => name)).toEqual(ignored ? ["archive_policy_drift"] : []);
    if (ignored) expect(findings[0]?.evidence).toContain(`.gitignore:1:${ignore.trim()}`);
  });

  test("a check that cannot be made is a note, and no finding", async () => {
    const { repo } = await after();
    const bin = join(repo.folder, "bin");
    mkdirSync(bin);
    const view = await diagnose({ cwd: repo.root, env: { PATH: bin, HOME: repo.folder } }, null);
    expect(view.findings).toEqual([]);
    expect(view.notes).toEqual([expect.stringContaining("Cannot check whether git keeps archived plans")]);
  });
});
