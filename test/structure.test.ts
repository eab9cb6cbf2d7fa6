import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, eventsOf, git, makeRepository, type Place, readIn, writeIn } from "./repo.ts";
import { type Call, done, edit, layTasks, write } from "./scripted.ts";

setDefaultTimeout(180_000); // each run has processes of its own that look at texts, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

/** A function that has so many branches. */
const branching = (name: string, count: number): string =>
  `def ${name}(a):\n${Array.from({ length: count }, (_, at) => `    if a == ${at}:\n        a += 1\n`).join("")}    return a\n`;
const long = (name: string, lines: number): string => `def ${name}(a):\n${"    a += 1\n".repeat(lines - 1)}`;

const FILES = {
  "src/a.py": "import b\n\n\ndef one():\n    return 1\n",
  "src/b.py": `import c\n\n\n${branching("old", 9)}\n\ndef two():\n    return 2\n`,
  "src/c.py": "X = 1\n",
};

/** A plan of one task over a project in Python, with a baseline of its structure. */
function lay(
  calls: readonly Call[],
  { sentrux = "", baseline = true, base = {}, drift = {}, claims = WRITES }: Laid = {},
) {
  const place = layTasks(
    { a: { claims, attempts: [[...calls, done], [done]] } },
    {
      project: { language: "python" },
      tables: `[limits]\nsettlement_retries = 0\n${sentrux}`,
      files: { ...FILES, ...base },
    },
  );
  open.push(place);
  if (!baseline) return place;
  expect(dgov(place, "sentrux", "gate-save").status).toBe(0);
  for (const [path, text] of Object.entries(drift)) writeIn(place.root, path, text);
  commitAll(place, "structure as it is");
  return place;
}

/** `drift`: what a person has committed since the baseline was made. */
const WRITES = 'files.edit = ["src/"]\nfiles.create = ["src/d.py"]';
type Laid = {
  claims?: string;
  sentrux?: string;
  baseline?: boolean;
  base?: Record<string, string>;
  drift?: Record<string, string>;
};

/** What the gate said, and how the task ended. */
const story = (place: Place): string[] =>
  eventsOf(place).flatMap((event) => {
    if (event.kind === "gate_judged" && event.gate === "structure")
      return [
        [event.verdict, ...event.findings.map(({ code, path, line }) => `${code}@${path ?? ""}:${line ?? ""}`)].join(
          " ",
        ),
      ];
    if (event.kind === "candidate_rejected") return [`rejected ${event.gate} ${event.blame}`];
    return event.kind === "task_landed" ? ["landed"] : [];
  });

const STRICT = '[sentrux]\nmode = "strict"\n';

test.each<[string, Call[], Laid, string[]]>([
  [
    "a new function that branches very often is refused",
    [edit("src/a.py", "def one", `${branching("f", 9)}\n\ndef one`)],
    {},
    ["reject structure_complex_functions@src/a.py:4", "rejected structure task"],
  ],
  [
    "GT-28 an old one is nobody's fault, whatever else is changed in its file",
    [edit("src/b.py", "return 2", "return 3")],
    {},
    ["pass", "landed"],
  ],
  [
    "an old one that is made worse is refused",
    [edit("src/b.py", "    return a", "    if a:\n        a = 0\n    return a")],
    {},
    ["reject structure_complex_functions@src/b.py:4", "rejected structure task"],
  ],
  [
    "a circle of imports is refused",
    [edit("src/c.py", "X = 1", "import a\n\nX = 1")],
    {},
    ["reject structure_cycles@src/a.py:", "rejected structure task"],
  ],
  [
    "a file that comes closes one, too",
    [edit("src/c.py", "X = 1", "import d\n\nX = 1"), write("src/d.py", "import a\n")],
    {},
    ["reject structure_cycles@src/a.py:", "rejected structure task"],
  ],
  [
    "a long function is noted",
    [edit("src/a.py", "def one", `${long("f", 45)}\n\ndef one`)],
    {},
    ["pass structure_long_functions@src/a.py:4 structure_degraded@: structure_degraded@:", "landed"],
  ],
  [
    "and refused where the project is strict",
    [edit("src/a.py", "def one", `${long("f", 45)}\n\ndef one`)],
    { sentrux: STRICT },
    ["reject structure_long_functions@src/a.py:4 structure_degraded@: structure_degraded@:", "rejected structure task"],
  ],
  [
    "strict asks no more of who makes nothing worse",
    [edit("src/a.py", "return 1", "return 2")],
    { sentrux: STRICT },
    ["pass", "landed"],
  ],
  [
    "strict does not ask what was worse before",
    [edit("src/a.py", "return 1", "return 2")],
    { sentrux: STRICT, drift: { "src/e.py": long("g", 45) } },
    ["pass structure_degraded@: structure_degraded@:", "landed"],
  ],
  [
    "a file that was missing comes, and closes a circle of others",
    [write("src/d.py", "import a\n")],
    { base: { "src/c.py": "import d\n" } },
    ["reject structure_cycles@src/a.py:", "rejected structure task"],
  ],
  [
    "who has no baseline has not asked for it",
    [edit("src/a.py", "def one", `${branching("f", 9)}\n\ndef one`)],
    { baseline: false },
    ["landed"],
  ],
])("D10 %s", (_name, calls, more, expected) => {
  const place = lay(calls, more);
  dgov(place, "run", ".dgov/plans/p");
  expect(story(place)).toEqual(expected);
});

const json = (place: Place, ...args: string[]) => JSON.parse(dgov(place, "sentrux", ...args, "--json").stdout);

test("sentrux check, gate-save, gate, offenders and status, by symbols", () => {
  const place = makeRepository({ ...FILES, "src/d.py": "import a\n" });
  open.push(place);
  expect(json(place, "check").metrics).toMatchObject({
    files: 4,
    functions: 3,
    total_import_edges: 3,
    complex_fn_count: 1,
  });
  expect(dgov(place, "sentrux", "offenders").stdout).toContain("src/b.py:4 old (cyclomatic=10)");
  for (const command of ["gate", "status"]) {
    const ran = dgov(place, "sentrux", command);
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining("dgov sentrux gate-save")]);
  }
  const saved = json(place, "gate-save");
  expect(saved).toMatchObject({ output: ".sentrux/baseline.json", metadata: true, notice: null });
  expect(JSON.parse(readIn(place, ".sentrux/baseline.json"))).toMatchObject({ total_import_edges: 3, cycle_count: 0 });
  const head = commitAll(place, "structure as it is");
  expect(json(place, "status")).toMatchObject({
    quality: saved.quality,
    made_by: "dgov",
    stale: null,
    age: { commits: 1 },
  });
  expect(head).not.toBe(json(place, "status").accepted_head);
  expect(json(place, "gate")).toMatchObject({ degradation: false, structural_offenders: { new: [] } });

  writeIn(place.root, "src/c.py", "import a\n");
  const degraded = json(place, "gate");
  expect(degraded).toMatchObject({ degradation: true, before: { cycle_count: 0 }, after: { cycle_count: 1 } });
  expect(degraded.structural_offenders.new.map(({ words }: { words: string }) => words)).toEqual([
    '3 files import each other in a circle: "src/a.py", "src/b.py", "src/c.py"',
  ]);
  const told = dgov(place, "sentrux", "gate", "src");
  expect([told.status, told.stdout]).toEqual([0, expect.stringContaining("✗ Cycles increased: 0 -> 1")]);
  expect(dgov(place, "sentrux", "gate", "--fail-on-degradation").status).toBe(1);
});

test("D10 a baseline that is far behind is stale, and one of uncommitted work is of no commit", () => {
  const place = lay([edit("src/a.py", "return 1", "return 2")], { sentrux: "[sentrux]\nstale_commits = 0\n" });
  expect(json(place, "status").stale).toBe("1 commit behind (more than 0)");
  expect(dgov(place, "sentrux", "gate").stderr).toContain("The baseline is 1 commit behind");
  dgov(place, "run", ".dgov/plans/p");
  expect(story(place)).toEqual(["pass structure_stale@:", "landed"]);
  writeIn(place.root, "src/a.py", "x = 1\n");
  const saved = dgov(place, "sentrux", "gate-save");
  expect([saved.status, saved.stderr]).toEqual([0, expect.stringContaining("1 file is not committed")]);
  expect(json(place, "status").accepted_head).toBeNull(); // not the commit of the one before
});

test("a baseline that sentrux made is not compared by its numbers, and one that is none is said to be so", () => {
  const place = lay([edit("src/a.py", "def one", `${branching("f", 9)}\n\ndef one`)]);
  writeIn(
    place.root,
    ".sentrux/baseline.json",
    '{"quality_signal": 0.91, "cycle_count": 7, "total_import_edges": 1}\n',
  );
  commitAll(place, "by another program");
  expect(json(place, "gate")).toMatchObject({ degradation: null, quality_before: 9100 });
  dgov(place, "run", ".dgov/plans/p");
  expect(story(place)).toEqual(["reject structure_complex_functions@src/a.py:4", "rejected structure task"]);
  writeIn(place.root, ".sentrux/baseline.json", "well\n");
  const ran = dgov(place, "sentrux", "status");
  expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining("it is no baseline")]);
});

test("D10 preflight judges structure too, also where nothing else is to be asked", () => {
  const place = lay([]);
  const stage = () => Bun.spawnSync(["git", "add", "-A"], { cwd: place.root, env: place.env });
  writeIn(place.root, "src/a.py", "import b\n");
  stage();
  expect(dgov(place, "preflight").status).toBe(0); // from now on it is known that the configuration asks for nothing
  writeIn(place.root, "src/a.py", `import b\n\n\n${branching("f", 9)}`);
  stage();
  const ran = dgov(place, "preflight");
  expect([ran.status, ran.stdout]).toEqual([
    1,
    expect.stringContaining('"f" in "src/a.py" is past a limit: cyclomatic=10'),
  ]);
});

/** Puts a program sentrux on PATH, whose `gate` says and does this. */
function withSentrux(place: Place, gate: string): void {
  writeIn(
    place.folder,
    "bin/sentrux",
    `#!/bin/sh\ncase "$*" in\n"gate .") ${gate} ;;\n*) echo "ran: $*"; echo "Quality: 7841" ;;\nesac\n`,
  );
  chmodSync(join(place.folder, "bin/sentrux"), 0o755);
  place.env.PATH = `${join(place.folder, "bin")}:${place.env.PATH}`;
}
const BY_SENTRUX = '[sentrux]\nuse = "sentrux"\n';
const DEGRADED = 'echo "Quality: 7841 -> 6853"; echo "✗ DEGRADED"; exit 1';

test("the program sentrux is asked where the project wants it, and one that is missing is said to be", () => {
  const place = lay([], { sentrux: BY_SENTRUX, baseline: false });
  const missing = dgov(place, "sentrux", "check");
  expect([missing.status, missing.stderr]).toEqual([5, expect.stringContaining("there is no program sentrux on PATH")]);
  withSentrux(place, DEGRADED);
  expect(dgov(place, "sentrux", "check").stdout).toBe("ran: check .\nQuality: 7841\n");
  expect(json(place, "gate-save")).toMatchObject({
    by: "sentrux",
    quality: 7841,
    output: "ran: gate --save .\nQuality: 7841\n",
  });
  expect(json(place, "gate")).toMatchObject({ by: "sentrux", quality: 6853, degradation: true });
  expect(dgov(place, "sentrux", "gate").status).toBe(0);
  expect(dgov(place, "sentrux", "gate", "--fail-on-degradation").status).toBe(1);
  expect(dgov(place, "sentrux", "offenders").stdout).toContain("src/b.py:4 old (cyclomatic=10)");
  withSentrux(place, "echo oh no; exit 2");
  const failed = dgov(place, "sentrux", "gate");
  expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining("oh no")]);
});

test.each<[string, string, string, string[]]>([
  ["content", "exit 0", "", ["pass", "sentrux pass", "landed"]],
  ["worse is noted", DEGRADED, "", ["pass", "sentrux pass structure_degraded", "landed"]],
  [
    "worse is refused where the project is strict",
    DEGRADED,
    'mode = "strict"\n',
    ["pass", "sentrux reject structure_degraded", "rejected sentrux base"],
  ],
  ["GT-30 a crash is no answer", "exit 2", "", ["pass", "sentrux broken sentrux_failed", "rejected sentrux unknown"]],
])("the program sentrux as a gate: %s", (_name, gate, more, expected) => {
  const place = lay([edit("src/a.py", "return 1", "return 2")]);
  writeIn(place.root, ".dgov/project.toml", `${readIn(place, ".dgov/project.toml")}${BY_SENTRUX}${more}`);
  commitAll(place, "by sentrux");
  withSentrux(place, gate);
  dgov(place, "run", ".dgov/plans/p");
  const of_sentrux = eventsOf(place).flatMap((event) =>
    event.kind === "gate_judged" && event.gate === "sentrux"
      ? [["sentrux", event.verdict, ...event.findings.map(({ code }) => code)].join(" ")]
      : [],
  );
  expect([story(place)[0] ?? "", ...of_sentrux, ...story(place).slice(1)]).toEqual(expected);
});

const log = (place: Place): string[] => git(place, "log", "--format=%s").trim().split("\n");
const REFRESH = "Refresh sentrux baseline";

test("D10 a whole plan that landed and made nothing worse refreshes the baseline, in a commit of its own", () => {
  const place = lay([edit("src/a.py", "import b\n", "")]);
  const before = JSON.parse(readIn(place, ".sentrux/baseline.json"));
  const ran = dgov(place, "run", ".dgov/plans/p");
  expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining("Refreshed the structure baseline: quality")]);
  expect(log(place)[0]).toBe(REFRESH);
  expect(before.total_import_edges - JSON.parse(readIn(place, ".sentrux/baseline.json")).total_import_edges).toBe(1);
  const about = JSON.parse(readIn(place, ".sentrux/dgov-baseline.json"));
  expect(about).toMatchObject({ schema: 1, accepted_head: git(place, "rev-parse", "HEAD~1").trim() });
  expect(git(place, "status", "--porcelain").trim()).toBe("");
  expect(json(place, "gate")).toMatchObject({ degradation: false, stale: null });
  dgov(place, "run", ".dgov/plans/p"); // there is nothing to do
  expect(log(place).filter((subject) => subject === REFRESH)).toHaveLength(1);
});

test.each<[string, Call[], Laid, string[]]>([
  ["worse", [edit("src/a.py", "def one", `${long("f", 45)}\n\ndef one`)], {}, []],
  ["worse before", [edit("src/a.py", "return 1", "return 2")], { drift: { "src/e.py": long("g", 45) } }, []],
  ["of a part", [edit("src/a.py", "return 1", "return 2")], {}, ["--only", "tasks/main.a"]],
  ["refused", [edit("src/c.py", "X = 1", "import a\n\nX = 1")], {}, []],
  ["without a baseline", [edit("src/a.py", "return 1", "return 2")], { baseline: false }, []],
  ["of those who only look", [], { claims: 'role = "researcher"\nfiles.read = ["src/"]' }, []],
])("D10 a run that is %s refreshes nothing", (name, calls, more, flags) => {
  const place = lay(calls, more);
  const ran = dgov(place, "run", ".dgov/plans/p", ...flags);
  expect(log(place)).not.toContain(REFRESH);
  expect(ran.stderr.includes("worse than its baseline")).toBe(name.startsWith("worse"));
});
