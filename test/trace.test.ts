import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, type Place, writeIn } from "./repo.ts";
import { done, edit, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000);
const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const CONTRACT = `version = 1

[requirements.must]
text = "It says omega"
tasks = ["tasks/main.a"]
verified_by = ["task:tasks/main.a", "gate:tests"]
code = ["src/a.txt"]

[requirements.checked]
text = "The check passes"
verified_by = ["test:T"]
code = ["src/b.txt"]

[requirements.wish]
level = "could"
text = "Somebody has looked"
verified_by = ["verify:look"]

[tests.T]
at = "src/b.txt"
verifies = ["checked"]
by = "verify:unit"

[risk.rollback]
triggers = ["It says alpha"]
steps = ["git revert"]

[risk.smoke]
checks = ["verify:unit"]
`;

function lay(): Place {
  const place = layTasks(
    { a: { attempts: [[edit("src/a.txt", "alpha", "omega"), done]] } },
    {
      project: { test_cmd: "grep -q a src/a.txt" },
      tables: '[verify.unit]\ncommand = "grep -q beta src/b.txt"\n[verify.look]\ncommand = "true"\n',
      files: { ".dgov/plans/p/_contract.toml": CONTRACT },
    },
  );
  open.push(place);
  return place;
}

type Traced = {
  status: string;
  requirements: { id: string; standing: string }[];
  smoke: { result: string };
  contradictions: number;
};

function trace(
  place: Place,
): { exit: number | null; status: string; smoke: string | undefined } & Record<string, unknown> {
  const { status: exit, stdout } = dgov(place, "plan", "trace", "p", "--json");
  const { status, requirements, smoke, contradictions }: Traced = JSON.parse(stdout);
  const standings = Object.fromEntries(requirements.map(({ id, standing }) => [id, standing]));
  return { exit, status, smoke: smoke?.result, contradictions, ...standings };
}

test("B17 B19 B22 a requirement is met when its verifiers ran on what is checked out, and smoke has three answers", () => {
  const place = lay();
  expect(dgov(place, "compile", "p").status).toBe(0);
  const before = { must: "unknown", checked: "unknown", wish: "unknown", smoke: "inconclusive" };
  expect(trace(place)).toMatchObject({ exit: 1, status: "open", ...before });
  expect(dgov(place, "run", "p").status).toBe(0);
  expect(trace(place)).toMatchObject({ exit: 1, status: "open", ...before, must: "verified" });
  expect(dgov(place, "evidence", "run", "unit").status).toBe(0);
  commitAll(place, "evidence"); // what dgov writes down changes nothing of what it is about
  const met = { must: "verified", checked: "verified", wish: "unknown", smoke: "pass" };
  expect(trace(place)).toMatchObject({ exit: 0, status: "complete", ...met });
  writeIn(place.root, "src/c.txt", "other\n");
  commitAll(place, "something that only the smoke check is about");
  expect(trace(place)).toMatchObject({ exit: 1, status: "open", ...met, smoke: "inconclusive" });
  writeIn(place.root, "src/b.txt", "gamma\n");
  expect(trace(place)).toMatchObject({ exit: 1, checked: "stale", smoke: "inconclusive" }); // not even committed
  commitAll(place, "broken");
  expect(dgov(place, "evidence", "run", "unit").status).not.toBe(0);
  commitAll(place, "evidence of it");
  expect(trace(place)).toMatchObject({ exit: 1, must: "verified", checked: "failed", smoke: "fail" });
  writeIn(place.root, "src/a.txt", "aleph\n");
  commitAll(place, "undone by hand");
  expect(trace(place)).toMatchObject({ must: "stale" });
});

test("B19 a plan that is refuted is traced no further, and is not run", () => {
  const place = lay();
  const file = ".dgov/plans/p/_contract.toml";
  writeIn(place.root, file, readFileSync(join(place.root, file), "utf8").replace('"gate:tests"', '"gate:test"'));
  commitAll(place, "a false contract");
  expect(trace(place)).toMatchObject({ exit: 3, status: "refuted", contradictions: 1 });
  const run = dgov(place, "run", "p");
  expect(run).toMatchObject({ status: 3, stderr: expect.stringContaining("verifier_unknown") });
  const refuted = dgov(place, "plan", "refute", "p");
  expect(refuted).toMatchObject({ status: 3, stdout: expect.stringContaining("Refuted: 1 contradiction") });
});

test("B22 a gate that found nothing to do is no verifier", () => {
  const place = lay();
  const file = ".dgov/plans/p/_contract.toml";
  writeIn(place.root, file, readFileSync(join(place.root, file), "utf8").replace('"gate:tests"', '"gate:lint"'));
  commitAll(place, "another gate");
  expect(dgov(place, "run", "p").status).toBe(0);
  expect(trace(place)).toMatchObject({ must: "unknown" });
});
