import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KINDS, RULES } from "../packages/semantic/src/api/index.ts";
import { commitAll, dgov, eventsOf, git, type Place, writeIn } from "./repo.ts";
import { bash, type Call, done, layTasks, write } from "./scripted.ts";

setDefaultTimeout(180_000); // each run has processes of its own, and the machine may be busy

const open: Place[] = [];
afterEach(() => {
  for (const place of open.splice(0)) place.stop();
});

const DOCUMENT = "api/openapi.yaml";
const document = (paths: string, version = "1.4.0"): string =>
  `openapi: 3.0.3\ninfo: {title: Shop, version: ${version}}\npaths:\n${paths}`;
const GET = "  /a: {get: {responses: {'200': {description: OK}}}}\n";
const POST = "  /b: {post: {responses: {'200': {description: OK}}}}\n";
const SHOP = `[api.shop]\ndocument = "${DOCUMENT}"\n`;

/** A plan of one task over a project with an interface. */
function lay(calls: readonly Call[], { table = SHOP, base = document(GET + POST) as string | null } = {}): Place {
  const place = layTasks(
    { a: { claims: 'files.touch = ["api/", "src/"]', attempts: [[...calls, done]] } },
    { tables: `${table}[limits]\nsettlement_retries = 0\n`, files: base === null ? {} : { [DOCUMENT]: base } },
  );
  open.push(place);
  return place;
}

/** What the gate said, and how the task ended. */
const story = (place: Place): string[] =>
  eventsOf(place).flatMap((event) => {
    if (event.kind === "gate_judged" && event.gate === "api")
      return [[event.verdict, ...event.findings.map(({ code, line }) => `${code}:${line ?? ""}`)].join(" ")];
    if (event.kind === "candidate_rejected") return [`rejected ${event.gate} ${event.blame}`];
    return event.kind === "task_landed" ? ["landed"] : [];
  });

const writes = (text: string): Call[] => [bash(`mkdir -p api && cat > ${DOCUMENT} <<'END'\n${text}END`)];
type Laid = Parameters<typeof lay>[1];

test.each<[what: string, calls: Call[], laid: Laid, told: string[]]>([
  [
    "a breaking change under the same version is refused",
    writes(document(GET)),
    {},
    ["reject api_breaking:", "rejected api task"],
  ],
  [
    "and so it is under one that does not go far enough",
    writes(document(GET, "1.5.0")),
    {},
    ["reject api_breaking:", "rejected api task"],
  ],
  ["under the next major version it lands", writes(document(GET, "2.0.0")), {}, ["pass api_major:", "landed"]],
  [
    "an addition lands, and its version is told to be behind",
    writes(document(`${GET}${POST}  /c: {}\n`)),
    {},
    ["pass api_version_behind:", "landed"],
  ],
  [
    "where every change needs a version it does not",
    writes(document(`${GET}${POST}  /c: {}\n`)),
    { table: `${SHOP}needs = "every"\n` },
    ["reject api_version_behind:", "rejected api task"],
  ],
  [
    "a version that goes down is refused",
    writes(document(GET + POST, "1.3.0")),
    {},
    ["reject api_version_lowered:", "rejected api task"],
  ],
  [
    "a document that is taken away is refused",
    [bash(`rm ${DOCUMENT}`)],
    {},
    ["reject api_removed:", "rejected api task"],
  ],
  [
    "one that nobody can read is refused, with its line",
    writes(`${document(GET)}paths: {}\n`),
    {},
    ["reject api_unreadable:5", "rejected api task"],
  ],
  [
    "a version that is none is refused",
    writes(document(GET, "two")),
    {},
    ["reject api_version_unreadable: api_breaking:", "rejected api task"],
  ],
  [
    "where any other version will do it is not",
    writes(document(GET, "2026-12")),
    { table: `${SHOP}versions = "any"\n`, base: document(GET + POST, "2026-11") },
    ["pass api_major:", "landed"],
  ],
  [
    "but the same one will not",
    writes(document(GET, "2026-11")),
    { table: `${SHOP}versions = "any"\n`, base: document(GET + POST, "2026-11") },
    ["reject api_breaking:", "rejected api task"],
  ],
  [
    "what a project calls compatible is compatible",
    writes(document(GET)),
    { table: `${SHOP}[api.shop.rules]\npath_removed = "compatible"\n` },
    ["pass api_version_behind:", "landed"],
  ],
  ["what is new only has to be readable", writes(document(GET)), { base: null }, ["pass", "landed"]],
  [
    "what is new and unreadable is refused",
    writes("openapi: 2\n"),
    { base: null },
    ["reject api_unreadable:", "rejected api task"],
  ],
  [
    "a document that the target has and nobody can read judges nothing",
    writes(document(GET)),
    { base: "a: }\n" },
    ["broken api_base_unreadable:", "rejected api unknown"],
  ],
  ["work elsewhere is none of its business", [write("src/c.txt", "c\n")], {}, ["pass", "landed"]],
  [
    "a document that is nowhere is told each time",
    [write("src/c.txt", "c\n")],
    { base: null },
    ["pass api_missing:", "landed"],
  ],
  ["a project without interfaces is not asked", writes("whatever\n"), { table: "" }, ["landed"]],
])("D20 %s", (_what, calls, laid, told) => {
  const place = lay(calls, laid);
  dgov(place, "run", "p", "--yes");
  expect(story(place)).toEqual(told);
});

test("D20 preflight asks the same, without a jail, and knows it the next time", () => {
  const place = lay([]);
  writeIn(place.root, DOCUMENT, document(GET));
  git(place, "add", "-A");
  for (const known of [false, true]) {
    const { status, stdout } = dgov(place, "preflight", "--json");
    const view = JSON.parse(stdout);
    expect([status, view.verdict, view.known]).toEqual([1, "reject", known]);
    expect(view.gates.at(-1)).toMatchObject({ gate: "api", findings: [{ code: "api_breaking", path: DOCUMENT }] });
  }
  writeIn(place.root, DOCUMENT, document(GET, "2.0.0"));
  git(place, "add", "-A");
  expect(dgov(place, "preflight").status).toBe(0);
  // What is kept of a configuration that names no judges must not hide this one.
  writeIn(place.root, DOCUMENT, document(POST));
  git(place, "add", "-A");
  expect(dgov(place, "preflight").status).toBe(1);
});

test("D20 D26 the drill of the gate fires, and says so where it cannot", () => {
  const rows = (place: Place) =>
    JSON.parse(dgov(place, "gates", "drill", "--json").stdout).rows as { gate: string; result: string }[];
  const results = (place: Place) => rows(place).flatMap(({ gate, result }) => (gate === "api" ? [result] : []));
  expect(results(lay([]))).toEqual(["fired"]);
  expect(results(lay([], { table: "" }))).toEqual([]);
  expect(results(lay([], { table: `${SHOP}[api.shop.rules]\npath_removed = "compatible"\n` }))).toEqual(["fired"]);
});

test("D20 api diff says what became of an interface, as text, JSON and a guide", () => {
  const place = lay([]);
  expect(dgov(place, "api", "diff")).toMatchObject({ status: 0, stdout: expect.stringContaining("unchanged") });
  const name = "/x`|<script>alert(1)</script>\\n\\u001b[31m";
  writeIn(place.root, DOCUMENT, document(`${GET}  "${name}": {get: {responses: {}}}\n`));
  const text = dgov(place, "api", "diff");
  expect([text.status, text.stdout.includes("\u001b")]).toEqual([1, false]);
  expect(text.stdout).toContain("its changes need 2.0.0 (major)");
  const view = JSON.parse(dgov(place, "api", "diff", "--json").stdout);
  expect(view.apis[0].diff.changes.map(({ kind }: { kind: string }) => kind)).toEqual(["path_removed", "path_added"]);
  const guide = dgov(place, "api", "diff", "--markdown").stdout;
  expect(guide).toStartWith("# Migrating shop from 1.4.0 to 2.0.0\n\n## Breaking\n\n- `/b`: the path is gone\n");
  expect(guide).toContain("Stop calling it, or call what takes its place.");
  expect(guide.split("\n").filter((line) => line.includes("script"))).toEqual([expect.stringMatching(/^- ``? ?\/x`/)]);
  commitAll(place, "broken");
  expect(dgov(place, "api", "diff", "HEAD~1", "HEAD").status).toBe(1);
  expect(dgov(place, "api", "diff", "HEAD", "HEAD~1", "--document", DOCUMENT).status).toBe(1);
});

test("D20 api diff says what is wrong with the question", () => {
  const place = lay([], { table: "" });
  const asked = (...args: string[]) => {
    const { status, stdout } = dgov(place, "api", "diff", ...args, "--json");
    return [status, JSON.parse(stdout).error?.message];
  };
  expect(asked()).toEqual([2, "Cannot compare interfaces: .dgov/project.toml names none"]);
  expect(asked("--document", "no.yaml")).toEqual([2, 'Cannot compare "no.yaml": there is no such file on either side']);
  expect(asked("nowhere")).toEqual([2, 'Cannot look at "nowhere": there is no such commit']);
});

test.each<[table: string, said: RegExp]>([
  ['[api.shop]\ndocument = "/etc/a.yaml"\n', /must be a \.yaml/],
  ['[api.shop]\ndocument = "../a.yaml"\n', /must be a \.yaml/],
  ['[api.shop]\ndocument = "a.md"\n', /must be a \.yaml/],
  [`${SHOP}need = "every"\n`, /needs/],
  [`${SHOP}[api.shop.rules]\nenum_removed = "breaking"\n`, /enum_/],
  [`${SHOP}[api.shop.rules]\npath_removed = "harmless"\n`, /path_removed|compatible/],
])("D20 a table that says nothing sensible is refused: %s", (table, said) => {
  const place = lay([], { table });
  const { status, stdout, stderr } = dgov(place, "validate", "p");
  expect([status, `${stdout}${stderr}`]).toEqual([3, expect.stringMatching(said)]);
});

test("D20 the table in the manual is the table that judges", () => {
  const rows = KINDS.map(
    (kind) => `| \`${kind}\` | ${RULES[kind].means} | ${RULES[kind].request} | ${RULES[kind].response} |`,
  );
  const manual = readFileSync(join(import.meta.dir, "../docs/api.md"), "utf8");
  expect(manual.split("\n").filter((line) => line.startsWith("| `") && line.split("|").length === 6)).toEqual(rows);
});
