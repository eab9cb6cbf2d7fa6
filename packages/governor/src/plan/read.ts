import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Claim, ClaimError, isReserved, parseClaim } from "@dgov/sandbox/claim";
import { claimOf as claimIn } from "../claim_text.ts";
import { DgovError, type Place } from "../error.ts";
import { check, decode, parseToml, type Toml } from "../toml.ts";
import type { KeyPath } from "../toml_place.ts";
import { CONTRACT_FILE } from "./contract/file.ts";
import { type ContractSource, readContract } from "./contract/read.ts";
import { emptyPlan } from "./empty.ts";
import { gatherFacts } from "./facts.ts";
import { mentionedSymbols } from "./prompt.ts";
import {
  FILE_KEYS,
  NAME,
  type PlanSource,
  placeOf,
  RootFile,
  SectionFile,
  type SourceClaim,
  type SourceTask,
  TaskTable,
} from "./source.ts";

/**
 * Reads a plan folder. What is wrong with it is in `places`, never thrown.
 *
 * @param dir  relative to the root, as `findPlan` gives it
 * @param path the PATH that workers will have; null: programs named in prompts are not looked for
 * @throws DgovError `not_a_plan` when there is no `_root.toml`
 */
export function readPlan(root: string, dir: string, { path = null }: { path?: string | null } = {}): PlanSource {
  const reading = new Reading(root, dir);
  const header = reading.root();
  const tasks = header?.sections.flatMap((section) => reading.section(section)) ?? [];
  if (header && tasks.length === 0 && reading.places.length === 0)
    reading.places.push(emptyPlan(join(root, dir), `${dir}/_root.toml`, header.sections));
  const contract = reading.contract();
  return {
    dir,
    hash: reading.digest.digest("hex"),
    root: header?.file ?? null,
    tasks,
    broken: reading.broken,
    facts: gatherFacts(root, spokenOf({ tasks, contract }), path),
    contract,
    places: reading.places,
  };
}

/** Every place in the repository that a plan speaks of: what tasks claim, what prompts name, what its contract is about. */
export function spokenOf({ tasks, contract }: Pick<PlanSource, "tasks" | "contract">): Claim[] {
  const named = tasks.flatMap(({ prompt }) => mentionedSymbols(prompt));
  const { requirements = {}, tests = {} } = contract?.table ?? {};
  const promised = [
    ...Object.values(requirements).flatMap(({ code }) => code),
    ...Object.values(tests).map(({ at }) => at),
  ];
  const further = [...named, ...promised].flatMap((text) => claimIn(text) ?? []);
  return [...tasks.flatMap(({ claims }) => claims.map(({ claim }) => claim)), ...further];
}

type Header = { file: RootFile; sections: readonly string[] };

/** One pass over a plan's files: it keeps what was wrong, and a hash of every byte that was read. */
class Reading {
  readonly places: Place[] = [];
  readonly broken: string[] = [];
  readonly #root: string;
  readonly #dir: string;
  readonly digest = createHash("sha256");

  constructor(root: string, dir: string) {
    this.#root = root;
    this.#dir = dir;
  }

  root(): Header | null {
    if (!isFile(join(this.#root, this.#dir, "_root.toml")))
      throw new DgovError("not_a_plan", `Cannot read the plan "${this.#dir}": it has no "_root.toml"`);
    const toml = this.#toml("_root.toml");
    const file = toml && this.#check(RootFile, toml, []);
    if (!toml || !file) return null;
    const seen = new Set<string>();
    const sections = file.plan.sections.filter((section, at) => {
      const fault = sectionFault(join(this.#root, this.#dir), section, seen);
      seen.add(section);
      if (fault) this.#fault(toml, ["plan", "sections", at], fault);
      return fault === null;
    });
    return { file, sections };
  }

  /** The tasks of a section: files by name, tasks as written. */
  section(section: string): SourceTask[] {
    const entries = readdirSync(join(this.#root, this.#dir, section), { withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && /^[^_.].*\.toml$/.test(entry.name))
      .map(({ name }) => name);
    return files.sort().flatMap((name) => this.#file(section, name));
  }

  contract(): ContractSource | null {
    if (!isFile(join(this.#root, this.#dir, CONTRACT_FILE))) return null;
    const { contract, places } = readContract(this.#root, this.#bytes(CONTRACT_FILE), `${this.#dir}/${CONTRACT_FILE}`);
    this.places.push(...places);
    return contract;
  }

  #file(section: string, name: string): SourceTask[] {
    const toml = this.#toml(`${section}/${name}`);
    const stem = name.slice(0, -".toml".length);
    if (toml && !NAME.test(stem))
      this.#fault(toml, [], {
        code: "file_name_invalid",
        message: `Cannot use the file "${section}/${name}": ${LETTERS}`,
      });
    const file = toml && this.#check(SectionFile, toml, []);
    if (!toml || !file || !NAME.test(stem)) return [];
    return Object.keys(file.tasks).flatMap((slug) => this.#task(toml, `${section}/${stem}`, slug) ?? []);
  }

  #task(toml: Toml, scope: string, slug: string): SourceTask | null {
    const path = ["tasks", slug];
    const id = `${scope}.${slug}`;
    if (!NAME.test(slug)) {
      this.#fault(toml, path, { code: "slug_invalid", message: `Cannot use the task "${slug}": ${LETTERS}` });
      return null;
    }
    const table = this.#check(TaskTable, toml, path, id);
    if (!table) {
      this.broken.push(id);
      return null;
    }
    const task = { id, scope, slug, toml, path, table };
    const { claims, places } = claimsOf(task);
    const tests = testsOf(task);
    this.places.push(...places, ...tests.places);
    return { ...task, prompt: this.#prompt(task), claims, tests: tests.paths };
  }

  /** The task's own words. A `prompt_file` is read also when there is a prompt: the prompt wins, but the file must be there. */
  #prompt(task: Unread): string {
    const { prompt, prompt_file: name } = task.table;
    if (name === "") return prompt;
    const fault = promptFault(join(this.#root, this.#dir), name);
    const text = fault === null ? decode(this.#bytes(name)) : null;
    if (text === null) {
      const message = `Cannot read the prompt_file "${name}" of "${task.id}": ${fault ?? "it is not UTF-8 text"}`;
      this.places.push(placeOf(task, ["prompt_file"], { code: "prompt_file_invalid", message }));
    }
    return prompt === "" ? (text ?? "") : prompt;
  }

  #toml(name: string): Toml | null {
    const { toml, places } = parseToml(this.#bytes(name), `${this.#dir}/${name}`);
    this.places.push(...places);
    return toml;
  }

  #bytes(name: string): Uint8Array {
    const bytes = readFileSync(join(this.#root, this.#dir, name));
    this.digest.update(`${name}\0${bytes.length}\0`).update(bytes);
    return bytes;
  }

  #check<Schema extends Parameters<typeof check>[0]>(schema: Schema, toml: Toml, path: KeyPath, unit?: string) {
    const { value, places } = check(schema, { toml, path, ...(unit === undefined ? {} : { unit }) });
    this.places.push(...places);
    return value;
  }

  #fault(toml: Toml, path: KeyPath, { code, message }: Fault): void {
    this.places.push({ severity: "error", code, message, file: toml.file, ...toml.at(path), unit: null });
  }
}

type Fault = { code: string; message: string };
type Unread = Pick<SourceTask, "id" | "toml" | "path" | "table">;

function sectionFault(plan: string, section: string, seen: ReadonlySet<string>): Fault | null {
  if (!NAME.test(section))
    return { code: "section_name_invalid", message: `Cannot use the section "${section}": ${LETTERS}` };
  if (seen.has(section))
    return { code: "section_duplicate", message: `Cannot use the section "${section}": it is declared twice` };
  const found = lstatSync(join(plan, section), { throwIfNoEntry: false });
  if (found?.isDirectory()) return null;
  const why = found ? "it is a file or a link, not a folder" : "there is no such folder in the plan";
  return { code: "section_missing", message: `Cannot use the section "${section}": ${why}` };
}

/** A prompt goes to a provider, so nothing from outside the plan's folder may get into it, by a path or by a link. */
function promptFault(plan: string, name: string): string | null {
  const inside = (path: string, folder: string) => path.startsWith(`${folder}/`);
  if (!inside(resolve(plan, name), resolve(plan))) return "it must stay in the plan's folder";
  if (!statSync(join(plan, name), { throwIfNoEntry: false })?.isFile())
    return "there is no such file in the plan's folder";
  return inside(realpathSync(join(plan, name)), realpathSync(plan)) ? null : "a link leads it out of the plan's folder";
}

function claimsOf(task: Unread): { claims: SourceClaim[]; places: Place[] } {
  const bare = Array.isArray(Reflect.get(Object(task.path.reduce<unknown>(child, task.toml.value)), "files"));
  const places: Place[] = [];
  const claims = FILE_KEYS.flatMap((key) =>
    task.table.files[key].flatMap((text, at) => {
      const path = bare ? ["files", at] : ["files", key, at];
      const claim = claimOf(text);
      if (claim instanceof ClaimError)
        places.push(placeOf(task, path, { code: "claim_invalid", message: claim.message }));
      return claim instanceof ClaimError ? [] : [{ key, claim, path }];
    }),
  );
  return { claims, places };
}

/** Acceptance tests are named file by file: a folder or a pattern would let one come, or go, that nobody has approved. */
function testsOf(task: Unread): { paths: string[]; places: Place[] } {
  const places: Place[] = [];
  const paths = task.table.tests.flatMap((text, at) => {
    const claim = claimOf(text);
    const plain = !(claim instanceof ClaimError) && claim.kind === "path" && claim.symbol === null;
    if (plain && !isReserved(claim.path)) return [claim.path];
    const why = claim instanceof ClaimError ? claim.why : plain ? "it belongs to dgov" : "it must be one whole file";
    const message = `Cannot take "${text}" for a test of "${task.id}": ${why}`;
    places.push(placeOf(task, ["tests", at], { code: "test_path_invalid", message }));
    return [];
  });
  return { paths: [...new Set(paths)].sort(), places };
}

function claimOf(text: string): Claim | ClaimError {
  try {
    return parseClaim(text);
  } catch (error) {
    if (error instanceof ClaimError) return error;
    throw error;
  }
}

const LETTERS = 'its name may have letters, digits, "_" and "-" only';
const child = (value: unknown, key: string | number): unknown => Reflect.get(Object(value), key);
const isFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
