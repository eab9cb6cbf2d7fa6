import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import type { Finding } from "@dgov/kernel";
import type { Content } from "../git/testing/repository.ts";
import { openJail } from "../jail.ts";
import { withPreset } from "../presets.ts";
import type { Project } from "../project.ts";
import type { Jail } from "../site.ts";
import { eventsIn, openSite, workOf } from "../testing/site.ts";
import { judge } from "./judge.ts";

setDefaultTimeout(120_000); // real isolations, and the machine may be busy

const main = resolve(import.meta.dir, "../../../cli/src/main.ts");
const self = [process.execPath, "--config=/dev/null", "--no-env-file", main];
const opened: { jail: Jail | null } = { jail: null };
beforeAll(async () => {
  const { sandbox } = withPreset({ sandbox: { preset: "default", level: "auto" }, tool_policy: {} });
  opened.jail = await openJail(sandbox, { self, now_ms: () => Bun.nanoseconds() / 1e6, env: process.env });
});
afterAll(() => {
  opened.jail = null;
});

const open: { repo: { remove(): void } }[] = [];
afterEach(() => {
  for (const { repo } of open.splice(0)) repo.remove();
});

type Files = Record<string, Content>;
type Asked = { base: Files; work?: Files; hooks?: string[]; commands?: Partial<Project["commands"]> };

async function lay({ base, work = { "a.txt": "TODO\n" }, hooks = [], commands = {} }: Asked) {
  const parts = { files: { "a.txt": "one\n", ...base }, rules: { review_hooks: hooks }, commands };
  const place = await openSite(parts);
  open.push(place);
  // Commands run as they are; only scripts need the real thing.
  const shell = place.site.jail.start;
  place.site.jail.start = (spec) => (spec.write === "all" ? shell(spec) : (opened.jail as Jail).start(spec));
  await workOf(place, work);
  return place;
}

type Judged = { gate: string; verdict: string; findings: Finding[] };

/** What was judged after the claims, in order. */
async function ask(asked: Asked): Promise<Judged[]> {
  const place = await lay(asked);
  await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
  await place.site.pool.close();
  return eventsIn(place.log).flatMap((event) =>
    event.kind === "gate_judged" && event.gate !== "claims"
      ? [{ gate: event.gate, verdict: event.verdict, findings: event.findings }]
      : [],
  );
}
const short = (all: Judged[]) =>
  all.map(({ gate, verdict, findings }) => [gate, verdict, ...findings.map(({ code }) => code)].join(" "));

const EXAMPLES = `export const examples = [
  { change: { files: [{ path: "x.txt", new: "TODO\\n" }] }, findings: ["todo"] },
  { change: { files: [{ path: "x.txt", new: "fine\\n" }] }, findings: [] },
];`;
const TODO = `export default function (change) {
  return change.files.flatMap((file) => file.added_lines
    .filter(({ text }) => text.includes("TODO"))
    .map(({ line }) => ({ code: "todo", message: "Do it now", path: file.path, line })));
}
${EXAMPLES}
`;
const rule = (source: string): Files => ({ ".dgov/policy/todo.js": source });
/** A rule that fires as its examples say, and does this for the real change alone. */
const also = (statement: string) =>
  TODO.replace("{\n", `{\n  if (change.task !== "tasks/example.one") { ${statement} }\n`);

test("a rule refuses, and says where", async () => {
  const finding = { code: "policy.todo.todo", message: "Do it now", path: "a.txt", line: 1 };
  expect(await ask({ base: rule(TODO), commands: { test: "true" } })).toEqual([
    { gate: "policy", verdict: "reject", findings: [finding] },
  ]);
});

test.each<[string, Asked, string[]]>([
  [
    "nothing to refuse",
    { base: rule(TODO), work: { "a.txt": "two\n" }, commands: { test: "true" } },
    ["policy pass", "tests pass"],
  ],
  ["no rules at all", { base: {} }, []],
  [
    "a line that was there before",
    { base: { ...rule(TODO), "a.txt": "TODO\n" }, work: { "a.txt": "TODO\nmore\n" } },
    ["policy pass"],
  ],
  [
    "a warning is noted, and passes",
    { base: rule(TODO.replace('code: "todo"', 'severity: "warn", code: "todo"')) },
    ["policy pass policy.todo.todo"],
  ],
  [
    "rules import each other, below the folder of the rules alone",
    {
      base: {
        ...rule(
          `import { word } from "./lib.js";\nimport { yes } from "./deep/more.js";\n${TODO.replace('"TODO"', "word && yes")}`,
        ),
        ".dgov/policy/lib.js": 'export const word = "TODO";\n',
        ".dgov/policy/deep/more.js": 'import { word } from "../lib.js";\nexport const yes = word;\n',
      },
    },
    ["policy reject policy.todo.todo"],
  ],
  [
    "what is async is waited for",
    { base: rule(TODO.replace("export default", "export default async")) },
    ["policy reject policy.todo.todo"],
  ],
  [
    "two rules are both asked",
    { base: { ...rule(TODO), ".dgov/policy/also.js": TODO } },
    ["policy reject policy.also.todo policy.todo.todo"],
  ],
  [
    "one that is broken counts more than one that refuses",
    { base: { ...rule(TODO), ".dgov/policy/also.js": "not JavaScript" } },
    ["policy broken rule_broken"],
  ],
  ["rules are not files of another kind", { base: { ".dgov/policy/README.md": "x" } }, ["policy pass"]],
])("%s", async (_, asked, expected) => {
  expect(short(await ask(asked))).toEqual(expected);
});

const LOOKS = 'mend it, and try it with "dgov policy check"';
test.each<[string, string, RegExp, number | null]>([
  ["loops for ever", also("for (;;) {}"), /longer than 5 s/, null],
  [
    "is caught in what does not end inside",
    also('"x".repeat(2 ** 28).indexOf("y".repeat(2 ** 20))'),
    /memory|longer/,
    null,
  ],
  ["allocates without end", also("const all = []; for (;;) all.push(new Array(1000).fill(1));"), /memory|longer/, null],
  ["throws", also('throw new Error("no idea")'), /no idea/, 2],
  ["throws what is no error", also("throw 7"), /7/, null],
  ["is no JavaScript", "export default function (change) {\n  return [;\n}", /SyntaxError/, 2],
  ["calls itself too deep", also("const f = () => f() + 1; f();"), /too deep/, null],
  ["waits for ever", also("return new Promise(() => {});"), /never|nothing will settle/, null],
  ["asks for the time", also("Date.now();"), /Date/, 2],
  ["asks for chance", also("Math.random();"), /not a function/, 2],
  ["wants the network", also('fetch("http://example.org");'), /fetch/, 2],
  ["wants files", `import { readFileSync } from "node:fs";\n${TODO}`, /Cannot import "node:fs"/, null],
  ["wants a module from outside", `import "../../src/x.js";\n${TODO}`, /Cannot import "src\/x.js"/, null],
  ["gives back nothing", also("return;"), /no list of findings/, null],
  ["gives back something else", also('return "todo";'), /no list of findings/, null],
  ["gives a finding without words", also('return [{ code: "todo" }];'), /no list of findings \(at 0.message\)/, null],
  ["misspells a key", also('return [{ code: "t", message: "m", serverity: "warn" }];'), /serverity/, null],
  ["gives back far too much", also('return [{ code: "t", message: "m".repeat(2e6) }];'), /more than 1000000/, null],
  ["has no examples", TODO.slice(0, TODO.indexOf("export const")), /needs "export const examples/, null],
  ["has no example that fires", TODO.replace(/^ {2}\{ change.*TODO.*\n/m, ""), /needs "export const examples/, null],
  ["has no example that passes", TODO.replace(/^ {2}\{ change.*fine.*\n/m, ""), /needs "export const examples/, null],
  [
    "contradicts an example",
    TODO.replace("fine", "a TODO"),
    /example 2 should give \[\], and it gives \["todo"\]/,
    null,
  ],
  [
    "does not fire where its example says so",
    TODO.replace('includes("TODO")', 'includes("FIXME")'),
    /example 1 should give \["todo"\]/,
    null,
  ],
  ["has an example without findings", TODO.replace(", findings: []", ""), /example 2 has no "findings"/, null],
  ["throws in an example", TODO.replace("{\n", "{\n  change.files[0].old.length;\n"), /in example 1: .*null/, 2],
  ["has examples that are no list", TODO.replace("examples = [", "examples = {}; const x = ["), /are no list/, null],
  ["has no default export", TODO.replace("export default function", "export function rule"), /no default export/, null],
])("a rule that %s is broken, and never a pass", async (_, source, words, line) => {
  const [judged, ...more] = await ask({ base: rule(source), work: { "a.txt": "two\n" }, commands: { test: "true" } });
  expect(more).toEqual([]);
  expect(judged).toMatchObject({ gate: "policy", verdict: "broken", findings: [{ code: "rule_broken" }] });
  const [finding] = judged?.findings ?? [];
  expect(finding?.message).toMatch(words);
  expect(finding?.message).toStartWith('Cannot use the rule ".dgov/policy/todo.js": ');
  expect(finding?.message).toContain("; ");
  expect(finding?.path).toBe(".dgov/policy/todo.js");
  if (line !== null) expect(finding?.line).toBe(line);
  if (/longer|memory/.test(String(words))) expect(finding?.message).toContain(LOOKS);
});

describe("whose rules they are", () => {
  test("the commit's that the work would be put on, whatever the checkout says by now", async () => {
    const place = await lay({ base: rule(TODO) });
    place.repo.write({ ".dgov/policy/todo.js": "export default () => [];" });
    await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
    await place.site.pool.close();
    expect(eventsIn(place.log).at(-1)).toMatchObject({ kind: "candidate_rejected", gate: "policy" });
  });

  test("a candidate that changes them is refused before they are asked", async () => {
    const place = await lay({ base: rule(TODO), work: { ".dgov/policy/todo.js": "export default () => [];" } });
    await judge(place.site, { do: "judge", task: place.task, attempt: 1 }, new AbortController().signal);
    await place.site.pool.close();
    expect(eventsIn(place.log).at(-1)).toMatchObject({ gate: "claims", cause: "reserved_path" });
  });

  test.each<[string, Files]>([
    ["a rule", { "src/x.js": TODO, ".dgov/policy/todo.js": { link: "../../src/x.js" } }],
    ["the folder", { "rules/todo.js": TODO, ".dgov/policy": { link: "../rules" } }],
  ])("not somebody else's through a link: %s", async (_, base) => {
    const [judged] = await ask({ base });
    expect(judged).toMatchObject({ verdict: "broken", findings: [{ code: "rule_broken" }] });
  });
});

const HOOK = `export default function (file, change) {
  return file.path.endsWith(".txt") && change.message === "Do one" ? [{ code: "text", message: "No texts" }] : [];
}
`;
test.each<[string, Asked, string[]]>([
  [
    "is asked for each file",
    { base: { ".dgov/hooks/x.js": HOOK }, work: { "a.txt": "two\n" }, hooks: [".dgov/hooks/x.js"] },
    ["script_hooks reject hook.x.text"],
  ],
  [
    "goes before those for the shell, which are asked all the same",
    {
      base: { ".dgov/hooks/x.js": HOOK.replace(".txt", ".py") },
      hooks: ["grep -q two {file}", ".dgov/hooks/x.js"],
      work: { "a.txt": "two\n" },
    },
    ["script_hooks pass", "hooks pass"],
  ],
  [
    "contradicts its examples",
    {
      base: { ".dgov/hooks/x.js": `${HOOK}export const examples = [{ file: { path: "a.txt" }, findings: ["text"] }];` },
      hooks: [".dgov/hooks/x.js"],
    },
    ["script_hooks broken hook_broken"],
  ],
  ["is not there", { base: {}, hooks: [".dgov/hooks/x.js"] }, ["script_hooks broken hook_broken"]],
  [
    "is a snippet for the shell although its name ends so",
    { base: { ".dgov/hooks/x.js": "exit 0" }, hooks: ["sh .dgov/hooks/x.js"] },
    ["hooks pass"],
  ],
])("a review hook that %s", async (_, asked, expected) => {
  expect(short(await ask(asked))).toEqual(expected);
});

test("a hook's finding without a path is about the file it was asked for", async () => {
  const [judged] = await ask({ base: { ".dgov/hooks/x.js": HOOK }, hooks: [".dgov/hooks/x.js"] });
  expect(judged?.findings).toEqual([{ code: "hook.x.text", message: "No texts", path: "a.txt" }]);
});

test("a shell hook runs the script that the commit has", async () => {
  const base = { ".dgov/hooks/x.sh": "grep -q two a.txt\n" };
  expect(short(await ask({ base, work: { "a.txt": "two\n" }, hooks: ["sh .dgov/hooks/x.sh"] }))).toEqual([
    "hooks pass",
  ]);
});
