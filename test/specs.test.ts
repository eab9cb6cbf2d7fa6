import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { healthOf } from "../packages/governor/src/specs.ts";
import { commitAll, dgov, eventsOf, git, type Place, writeIn } from "./repo.ts";
import { bash, type Call, done, layTasks } from "./scripted.ts";

setDefaultTimeout(180_000); // each run has processes of its own, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const SPEC = "# Paying\n\n- PAY-1: A card MUST be charged once.\n- PAY-2: An amount SHOULD be rounded.\n";
const CHANGED = SPEC.replace("charged once", "charged twice");
const FILES = { "docs/paying.md": SPEC, "tests/a.txt": "fine\n" };
const TABLE = '[specs.paying]\npaths = ["docs/*.md"]\n';
const REQUIRED = `${TABLE}required = true\n`;
const TESTS = { test_cmd: "! grep -r BAD {test_dir}" };

const puts = (path: string, text: string): Call => bash(`cat > ${path} <<'END'\n${text}END`);

/** A plan of one task over a project with a document that says what is to be. */
function lay(calls: readonly Call[], table: string, project: Record<string, string> = {}): Place {
  const place = layTasks(
    { a: { claims: 'files.touch = ["docs/", "src/"]', attempts: [[...calls, done]] } },
    { tables: `${table}[limits]\nsettlement_retries = 0\n`, project, files: FILES },
  );
  open.push(place);
  return place;
}

/** What the gates said that ran or judge documents, and how the task ended. */
const story = (place: Place): string[] =>
  eventsOf(place).flatMap((event) => {
    if (event.kind === "gate_judged" && (event.gate === "specs" || event.gate === "tests"))
      return [
        [event.gate, event.verdict, event.command ? "ran" : "", ...event.findings.map(({ code }) => code)]
          .filter(Boolean)
          .join(" "),
      ];
    if (event.kind === "candidate_rejected") return [`rejected ${event.gate} ${event.blame}`];
    return event.kind === "task_landed" ? ["landed"] : [];
  });

type Document = {
  path: string;
  state: string;
  by: { run: string; task: string | null } | null;
  added: string[];
  changed: string[];
  gone: string[];
};
function status(
  place: Place,
  ...flags: string[]
): { status: number | null; documents: Document[]; health: unknown; gone: string[] } {
  const said = dgov(place, "spec", "status", "--json", ...flags);
  const view = JSON.parse(said.stdout);
  return {
    status: said.status,
    documents: view.specs.flatMap((one: { documents: Document[] }) => one.documents),
    health: view.health,
    gone: view.gone,
  };
}

const edits = puts("docs/paying.md", CHANGED);

test.each<[what: string, call: Call, table: string, project: Record<string, string>, told: string[]]>([
  ["a document that changes has all tests run", edits, REQUIRED, TESTS, ["tests pass ran", "specs pass", "landed"]],
  [
    "one that changes without its gate is refused",
    edits,
    REQUIRED,
    {},
    ["specs reject spec_ungated", "rejected specs task"],
  ],
  ["and only told where it is not required", edits, TABLE, {}, ["specs pass spec_ungated", "landed"]],
  [
    "a gate that found nothing to do has not run",
    edits,
    `${REQUIRED}gate = "lint"\n`,
    { ...TESTS, lint_cmd: "! grep BAD {file}" },
    ["tests pass", "specs reject spec_ungated", "rejected specs task"],
  ],
  ["work elsewhere is none of its business", puts("src/c.txt", "c\n"), REQUIRED, {}, ["specs pass", "landed"]],
  ["a project without such documents is not asked", edits, "", TESTS, ["tests pass", "landed"]],
])("D22 %s", (_what, call, table, project, told) => {
  const place = lay([call], table, project);
  dgov(place, "run", "p", "--yes");
  expect(story(place)).toEqual(told);
});

test("D22 what a gate has run on is covered by that run, and nothing else is", () => {
  const place = lay([edits], REQUIRED, TESTS);
  expect(status(place, "--fail-on-drift")).toMatchObject({
    status: 1,
    documents: [{ path: "docs/paying.md", state: "unknown", by: null }],
  });
  dgov(place, "run", "p", "--yes");
  const covered = status(place, "--fail-on-drift");
  expect(covered).toMatchObject({
    status: 0,
    documents: [{ state: "covered", by: { task: "tasks/main.a" } }],
    health: { covered: 2, value: 100 },
  });
  // A change that no gate has seen is reported, whoever made it.
  writeIn(place.root, "docs/paying.md", SPEC.replace("rounded", "cut off"));
  expect(status(place, "--fail-on-drift")).toMatchObject({
    status: 1,
    documents: [{ state: "unknown" }],
    health: { unknown: 2, value: 0 },
  });
});

test("D22 a changed document is reported against the baseline, by its requirements", () => {
  const place = lay([], TABLE);
  const saved = dgov(place, "spec", "baseline");
  expect([saved.status, saved.stdout]).toEqual([0, expect.stringContaining("1 document with 2 requirements")]);
  commitAll(place, "as it is");
  expect(status(place, "--fail-on-drift")).toMatchObject({
    status: 0,
    documents: [{ state: "accepted" }],
    health: { accepted: 2, value: 50 },
  });
  writeIn(
    place.root,
    "docs/paying.md",
    `${CHANGED.replace("- PAY-2: An amount SHOULD be rounded.\n", "")}\nIt MAY wait.\n`,
  );
  writeIn(place.root, "docs/new.md", "Nothing yet\n");
  const { status: exit, documents, health } = status(place, "--fail-on-drift");
  expect(exit).toBe(1);
  expect(documents.map(({ path, state }) => `${path} ${state}`)).toEqual([
    "docs/new.md unknown",
    "docs/paying.md drifted",
  ]);
  expect(documents[1]).toMatchObject({ added: [expect.stringMatching(/^R-/)], changed: ["PAY-1"], gone: ["PAY-2"] });
  expect(health).toEqual({ covered: 0, accepted: 0, drifted: 2, unknown: 1, value: 0 });
  git(place, "rm", "-q", "-f", "docs/paying.md");
  expect(status(place).gone).toEqual(["docs/paying.md"]);
  const { status: plain_exit, stdout } = dgov(place, "spec", "status");
  expect([plain_exit, stdout]).toEqual([
    0,
    expect.stringContaining("Health: 0 of 100 = (0 covered + 0 accepted / 2) of 1 requirements"),
  ]);
});

test("D22 health says what it is made of", () => {
  const one = (state: "covered" | "accepted" | "drifted" | "unknown", requirements: number) => ({
    state,
    requirements,
  });
  expect(healthOf([])).toEqual({ covered: 0, accepted: 0, drifted: 0, unknown: 0, value: null });
  expect(healthOf([one("covered", 3), one("accepted", 2), one("drifted", 4), one("unknown", 0)])).toEqual({
    covered: 3,
    accepted: 2,
    drifted: 4,
    unknown: 1,
    value: 40,
  });
});

test("D22 preflight asks the same, and what is kept of a quiet project does not hide it", () => {
  const place = lay([], REQUIRED);
  writeIn(place.root, "src/c.txt", "c\n");
  git(place, "add", "-A");
  expect(dgov(place, "preflight").status).toBe(0);
  writeIn(place.root, "docs/paying.md", CHANGED);
  git(place, "add", "-A");
  expect(dgov(place, "preflight").status).toBe(1); // without flags it is answered at once, where that is enough
  const { status: exit, stdout } = dgov(place, "preflight", "--json");
  expect([exit, JSON.parse(stdout).gates.at(-1)]).toMatchObject([
    1,
    { gate: "specs", findings: [{ code: "spec_ungated" }] },
  ]);
});

test("D22 D26 the drill of the gate fires where a document is required", () => {
  const rows = (place: Place) =>
    JSON.parse(dgov(place, "gates", "drill", "--json").stdout).rows as { gate: string; result: string }[];
  const results = (place: Place) => rows(place).flatMap(({ gate, result }) => (gate === "specs" ? [result] : []));
  expect(results(lay([], REQUIRED, TESTS))).toEqual(["fired"]);
  expect(results(lay([], TABLE))).toEqual(["not_drilled"]);
  expect(results(lay([], ""))).toEqual([]);
});

test("D22 spec extract lists what a document asks for, and says what is wrong with the question", () => {
  const place = lay([], "");
  const view = JSON.parse(dgov(place, "spec", "extract", "docs/paying.md", "--json").stdout);
  expect(view.requirements.map(({ id, strength }: { id: string; strength: string }) => `${id} ${strength}`)).toEqual([
    "PAY-1 must",
    "PAY-2 should",
  ]);
  expect(dgov(place, "spec", "extract", "docs/paying.md").stdout).toContain(
    "PAY-1 must docs/paying.md:3 A card MUST be charged once.",
  );
  const asked = (...args: string[]) => {
    const { status: exit, stdout } = dgov(place, "spec", ...args, "--json");
    return [exit, JSON.parse(stdout).error?.message];
  };
  expect(asked("extract", "no.md")).toEqual([2, 'Cannot read "no.md": it is not there']);
  expect(asked("status")).toEqual([2, "Cannot look at documents: .dgov/project.toml names none"]);
});

test("D22 a baseline that is none is refused with its place", () => {
  const place = lay([], TABLE);
  for (const text of ["{", '{"version": 2, "documents": {}}', '{"version": 1, "documents": {}, "more": 1}']) {
    writeIn(place.root, ".dgov/specs.json", text);
    expect(dgov(place, "spec", "status")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('Cannot use ".dgov/specs.json"'),
    });
  }
});

test.each<[table: string, said: RegExp]>([
  [`${TABLE}gate = "test"\n`, /no gate|none of this name; the nearest is "tests"/],
  [`${TABLE}gate = "specs"\n`, /none of this name/],
  ["[specs.paying]\npaths = []\n", /paths/],
  ['[specs.paying]\npaths = [" "]\n', /blank/],
  [`${TABLE}requires = true\n`, /required/],
])("D22 a table that says nothing sensible is refused: %s", (table, said) => {
  const { status: exit, stdout, stderr } = dgov(lay([], table), "validate", "p");
  expect([exit, `${stdout}${stderr}`]).toEqual([3, expect.stringMatching(said)]);
});
