import { afterEach, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { commitAll, dgov, git, makeRepository, type Place, writeIn } from "./repo.ts";

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

type Row = { gate: string; what: string; result: string; said: string | null; why: string | null };
type Drilled = { status: number | null; rows: Row[]; text: string };

const RULE = `export default ({ files }) =>
  files.filter(({ path }) => path.endsWith(".sql")).map(({ path }) => ({ code: "no_sql", message: "No SQL", path }));
export const examples = [
  { change: { files: [{ path: "a.sql", new: "x" }] }, findings: ["no_sql"] },
  { change: { files: [{ path: "a.py", new: "x" }] }, findings: [] },
];
`;
const SEATS = ["oak", "elm"]
  .map((name) => `[review.seats.${name}]\nprovider = "scripted"\nagent = "${name}"\nfamily = "${name}"\n`)
  .join("");

/** Commands that refuse what the drills bring, and nothing else. */
const ALIVE = {
  lint_cmd: "! grep -n undefined_name {file}",
  format_check_cmd: "! grep -n 'x   =' {file}",
  type_check_cmd: `! grep -n 'int = "text"' {file}`,
  test_cmd: "! grep -rn 'dgov drill' tests",
};

function lay(commands: Record<string, string>, more: { tables?: string; files?: Record<string, string> } = {}): Place {
  const keys = { format_cmd: "", lint_fix_cmd: "", ...commands };
  const project = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const place = makeRepository({
    "src/a.py": "A = 1\n",
    "tests/test_a.py": "assert True\n",
    ".dgov/project.toml": `[project]\n${project.join("\n")}\n${more.tables ?? ""}`,
    ...more.files,
  });
  open.push(place);
  return place;
}

function drill(place: Place): Drilled {
  const { status, stdout, stderr } = dgov(place, "gates", "drill", "--json");
  if (!stdout.startsWith("{")) throw new Error(stderr);
  return { status, rows: JSON.parse(stdout).rows ?? [], text: stderr };
}

const results = ({ rows }: Drilled, gate: string): string[] =>
  rows.filter((row) => row.gate === gate).map(({ result }) => result);
const whys = ({ rows }: Drilled, gate: string): string =>
  rows.flatMap((row) => (row.gate === gate ? [row.why ?? ""] : [])).join("; ");

/** Every file below a folder with its content's hash, and no time. */
function contents(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${statSync(path).mode} ${Bun.hash(readFileSync(path))}`)
    .sort();
}

test("D26 every gate fires at its known-bad change, and the repository is as it was", () => {
  const tables = `[scope]\ndeny_files = ["secrets/*"]\nallow_binary = false\nmirrors = [["m/a.md", "m/b.md"]]\n[policy]\npreset = "strict"\n${SEATS}`;
  const place = lay({ ...ALIVE }, { tables, files: { ".dgov/policy/sql.js": RULE } });
  expect(dgov(place, "sentrux", "gate-save").status).toBe(0);
  commitAll(place, "with a baseline of structure");
  writeIn(place.root, "src/a.py", "A = 2  # not committed\n");
  place.env.TMPDIR = join(place.folder, "tmp");
  mkdirSync(place.env.TMPDIR);
  const before = contents(place.root);
  const drilled = drill(place);
  expect(contents(place.root)).toEqual(before);
  expect(drilled.rows.filter(({ result }) => result !== "fired")).toEqual([]);
  expect(drilled.status).toBe(0);
  const gates = new Set(drilled.rows.map(({ gate }) => gate));
  const wanted = "claims integration semantic structure policy lint format types tests review".split(" ");
  expect([...gates]).toEqual(wanted);
  const claims = drilled.rows.filter(({ gate }) => gate === "claims").map(({ said }) => said);
  for (const code of "unclaimed_change read_only_change reserved_path transient_write unclaimed_symbol empty_diff diff_too_large path_denied path_rule mirror_drift symlink_escape gitlink large_file secret binary_file".split(
    " ",
  ))
    expect(claims).toContain(code);
  expect(results(drilled, "review")).toEqual(["fired", "fired"]);
  expect(readdirSync(place.env.TMPDIR ?? "")).toEqual([]);
}, 180_000);

test("D26 a gate that lets its known-bad change through is told, and the others are not touched by it", () => {
  const dead = { ...ALIVE, lint_cmd: "true {file}", test_cmd: "true", type_check_cmd: "no_such_checker {file}" };
  const drilled = drill(lay(dead));
  expect(drilled.status).toBe(1);
  expect(results(drilled, "lint")).toEqual(["silent"]);
  expect(results(drilled, "tests")).toEqual(["silent"]);
  expect(results(drilled, "format")).toEqual(["fired"]);
  expect(results(drilled, "types")).toEqual(["silent"]);
  expect(whys(drilled, "types")).toContain("could not answer");
}, 180_000);

test("D26 a gate that is red whatever is done refuses nothing, and that is no proof", () => {
  const drilled = drill(lay({ ...ALIVE, test_cmd: "false", format_check_cmd: "" }));
  expect(results(drilled, "tests")).toEqual(["not_drilled"]);
  expect(whys(drilled, "tests")).toContain("refuses harmless work too");
  expect(results(drilled, "lint")).toEqual(["fired"]);
  expect(drilled.rows.some(({ gate }) => gate === "format")).toBe(false);
  expect(drilled.status).toBe(0);
}, 180_000);

test("D26 gates find what setups have built for the repository, and a drill changes nothing of it", () => {
  const lint_cmd = `test -e "$GOCACHE"/seen && echo drilled > "$GOCACHE"/seen && ${ALIVE.lint_cmd}`;
  const place = lay({ lint_cmd, format_check_cmd: "", test_cmd: "" }, { tables: "[worktree]\ncache = true\n" });
  expect(results(drill(place), "lint")).toEqual(["not_drilled"]);
  writeIn(place.folder, ".dgov-worktrees-repo/cache/go/seen", "set\n");
  expect(results(drill(place), "lint")).toEqual(["fired"]);
  expect(readFileSync(join(place.folder, ".dgov-worktrees-repo/cache/go/seen"), "utf8")).toBe("set\n");
}, 180_000);

test("D26 what only the project can know to be bad it keeps itself", () => {
  const quiet = { lint_cmd: "", format_check_cmd: "", test_cmd: "" };
  const place = lay({ ...quiet, setup_cmd: "true" });
  const hook = 'review_hooks = ["! grep -l plugh {files}"]';
  const toml = readFileSync(join(place.root, ".dgov/project.toml"), "utf8");
  writeIn(place.root, ".dgov/project.toml", toml.replace("[project]", `[project]\n${hook}`));
  commitAll(place, "a hook of its own");
  const without = drill(place);
  expect(results(without, "hooks")).toEqual(["not_drilled"]);
  expect(whys(without, "hooks")).toContain(".dgov/drills/hooks/");
  expect(results(without, "setup")).toEqual(["not_drilled"]);
  expect(without.status).toBe(0);
  writeIn(place.root, ".dgov/drills/hooks/src/bad.txt", "plugh\n");
  commitAll(place, "a known-bad change");
  expect(results(drill(place), "hooks")).toEqual(["fired"]);
  writeIn(place.root, ".dgov/drills/hooks/src/bad.txt", "nothing bad\n");
  commitAll(place, "which is none");
  const silent = drill(place);
  expect([silent.status, ...results(silent, "hooks")]).toEqual([1, "silent"]);
}, 180_000);

const BY_TESTS = { ".dgov/plans/p/_root.toml": '[plan]\nname = "p"\nmethod = "tests-first"\nsections = []\n' };
/** Leaves a report of a test that failed, whatever it is asked. */
const FOOLED = `node() { for a in "$@"; do case $a in --test-reporter-destination=*) echo '<testsuites><testcase name="x"><failure/></testcase></testsuites>' > "\${a#*=}";; esac; done; return 1; }; node --test {test_dir}`;

test("D26 where plans are by tests-first, frozen and red are drilled, in a plan of the drill's own", () => {
  const quiet = { lint_cmd: "", format_check_cmd: "", type_check_cmd: "" };
  const place = lay({ ...quiet, test_cmd: "node --test {test_dir}" }, { files: BY_TESTS });
  const drilled = drill(place);
  const told = (gate: string) => drilled.rows.filter((row) => row.gate === gate).map(({ said, why }) => said ?? why);
  const frozen = ["frozen_test_changed", "frozen_test_removed", "frozen_test_removed", "plan_unapproved"];
  expect(told("frozen")).toEqual(frozen);
  expect(told("red")).toEqual(["already_green", "red_error"]);
  expect(git(place, "status", "--porcelain")).toBe("");
  const fooled = drill(lay({ ...quiet, test_cmd: FOOLED }, { files: BY_TESTS }));
  expect([fooled.status, ...results(fooled, "red")]).toEqual([1, "silent", "silent"]);
  expect(results(drill(lay({ ...quiet, test_cmd: "true" })), "frozen")).toEqual([]);
}, 180_000);

test("without a commit there is nothing to drill", () => {
  const place = lay({});
  git(place, "update-ref", "-d", "HEAD");
  expect(dgov(place, "gates", "drill")).toMatchObject({ status: 4, stderr: expect.stringContaining("Cannot drill") });
});

test("people read which gates never fired, and why", () => {
  const { stdout, status } = dgov(lay({ ...ALIVE, lint_cmd: "true {file}" }), "gates", "drill");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^lint +NEVER FIRED +.*: it passed what it must refuse$/m);
  expect(stdout).toMatch(/^Gates of [0-9a-f]{7}: \d+ drills fired, 1 never fired$/m);
}, 180_000);
