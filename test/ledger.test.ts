import { Database } from "bun:sqlite";
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
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

  test("G15 an entry that was changed is told to nobody, and said so wherever it is met, until it is accepted", () => {
    const place = lay();
    const verify = () => dgov(place, "ledger", "verify");
    dgov(place, "ledger", "add", "rule", "money is in cents");
    dgov(place, "ledger", "add", "rule", "no globals");
    expect(verify()).toMatchObject({ status: 0, stdout: expect.stringContaining("2 of 2 entries have a hash") });
    const db = new Database(join(place.root, ".dgov/state.db"), { readwrite: true });
    db.run("UPDATE ledger SET content = 'money is in floats' WHERE id = 1");
    db.close();
    expect(verify()).toMatchObject({ status: 1, stdout: expect.stringContaining("Entry #1 was changed") });
    expect(dgov(place, "ledger", "list").stderr).toContain('"dgov ledger accept"');
    const { entries, faults } = JSON.parse(dgov(place, "ledger", "list", "--json").stdout);
    expect(entries).toMatchObject([{ integrity: { is: "sealed" } }, { integrity: { is: "edited" } }]);
    expect(faults).toEqual({ broken_at: null, edited: [1], missing: [] });
    const run = dgov(place, "run", ".dgov/plans/p");
    expect(run.stderr).toContain(
      'is not told #1 of the ledger, changed since it was written: see "dgov ledger verify"',
    );
    expect(dgov(place, "log", "verify").status).toBe(0);
    expect(dgov(place, "ledger", "accept").stdout).toContain("Entry #1 was changed");
    expect(verify().status).toBe(0);
    expect(dgov(place, "ledger", "accept").stdout).toContain("nothing to accept");
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
