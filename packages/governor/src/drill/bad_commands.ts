import { COVERAGE_BASELINE } from "../baseline_files.ts";
import { ignoreRule } from "../ignore.ts";
import { RUNS_ALWAYS } from "../settlement/specs.ts";
import { type Language, languageOf } from "./bad_code.ts";
import { type BadChange, type Drill, type Facts, ownDrillHint } from "./drill.ts";
import { freePath } from "./free_path.ts";

/** What the gates that a project asks for must refuse: the same fault in the language of its sources. */
export const COMMANDS: readonly Drill[] = [
  { gate: "structure", what: "two files that import each other", code: null, make: circle },
  {
    gate: "api",
    what: "an operation that is gone, in an interface that says it is what it was",
    code: null,
    make: broken,
  },
  { gate: "specs", what: "a document that changes, and its gate does not run", code: "spec_ungated", make: ungated },
  { gate: "lint", what: "code with an unused name, or none that parses", code: null, make: codeWith("lint") },
  { gate: "format", what: "code that nobody has formatted", code: null, make: codeWith("format") },
  { gate: "types", what: "a text where a number must be", code: null, make: codeWith("types") },
  { gate: "tests", what: "a test that fails", code: null, make: failingTest },
  { gate: "coverage", what: "many lines that no test runs, in a file that was covered", code: null, make: uncovered },
  { gate: "generated", what: "a file that a generator makes, changed by hand", code: null, make: byHand },
  { gate: "hooks", what: "what hooks are mostly written against", code: null, guess: true, make: suspects },
];

const noLanguage = (gate: string, { project }: Facts): string =>
  `of ${project.layout.source_extensions.join(", ") || "its files"} no known-bad code is known; ${ownDrillHint(gate)}`;

/** A file that must compile stands beside the others of its package, under their name. */
async function placed(
  facts: Facts,
  { extension }: Language,
  text: string,
): Promise<{ path: string; text: string } | null> {
  const path = freePath(facts, `dgov_drill${extension}`);
  if (!text.includes("PACKAGE")) return path === null ? null : { path, text };
  const beside = facts.paths.find((one) => one.endsWith(extension));
  const folder = beside?.includes("/") ? beside.slice(0, beside.lastIndexOf("/") + 1) : "";
  const [, name = "main"] = /^package\s+(\w+)/m.exec((beside && (await facts.read(beside))) || "") ?? [];
  return { path: `${folder}dgov_drill${extension}`, text: text.replaceAll("PACKAGE", name) };
}

function codeWith(fault: "lint" | "format" | "types") {
  return async (facts: Facts): Promise<readonly BadChange[] | string> => {
    const language = languageOf(facts);
    if (language === null) return noLanguage(fault, facts);
    const harmless = await placed(facts, language, language.code.harmless);
    const made: BadChange[] = [];
    for (const text of language.code[fault]) {
      const bad = await placed(facts, language, text);
      if (bad && harmless) made.push({ work: { [bad.path]: bad.text }, harmless: { [harmless.path]: harmless.text } });
    }
    return made.length > 0 ? made : "the project's [scope] leaves no path at which a task could make a source file";
  };
}

/** A new file where tests lie, then one beside a test that is there, then a test that is there and fails from now on. */
async function failingTest(facts: Facts): Promise<readonly BadChange[] | string> {
  const language = languageOf(facts);
  const name = language?.code.test_name ?? null;
  if (language === null || name === null) return noLanguage("tests", facts);
  const { test_dir } = facts.project.layout;
  const ending = name.slice(name.indexOf("."));
  const inside = (path: string) => test_dir === "." || path.startsWith(`${test_dir}/`);
  const old = facts.paths.find((path) => inside(path) && path.endsWith(ending) && /test/i.test(path));
  const folders = [
    ...(test_dir === "." ? [""] : [`${test_dir}/`]),
    ...(old ? [old.slice(0, old.lastIndexOf("/") + 1)] : []),
  ];
  const text = old === undefined ? null : await facts.read(old);
  const [head = ""] = language.code.harmless.includes("PACKAGE") ? (/^package\s+\w+\n/m.exec(text ?? "") ?? []) : [];
  const source = await placed(facts, language, language.code.harmless);
  const harmless = source === null ? {} : { [source.path]: source.text };
  const added = [...new Set(folders)].map((folder): BadChange => {
    const path = `${folder}${name}`;
    return { work: { [path]: `${head}${language.code.raise}` }, harmless };
  });
  const broken: BadChange[] =
    old === undefined || text === null ? [] : [{ work: { [old]: `${text}\n${language.code.raise}` }, harmless }];
  return [...added, ...broken];
}

/** The file that is covered best, with as many lines again that nothing runs. */
async function uncovered(facts: Facts): Promise<readonly BadChange[] | string> {
  const language = languageOf(facts);
  if (language === null) return noLanguage("coverage", facts);
  const baseline = await facts.read(COVERAGE_BASELINE);
  if (baseline === null)
    return `HEAD has no "${COVERAGE_BASELINE}"; make one with "dgov coverage-baseline" and commit it`;
  const covered = facts.paths.filter(
    (path) => path.endsWith(language.extension) && baseline.includes(JSON.stringify(path)),
  );
  const made: BadChange[] = [];
  for (const path of covered.slice(0, COVERED_MAX)) {
    const text = (await facts.read(path)) ?? "";
    made.push({ work: { [path]: `${text}${language.code.padding(text.split("\n").length + 10)}` }, harmless: {} });
  }
  return made.length > 0 ? made : `none of the files that "${COVERAGE_BASELINE}" names is one of the language's`;
}

const COVERED_MAX = 3;

function circle(facts: Facts): readonly BadChange[] | string {
  const work = languageOf(facts)?.code.circle ?? null;
  return work === null ? noLanguage("structure", facts) : [{ work, harmless: null }];
}

/** The first file of each generator that is there. */
async function byHand(facts: Facts): Promise<readonly BadChange[] | string> {
  const made: BadChange[] = [];
  for (const { outputs } of Object.values(facts.project.commands.generated)) {
    const isOutput = ignoreRule(outputs);
    const path = facts.paths.find((one) => isOutput(one));
    const text = path === undefined ? null : await facts.read(path);
    if (path !== undefined && text !== null) made.push({ work: { [path]: `${text}dgov drill\n` }, harmless: null });
  }
  return made.length > 0 ? made : `HEAD has no file that a generator makes; ${ownDrillHint("generated")}`;
}

/** A hook is the project's own: where it refuses none of this, only its authors know what it is for. */
function suspects(facts: Facts): readonly BadChange[] | string {
  const paths = ["dgov_drill.txt", ...facts.project.layout.source_extensions.map((one) => `dgov_drill${one}`)];
  const laid = paths.flatMap((name) => freePath(facts, name) ?? []);
  if (laid.length === 0) return `the project's [scope] leaves no path for it; ${ownDrillHint("hooks")}`;
  const work = Object.fromEntries(laid.map((path) => [path, SUSPECTS]));
  return [{ work, harmless: Object.fromEntries(laid.map((path) => [path, "\n"])) }];
}

const SUSPECTS = `${[
  "<<<<<<< HEAD",
  "TODO FIXME XXX HACK",
  "password = 'secret' # nosec",
  "breakpoint(); import pdb; pdb.set_trace()",
  "debugger; alert(1)",
  "print('debug')",
  "trailing space ",
  "\ttab",
  "x".repeat(600),
  "\u0000\u0001\u0002",
].join("\n")}`;

/** Each interface without one of its two paths, and then with a lower version, which no rule of a project lets pass. */
function broken({ project }: Facts): readonly BadChange[] {
  const text = (version: string, ...paths: string[]) => {
    const operations = paths.map((path) => [path, { get: { responses: { 200: { description: "OK" } } } }]);
    return JSON.stringify({
      openapi: "3.0.3",
      info: { title: "A drill", version },
      paths: Object.fromEntries(operations),
    });
  };
  const documents = Object.values(project.rules.baselines.apis).map(({ document }) => document);
  return documents.flatMap((document) => {
    const around = {
      base: { [document]: text("1.1.0", "/a", "/b") },
      harmless: { [document]: text("2.0.0", "/a", "/b") },
    };
    return [text("1.1.0", "/a"), text("1.0.0", "/a", "/b")].map((bad) => ({ ...around, work: { [document]: bad } }));
  });
}

/** The drill asks this gate alone, so that no other has run. */
function ungated({ project, paths }: Facts): readonly BadChange[] | string {
  const specs = Object.values(project.rules.baselines.specs).filter(({ required }) => required);
  if (specs.length === 0) return "no table of [specs] is required: the gate only tells";
  const isIn = ignoreRule(specs.flatMap((spec) => (RUNS_ALWAYS.has(spec.gate) ? [] : spec.paths)));
  const path = paths.find(isIn);
  if (path === undefined) return "no document of [specs] is there, but for those whose gate always runs";
  return [{ work: { [path]: "A drill\n" }, harmless: null }];
}
