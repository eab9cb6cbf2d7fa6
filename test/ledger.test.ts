import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { dgov, git, type Place, readIn, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(120_000); // whole runs, on a machine that may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

function lay(): Place {
  const place = layTasks(
    { a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] } },
    {
      project: { test_cmd: "grep -q good verdict.txt" },
      files: { "verdict.txt": "bad\n" },
      tables: "[limits]\nsettlement_retries = 0\n",
    },
  );
  open.push(place);
  return place;
}

describe("the ledger on the command line", () => {
  test("G1 add, list and resolve say what dgov 0.8 says, and --json the same as data", () => {
    const place = lay();
    const said = (...args: string[]) => {
      const { status, stdout, stderr } = dgov(place, "ledger", ...args);
      return { status, out: stdout.trimEnd(), err: stderr.split("\n")[0] };
    };
    expect(said("list", "-c", "capability").out).toBe("No open capabilities found.");
    expect(said("add", "rule", "money is in cents", "--path", "src/").out).toBe("Added rule entry #1");
    expect(said("add", "bug", "it is slow").out).toBe("Added bug entry #2");
    expect(said("list").out).toBe("#2 [bug] it is slow\n#1 [rule] money is in cents");
    expect(said("list", "-c", "rule", "-q", "CENTS").out).toBe("#1 [rule] money is in cents");
    expect(JSON.parse(said("list", "-c", "rule", "--json").out)).toMatchObject({
      entries: [{ id: 1, category: "rule", status: "open", affected_paths: ["src/"] }],
    });
    expect(said("resolve", "2").out).toBe("Resolved entry #2");
    expect(said("resolve", "2").out).toBe("Entry #2 is resolved already");
    expect(said("resolve", "999")).toEqual({ status: 0, out: "Entry #999 not found", err: "" });
    expect(said("list", "-s", "resolved").out).toBe("#2 [bug] it is slow");
    expect(said("add", "idea", "x")).toMatchObject({ status: 2, out: "" });
    expect(said("list", "-r", "/").out).toBe("No open entries found.");
  });

  test("G5 G6 what two runs could not land is one open entry, until it lands or a commit shows it", () => {
    const place = lay();
    const run = () => dgov(place, "run", ".dgov/plans/p", "--continue").status;
    const list = (...more: string[]) => dgov(place, "ledger", "list", ...more).stdout.trimEnd();
    expect([run(), run()]).toEqual([1, 1]);
    expect(list()).toMatch(/^#1 \[bug\] p tasks\/main\.a is refused at tests: [^\n]+$/);
    const refused = dgov(place, "ledger", "resolve", "1", "--json");
    expect({ status: refused.status, code: JSON.parse(refused.stdout).error.code }).toEqual({
      status: 1,
      code: "ledger_unproven",
    });
    writeIn(place.root, "verdict.txt", "good\n");
    git(place, "add", "verdict.txt");
    git(place, "commit", "-q", "-m", "the reason is gone");
    expect(run()).toBe(0);
    expect(readIn(place, "src/a.txt")).toContain("omega");
    expect(list()).toBe("No open entries found.");
    const [entry] = JSON.parse(list("-s", "resolved", "--json")).entries;
    expect(entry).toMatchObject({ id: 1, seen: 2, commit: git(place, "rev-parse", "HEAD").trim() });
  });
});
