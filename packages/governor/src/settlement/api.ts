import type { Finding } from "@dgov/kernel";
import type { Api } from "../api_file.ts";
import { type ApiFiles, apiFilesAt } from "../semantic/api_files.ts";
import type { ApiAnswer } from "../semantic/compare_apis.ts";
import type { Site } from "../site.ts";
import { type Gate, type Judgement, pass, reject } from "./gate.ts";

/** The very tree that would land on `head`. */
export type JudgedApis = Pick<Site, "git" | "project" | "symbols"> & { head: string; tree: string };

/** The gate on interfaces, where the project has any. @returns none or one */
export const apiGates = ({ project }: Pick<JudgedApis, "project">): Gate<JudgedApis>[] =>
  Object.keys(project.rules.baselines.apis).length > 0 ? [{ name: "api", check: checkAll }] : [];

const LISTED_MAX = 50;

/** All interfaces are looked at before one of them stops the work: whoever mends it wants to know of the others. */
async function checkAll(judged: JudgedApis): Promise<Judgement> {
  const said: ApiVerdict[] = [];
  for (const [name, api] of Object.entries(judged.project.rules.baselines.apis))
    said.push(await judgeApi(judged, name, api));
  const findings = (did: ApiVerdict["did"]) => said.flatMap((one) => (one.did === did ? one.findings : []));
  const [refused, broken] = [findings("refused"), findings("broken")];
  if (refused.length > 0) return reject("gate", [...refused, ...broken].slice(0, LISTED_MAX));
  if (broken.length > 0) return { ...pass, verdict: "broken", cause: "broken", findings: broken.slice(0, LISTED_MAX) };
  return { ...pass, findings: findings("passed").slice(0, LISTED_MAX) };
}

/** What is said of one interface. `diff` null: it is unchanged, or cannot be compared. */
export type ApiVerdict = { did: "passed" | "refused" | "broken"; findings: Finding[]; diff: Diff | null };
type Diff = Exclude<ApiAnswer, { unreadable: string }>;

/** Judges what becomes of one interface from a commit to a tree. */
export async function judgeApi({ git, symbols, head, tree }: Omit<JudgedApis, "project">, name: string, api: Api) {
  const { document, rules } = api;
  const [before, after] = await Promise.all([apiFilesAt(git, head, document), apiFilesAt(git, tree, document)]);
  const of = { name, document };
  const say = (did: ApiVerdict["did"], code: string, message: string, line?: number | null): ApiVerdict => ({
    ...{ did, diff: null },
    findings: [{ code, message, path: document, ...(line ? { line } : {}) }],
  });
  if (before === null && after === null)
    return say("passed", "api_missing", `There is no "${document}", which [api.${name}] names`);
  if (after === null) return say("refused", "api_removed", `"${document}" is gone, and ${TAKEN}`);
  if (typeof after === "string") return say("refused", "api_unreadable", after);
  if (typeof before === "string") return say("broken", "api_base_unreadable", `${before}, on the target: ${MEND}`);
  if (before?.key === after.key) return UNCHANGED;
  const side = ({ files }: ApiFiles) => ({ root: document, files });
  const found = await symbols.apis({ base: side(before ?? after), head: side(after), rules });
  if (!("unreadable" in found)) return verdictOf(found, api, of);
  const { file, line, unreadable } = found;
  const where = `"${file}"${line ? `, line ${line},` : ""}`;
  if (found.side === "head" || before === null)
    return {
      ...say("refused", "api_unreadable", `${where} cannot be read: ${unreadable}`, file === document ? line : null),
    };
  const [code, words] = found.side === "base" ? ["api_base_unreadable", `: ${MEND}`] : ["api_uncompared", ""];
  return say("broken", code, `${where} cannot be compared with what the target has: ${unreadable}${words}`);
}

const UNCHANGED: ApiVerdict = { did: "passed", findings: [], diff: null };
const TAKEN =
  "who calls the interface is told nothing; keep the document, or take the table out of .dgov/project.toml first";
const MEND = "mend it there by hand first";

function verdictOf(
  diff: Diff,
  { every, semver }: Api,
  { name, document }: { name: string; document: string },
): ApiVerdict {
  const { base, head, need, next } = diff;
  const finding = (code: string, message: string, line?: number | null): Finding => {
    return { code, message, path: document, ...(line ? { line } : {}) };
  };
  const came = (did: ApiVerdict["did"], findings: Finding[]): ApiVerdict => ({ did, findings, diff });
  if (diff.lowered)
    return came("refused", [finding("api_version_lowered", `The version of [api.${name}] was ${base} and is ${head}`)]);
  const enough = semver ? diff.enough : base !== head || need === "none";
  if (need === "none" || enough === true)
    return came("passed", need === "major" ? [finding("api_major", majorWords(diff))] : []);
  const cure = semver ? `info.version must become ${next ?? "a semantic version"}` : "info.version must be another one";
  if (semver && enough === null) {
    const message = `"${next === null ? base : head}" is no semantic version, so that nobody can say whether it goes far enough: ${cure}`;
    const unsure = finding("api_version_unreadable", message);
    return came(need === "major" || every ? "refused" : "passed", [unsure, ...breaking(diff, finding, cure)]);
  }
  if (need === "major") return came("refused", breaking(diff, finding, cure));
  const behind = finding(
    "api_version_behind",
    `The interface changed (${need}), and its version is still ${head}: ${cure}`,
  );
  return came(every ? "refused" : "passed", [behind]);
}

const majorWords = ({ base, head, changes }: Diff): string =>
  `${base} -> ${head}: ${changes.filter(isGrave).length} breaking or unknown changes; "dgov api diff --markdown" tells callers what to do`;

const isGrave = ({ level }: Diff["changes"][number]): boolean => level === "breaking" || level === "unknown";

function breaking(
  { changes }: Diff,
  finding: (code: string, message: string, line?: number | null) => Finding,
  cure: string,
) {
  return changes.filter(isGrave).map(({ level, kind, where, says, head, base }): Finding => {
    const place = head ?? base;
    const message = `${where === "" ? "" : `${where}: `}${says} (${kind}); ${level === "unknown" ? `this may break callers: mend it, or ` : ""}${cure}`;
    const told = finding(`api_${level}`, message, head?.line);
    return place ? { ...told, path: place.file } : told;
  });
}
