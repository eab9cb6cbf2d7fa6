import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { DgovError } from "./error.ts";
import { machineWords } from "./machine_words.ts";
import ledger from "./skills/dgov-ledger.md" with { type: "text" };
import plan from "./skills/dgov-plan.md" with { type: "text" };
import run from "./skills/dgov-run.md" with { type: "text" };
import { writeAtomic } from "./write.ts";

/** What `dgov agents sync` shows: names of skills by what became of them. `foreign`: somebody else's, and left as it is. */
export type SkillsView = {
  target: string;
  pack: string; // digest of what is to be there
  created: string[];
  updated: string[];
  current: string[];
  foreign: string[];
};

/**
 * `dir` is where agents look for skills; null: `~/.agents/skills`. `from`: a folder with a pack of skills, whose digest must be
 * `sha256`; null: dgov's own. `check`: nothing is written.
 */
export type SkillsAsked = { dir: string | null; from: string | null; sha256: string | null; check: boolean };

type Pack = ReadonlyMap<string, string>; // name → text of its SKILL.md
const OWN: Pack = new Map([
  ["dgov-ledger", ledger],
  ["dgov-plan", plan],
  ["dgov-run", run],
]);

/** What was written before, so that an update is told from somebody's own words: name → sha-256 (hex) of the text. */
const PINS = ".dgov-skills.json";
const Pins = z.record(z.string(), z.string());

/**
 * Writes skills to where a user's agents find them. What others have written, or a person has changed, stays as it is.
 *
 * @throws DgovError `machine_refused`, and `skills_unpinned` for a pack that is not what its digest says, before anything is written
 */
export function syncSkills(
  { cwd, env }: { cwd: string; env: Readonly<Record<string, string | undefined>> },
  { dir, from, sha256, check }: SkillsAsked,
): SkillsView {
  const target = dir === null ? defaultDir(env) : resolve(cwd, dir);
  const pack = from === null ? OWN : within(from, () => packIn(resolve(cwd, from), sha256));
  return within(target, () => synced(target, pack, check));
}

/** What the machine says of a folder that somebody has named is no fault of ours. @throws DgovError `machine_refused` */
function within<Value>(folder: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const hint = "Name a folder that is there, or could be made, and that this user may use";
    throw new DgovError("machine_refused", `Cannot use "${folder}" for skills: ${machineWords(cause)}`, {
      cause,
      hint,
    });
  }
}

function synced(target: string, pack: Pack, check: boolean): SkillsView {
  const pins = pinsIn(target);
  const view: SkillsView = { target, pack: digestOf(pack), created: [], updated: [], current: [], foreign: [] };
  const next = { ...pins };
  for (const [name, text] of pack) {
    const became = standing(join(target, name), text, pins[name]);
    view[became].push(name);
    if (became === "foreign") continue;
    next[name] = hashOf(text);
    if (became !== "current" && !check) writeAtomic(join(target, name, "SKILL.md"), text);
  }
  if (!check && JSON.stringify(next) !== JSON.stringify(pins))
    writeAtomic(join(target, PINS), `${JSON.stringify(next, null, 2)}\n`);
  return view;
}

/** A link is somebody's arrangement, wherever it leads. */
function standing(
  folder: string,
  text: string,
  pin: string | undefined,
): "created" | "updated" | "current" | "foreign" {
  const path = join(folder, "SKILL.md");
  const [above, there] = [folder, path].map((one) => lstatSync(one, { throwIfNoEntry: false }));
  if (above && !above.isDirectory()) return "foreign";
  if (!there) return "created";
  if (!there.isFile()) return "foreign";
  const now = readFileSync(path, "utf8");
  if (now === text) return "current";
  return hashOf(now) === pin ? "updated" : "foreign";
}

/** Pins that cannot be read pin nothing: then what differs is foreign, and stays. */
function pinsIn(target: string): Readonly<Record<string, string>> {
  const path = join(target, PINS);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return {};
  const read = Pins.safeParse(jsonOf(readFileSync(path, "utf8")));
  return read.success ? read.data : {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const SKILL = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Each folder of it with a SKILL.md is a skill. */
function packIn(folder: string, wanted: string | null): Pack {
  const isThere = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const names = (isThere ? readdirSync(folder, { withFileTypes: true }) : []).filter(
    (entry) => entry.isDirectory() && SKILL.test(entry.name),
  );
  const files = names.map(({ name }) => [name, join(folder, name, "SKILL.md")] as const);
  const there = files.filter(([, path]) => lstatSync(path, { throwIfNoEntry: false })?.isFile());
  const pack: Pack = new Map(there.map(([name, path]) => [name, readFileSync(path, "utf8")]));
  const found = digestOf(pack);
  if (pack.size > 0 && found === wanted) return pack;
  const why =
    pack.size === 0
      ? "there is no folder with a SKILL.md in it"
      : wanted === null
        ? `it is not pinned, and has ${found}`
        : `it has ${found}`;
  const hint = "Name the folder above the folders of the skills";
  throw new DgovError(
    "skills_unpinned",
    `Cannot take skills from "${folder}": ${why}`,
    pack.size === 0 ? { hint } : {},
  );
}

/** Over names and texts, whatever the order on disk. */
function digestOf(pack: Pack): string {
  const digest = createHash("sha256");
  for (const [name, text] of [...pack].sort(([a], [b]) => (a < b ? -1 : 1)))
    digest.update(`${name}\0${Buffer.byteLength(text)}\0${text}`);
  return digest.digest("hex");
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function defaultDir({ HOME: home }: Readonly<Record<string, string | undefined>>): string {
  if (home?.startsWith("/")) return join(home, ".agents/skills");
  throw new DgovError("usage", "Cannot choose a folder for skills: HOME is not set", {
    hint: "Give one with --skills-dir",
  });
}
