import { fnmatch } from "@dgov/sandbox/fnmatch";
import { PROJECT_FILE } from "../project_file.ts";
import { SECRETS_SAMPLES } from "../settlement/content.ts";
import { explainPath } from "../settlement/path_rules.ts";
import { languageOf } from "./bad_code.ts";
import type { BadChange, Drill, Facts, Laid } from "./drill.ts";
import { freePath, sampleOf } from "./free_path.ts";

const GATE = "claims";
const NO_PATH = "the project's [scope] leaves no path at which a task could make a file";

/** Work that does something at a path that a task may create. */
const at =
  (name: string, work: (path: string, other: string) => Partial<BadChange> & { work: Laid }) =>
  (facts: Facts): readonly BadChange[] | string => {
    const path = freePath(facts, name);
    const other = freePath(facts, `other_${name}`);
    if (path === null || other === null) return NO_PATH;
    return [{ harmless: null, claims: { create: [path] }, ...work(path, other) }];
  };

const content = (what: string, code: string, made: Laid[string]): Drill => ({
  ...{ gate: GATE, what, code },
  make: at("dgov_drill.txt", (path) => ({ work: { [path]: made } })),
});

/** Only a project that keeps them out refuses them. */
const binary: Drill = {
  ...{ gate: GATE, what: "a file that is no text, which [scope] keeps out", code: "binary_file" },
  make: (facts) =>
    facts.project.rules.scope.allow_binary
      ? null
      : at("dgov_drill.txt", (path) => ({ work: { [path]: "one\0two\n" } }))(facts),
};

const MIB = 1024 * 1024;

/** What the gate `claims` must refuse, whatever the project is. Each row is one reason of it. */
export const CLAIMS: readonly Drill[] = [
  {
    gate: GATE,
    what: "a file that nobody claimed",
    code: "unclaimed_change",
    make: at("dgov_drill.txt", (path, other) => ({ work: { [path]: "1\n", [other]: "1\n" } })),
  },
  {
    gate: GATE,
    what: "a file that the task may only read",
    code: "read_only_change",
    make: at("dgov_drill.txt", (path, other) => ({
      work: { [path]: "1\n", [other]: "2\n" },
      base: { [other]: "1\n" },
      claims: { create: [path], read: [other] },
    })),
  },
  {
    gate: GATE,
    what: "a file of the governor's, claimed",
    code: "reserved_path",
    make: () => [{ work: { [PROJECT_FILE]: "[project]\n" }, harmless: null, claims: { edit: [PROJECT_FILE] } }],
  },
  {
    gate: GATE,
    what: "a write that was undone before the end",
    code: "transient_write",
    make: at("dgov_drill.txt", (path, other) => ({ work: { [path]: "1\n" }, touched: [path, other] })),
  },
  { gate: GATE, what: "no change at all", code: "empty_diff", make: at("dgov_drill.txt", () => ({ work: {} })) },
  {
    gate: GATE,
    what: "a function that nobody claimed, in a claimed file",
    code: "unclaimed_symbol",
    make: otherSymbol,
  },
  { gate: GATE, what: "more files than [scope] diff_max_files", code: "diff_too_large", make: tooMany },
  { gate: GATE, what: "a path among deny_files", code: "path_denied", make: denied },
  { gate: GATE, what: "a path that a rule of [policy] forbids", code: "path_rule", make: forbidden },
  { gate: GATE, what: "a file that its mirrors do not repeat", code: "mirror_drift", make: unmirrored },
  { gate: GATE, what: "a path not among allow_files", code: "path_not_allowed", make: notAllowed },
  content("a link out of the repository", "symlink_escape", { link: "../../../../../../../../outside" }),
  content("another repository", "gitlink", { gitlink: "1".repeat(40) }),
  content("a file of 6 MiB", "large_file", "x\n".repeat(3 * MIB)),
  content("a secret behind 4 MiB", "secret", `${"x\n".repeat(2 * MIB)}${SECRETS_SAMPLES[0]?.[1]}\n`),
  binary,
  ...SECRETS_SAMPLES.map(([name, sample]) => content(`${name}`, "secret", `one\n${sample}\n`)),
];

/** Only one function of the file is claimed. */
function otherSymbol(facts: Facts): readonly BadChange[] | string | null {
  const language = languageOf(facts);
  const symbols = language?.code.symbols ?? null;
  if (language === null || symbols === null) return null;
  const path = freePath(facts, `dgov_drill${language.extension}`);
  if (path === null) return NO_PATH;
  const claims = { edit: [`${path}::one`] };
  return [{ base: { [path]: symbols.before }, work: { [path]: symbols.after }, harmless: null, claims }];
}

const MANY_MAX = 2_000;

function tooMany(facts: Facts): readonly BadChange[] | string {
  const most = facts.project.rules.scope.diff_max_files;
  if (most > MANY_MAX) return `diff_max_files is ${most}, and so many files are not made for a drill`;
  const path = freePath(facts, "dgov_drill_1.txt");
  if (path === null) return NO_PATH;
  const paths = Array.from({ length: most + 1 }, (_, nth) => path.replace("drill_1", `drill_${nth + 1}`));
  return [{ work: Object.fromEntries(paths.map((one) => [one, "1\n"])), harmless: null, claims: { create: paths } }];
}

function denied({ project }: Facts): readonly BadChange[] | string | null {
  const { deny } = project.rules.scope;
  if (deny.length === 0) return null;
  const path = deny.map(sampleOf).find((one) => deny.some((pattern) => fnmatch(pattern, one)));
  if (path === undefined) return "no path is known that deny_files covers";
  return [{ work: { [path]: "1\n" }, harmless: null, claims: { create: [path] } }];
}

function forbidden({ project }: Facts): readonly BadChange[] | string | null {
  const { policy, allow, deny } = project.rules.scope;
  const forbidding = policy.mode === "enforce" ? policy.rules.filter(({ action }) => action === "forbid") : [];
  if (forbidding.length === 0) return null;
  const isFree = (path: string) =>
    (allow.length === 0 || allow.some((one) => fnmatch(one, path))) && !deny.some((one) => fnmatch(one, path));
  const path = forbidding
    .flatMap(({ paths }) => paths.map(sampleOf))
    .find((one) => isFree(one) && explainPath(policy, { path: one, kind: "create", summary: "" }).verdict === "refuse");
  if (path === undefined) return "no path is known that a rule of [policy] forbids";
  return [{ work: { [path]: "1\n" }, harmless: null, claims: { create: [path] } }];
}

function unmirrored({ project }: Facts): readonly BadChange[] | null {
  const [group] = project.rules.scope.mirrors;
  const [first, second] = group ?? [];
  if (first === undefined || second === undefined) return null;
  const same = Object.fromEntries((group ?? []).map((path) => [path, "1\n"]));
  return [{ base: same, work: { [first]: "2\n", [second]: "1\n" }, harmless: null, claims: { edit: [first, second] } }];
}

function notAllowed({ project }: Facts): readonly BadChange[] | string | null {
  const { allow, deny } = project.rules.scope;
  if (allow.length === 0) return null;
  const path = ["dgov_drill.txt", "dgov_drill/x"].find(
    (one) => ![...allow, ...deny].some((pattern) => fnmatch(pattern, one)),
  );
  if (path === undefined) return "no path is known that allow_files does not cover";
  return [{ work: { [path]: "1\n" }, harmless: null, claims: { create: [path] } }];
}
