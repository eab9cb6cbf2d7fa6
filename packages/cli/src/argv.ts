import { DgovError } from "@dgov/governor/error";
import { nearest } from "@dgov/governor/nearest";
import { z } from "zod";

/** What the parser must know of a command. */
export type Accepts = {
  name: string;
  args: z.ZodObject;
  flags: z.ZodObject;
  short: Readonly<Record<string, string>>;
};

/** One flag or argument as its zod schema tells it. `words` are the values of an enum. */
export type Field = {
  key: string;
  kind: "boolean" | "number" | "string";
  many: boolean;
  required: boolean;
  standard: unknown; // the default; undefined when there is none
  description: string;
  words: readonly string[] | null;
};

const Property = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  items: z.looseObject({ type: z.string().optional(), enum: z.array(z.string()).optional() }).optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
});
const Described = z.looseObject({
  properties: z.record(z.string(), Property),
  required: z.array(z.string()).optional(),
});

/** The fields of a flags or args schema, in the order they were written. */
export function fieldsOf(schema: z.ZodObject): Field[] {
  const described = Described.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  const required = new Set(described.required ?? []);
  return Object.entries(described.properties).map(([key, property]) => {
    const one = property.type === "array" ? (property.items ?? {}) : property;
    const kind =
      one.type === "boolean" ? "boolean" : one.type === "integer" || one.type === "number" ? "number" : "string";
    return {
      key,
      kind,
      many: property.type === "array",
      required: required.has(key),
      standard: property.default,
      description: property.description ?? "",
      words: one.enum ?? null,
    };
  });
}

/** `dry_run` as a user types it. */
export const flagName = (key: string): string => `--${key.replaceAll("_", "-")}`;

type Read = { args: Record<string, unknown>; flags: Record<string, unknown> };
type Known = { field: Field; value: boolean };

/**
 * Reads argv against a command.
 *
 * @returns inputs that both schemas accept
 * @throws DgovError `usage`, naming the nearest option for one that is unknown
 */
export function readArgv(command: Accepts, argv: readonly string[]): Read {
  const names = namesOf(command);
  const flags: Record<string, unknown> = {};
  const words: string[] = [];
  const queue = split(argv, names);
  for (let token = queue.shift(); token !== undefined; token = queue.shift()) {
    if (token === "--") {
      words.push(...queue);
      break;
    }
    if (!token.startsWith("-") || token === "-") words.push(token);
    else take(command, names, flags, { token, queue });
  }
  const args = placed(command, words);
  check(command, command.args, args, (key) => key.toUpperCase());
  check(command, command.flags, flags, flagName);
  return { args, flags };
}

/** Every spelling of every flag. */
function namesOf({ flags, short }: Accepts): Map<string, Known> {
  const names = new Map<string, Known>();
  for (const field of fieldsOf(flags)) {
    names.set(flagName(field.key), { field, value: true });
    const letter = short[field.key];
    if (letter) names.set(`-${letter}`, { field, value: true });
    if (field.kind === "boolean") names.set(`--no-${field.key.replaceAll("_", "-")}`, { field, value: false });
  }
  return names;
}

/** `-yv` is `-y -v` when every letter is a flag; else the token stays whole, so that the error can show it. */
function split(argv: readonly string[], names: Map<string, Known>): string[] {
  const end = argv.indexOf("--");
  return argv.flatMap((token, at) => {
    if (!/^-[A-Za-z]{2,}$/.test(token) || (end >= 0 && at > end)) return [token];
    const letters = [...token.slice(1)].map((letter) => `-${letter}`);
    return letters.every((letter) => names.has(letter)) ? letters : [token];
  });
}

function take(
  command: Accepts,
  names: Map<string, Known>,
  flags: Record<string, unknown>,
  { token, queue }: { token: string; queue: string[] },
) {
  const cut = token.startsWith("--") ? token.indexOf("=") : -1;
  const name = cut < 0 ? token : token.slice(0, cut);
  const known = names.get(name);
  if (!known) throw unknownOption(command, name, [...names.keys()]);
  const { field } = known;
  let given = cut < 0 ? null : token.slice(cut + 1);
  if (field.kind === "boolean") {
    if (given !== null) throw usage(command, `"${name}" takes no value, got "${given}"`);
    flags[field.key] = known.value;
    return;
  }
  given ??= queue.shift() ?? null;
  if (given === null) throw usage(command, `"${name}" wants a value`);
  const value = readWord(field, given);
  const before = flags[field.key];
  if (field.many) flags[field.key] = [...(Array.isArray(before) ? before : []), value];
  else if (before !== undefined) throw usage(command, `"${name}" is given twice`);
  else flags[field.key] = value;
}

/** A number where one is wanted; what is none stays a word, so that the schema says what is wrong with it. */
const readWord = ({ kind }: Field, given: string): string | number =>
  kind === "number" && /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given;

/** Words to arguments, in order; the last one takes the rest when it is an array. */
function placed(command: Accepts, words: readonly string[]): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  const left = [...words];
  for (const field of fieldsOf(command.args)) {
    const [word] = field.many ? [] : left.splice(0, 1);
    if (field.many) args[field.key] = left.splice(0).map((word) => readWord(field, word));
    else if (word !== undefined) args[field.key] = readWord(field, word);
    else if (field.required) throw usage(command, `${field.key.toUpperCase()} is missing`);
  }
  if (left.length > 0) throw usage(command, `"${left[0]}" is one argument too many`);
  return args;
}

function check(command: Accepts, schema: z.ZodObject, input: Record<string, unknown>, spell: (key: string) => string) {
  const result = schema.safeParse(input);
  const issue = result.error?.issues[0];
  if (!issue) return;
  const key = String(issue.path[0] ?? "");
  throw usage(command, `${spell(key)}${wrongWith(issue, input[key])}`);
}

/** What is wrong with a value, as a person says it. What a schema says in words of its own stays as it is. */
function wrongWith(issue: z.core.$ZodIssue, given: unknown): string {
  if (given === undefined) return " is missing";
  const got = `, got ${JSON.stringify(given)}`;
  if (issue.code === "invalid_value") return ` must be ${listed(issue.values.map(String))}${got}`;
  if (issue.code === "invalid_type" && issue.expected === "int") return ` must be a whole number${got}`;
  if (issue.code === "invalid_type" && issue.expected === "number") return ` must be a number${got}`;
  if (issue.code === "too_small" && issue.origin === "string") return " must not be empty";
  if (issue.code === "too_small") return ` must be at least ${issue.minimum}${got}`;
  if (issue.code === "too_big") return ` must be at most ${issue.maximum}${got}`;
  return `: ${issue.message}`;
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

function unknownOption(command: Accepts, name: string, names: string[]): DgovError {
  const known = [...names.filter((one) => !one.startsWith("--no-")), "--json", "--help"].filter((one) =>
    /^--/.test(one),
  );
  const close = nearest(
    name.replace(/^-+/, ""), // dashes are no likeness
    known.map((one) => one.slice(2)),
  );
  return usage(command, `there is no option "${name}"${close ? `; the nearest is "--${close}"` : ""}`);
}

const usage = (command: Accepts, why: string) =>
  new DgovError("usage", `Cannot run "dgov ${command.name}": ${why}`, { hint: `See "dgov help ${command.name}"` });
