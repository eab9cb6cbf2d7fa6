import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CeilingTable } from "./budget_file.ts";
import { ProjectFile } from "./config_file.ts";
import { DgovError, type Place } from "./error.ts";
import { NotifyTable, TelemetryTable } from "./notify_file.ts";
import { PROJECT_FILE } from "./project_file.ts";
import { check, parseToml, type Toml } from "./toml.ts";

type Env = Readonly<Record<string, string | undefined>>;

const { providers, agents, tiers, profiles, prices } = ProjectFile.shape;
const OWN = ProjectFile.shape.project.unwrap().shape;
const Budget = ProjectFile.shape.budget.unwrap().shape;

/**
 * `~/.config/dgov/config.toml` as people write it: who works for them, and what that may cost. Nothing in it judges: what
 * does is the repository's alone, so that two people who run one plan are judged alike.
 */
export const UserFile = z.strictObject({
  project: z
    .strictObject({ provider: OWN.provider, default_agent: z.string().optional() })
    .prefault({})
    .describe("Who works where the repository does not say"),
  providers: providers.describe("As in .dgov/project.toml, which goes before it key by key"),
  agents,
  tiers,
  profiles,
  prices,
  budget: z
    .strictObject({ ...CeilingTable.shape, task: CeilingTable.optional(), currency: Budget.currency })
    .prefault({})
    .describe("Ceilings of each of the user's runs: beside those of repository and plan the lowest holds"),
  notify: NotifyTable.optional().describe("Who tells you that a run is over, or waits for you"),
  telemetry: TelemetryTable.optional(),
  limits: z.strictObject({ jobs: ProjectFile.shape.limits.unwrap().shape.jobs }).prefault({}),
});
export type UserFile = z.infer<typeof UserFile>;

/** A user's configuration. `hash`: sha-256 (hex) of its bytes. */
export type User = { toml: Toml; file: UserFile; bytes: Uint8Array; hash: string };

/** Where it stands: DGOV_CONFIG, or else by the rules of XDG; null: whoever runs dgov has no home. */
export function userFile({ DGOV_CONFIG: file, XDG_CONFIG_HOME: config, HOME: home }: Env): string | null {
  if (file?.startsWith("/")) return file;
  if (config?.startsWith("/")) return join(config, "dgov/config.toml");
  return home?.startsWith("/") ? join(home, ".config/dgov/config.toml") : null;
}

/**
 * @returns null when there is no such file, or nothing in it
 * @throws DgovError `config_invalid` with every place that must be mended
 */
export function readUser(env: Env): User | null {
  const path = userFile(env);
  const bytes = path === null ? null : bytesOf(path);
  if (path === null || bytes === null) return null;
  const { toml, places } = parseToml(bytes, path);
  if (!toml) throw refused(path, places);
  if (Object.keys(toml.value).length === 0) return null;
  const judging = misplaced(toml);
  const checked = check(UserFile, { toml, path: [] });
  if (judging.length > 0)
    throw refused(path, [...judging, ...checked.places.filter(({ line }) => !told(judging, line))]);
  if (!checked.value) throw refused(path, checked.places);
  return { toml, file: checked.value, bytes, hash: createHash("sha256").update(bytes).digest("hex") };
}

const told = (places: readonly Place[], line: Place["line"]) => places.some((place) => place.line === line);

const refused = (path: string, places: readonly Place[]) =>
  new DgovError("config_invalid", `Cannot use "${path}": ${places[0]?.message ?? "it is invalid"}`, {
    places,
    hint: `Mend the place in ${path}, then run again`,
  });

function bytesOf(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw new DgovError("config_invalid", `Cannot read "${path}"`, { cause: error });
  }
}

/** What there is, but not here: a user's gate would judge the work of a repository that knows nothing of it. */
function misplaced(toml: Toml): Place[] {
  const inside = Object.keys(Object(toml.value.project)).filter((key) => key in OWN && !(key in USERS));
  const paths = [
    ...Object.keys(toml.value)
      .filter((key) => key in ProjectFile.shape && !(key in UserFile.shape))
      .map((key) => [key]),
    ...inside.map((key) => ["project", key]),
  ];
  return paths.map((path) => {
    const message = `Cannot take "${path.join(".")}" from the user: what judges the work is said by the repository; write it into ${PROJECT_FILE}`;
    return { severity: "error", code: "key_misplaced", message, file: toml.file, ...toml.at(path), unit: null };
  });
}
const USERS = UserFile.shape.project.unwrap().shape;

/** Amounts of one currency cannot be held against ceilings of another. */
export function foreignMoney({ budget }: Pick<ProjectFile, "budget">, { toml, file }: User): Place[] {
  const { currency, money, task } = file.budget;
  const priced = Object.values(file.providers).some((table) => table && "price_input_per_mtok" in table);
  const counts = money !== undefined || task?.money !== undefined || priced || Object.keys(file.prices).length > 0;
  if (!counts || currency === budget.currency) return [];
  const message = `Cannot count in ${budget.currency}, as ${PROJECT_FILE} says, with amounts in ${currency}: set [budget] currency, or remove the amounts`;
  return [{ severity: "error", code: "currency_mixed", message, file: toml.file, ...toml.at(["budget"]), unit: null }];
}

/**
 * A repository's document over its user's: tables are joined, and of anything else the repository's word holds. A finding
 * names the file in which the key stands.
 */
export const layered = (own: Toml, { toml: user }: Pick<User, "toml">): Toml => ({
  file: own.file,
  value: joined(shared(user.value), own.value),
  at: (path) =>
    depth(own.value, path) >= depth(user.value, path) ? own.at(path) : { ...user.at(path), file: user.file },
});

type Table = Readonly<Record<string, unknown>>;

/** A ceiling is held beside the repository's, and never in place of it; who is told of a run is nothing that a repository says. */
const shared = ({ budget, notify, telemetry, ...rest }: Table): Table => rest;

function joined(under: Table, over: Table): Table {
  const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries(
    [...keys].map((key) => {
      const [low, high] = [own(under, key), own(over, key)];
      return [key, isTable(low) && isTable(high) ? joined(low, high) : (high ?? low)];
    }),
  );
}

const own = (table: Table, key: string | number): unknown => (Object.hasOwn(table, key) ? table[key] : undefined);
const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** How much of a path is written. */
function depth(value: unknown, [key, ...rest]: readonly (string | number)[]): number {
  if (key === undefined || typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return 0;
  return 1 + depth(Reflect.get(value, key), rest);
}
