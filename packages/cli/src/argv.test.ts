import { describe, expect, test } from "bun:test";
import { DgovError } from "@dgov/governor/error";
import { z } from "zod";
import { fieldsOf, readArgv } from "./argv.ts";

const COMMAND = {
  name: "demo",
  args: z.strictObject({ plan: z.string(), rest: z.array(z.string()).default([]) }),
  flags: z.strictObject({
    dry_run: z.boolean().default(false),
    follow: z.boolean().default(true),
    yes: z.boolean().default(false),
    jobs: z.int().min(1).optional(),
    only: z.array(z.string()).default([]),
    role: z.enum(["worker", "reviewer"]).optional(),
    note: z.string().optional(),
  }),
  short: { yes: "y", dry_run: "d", jobs: "j" },
};

test.each<[argv: string, flags: Record<string, unknown>, args: Record<string, unknown>]>([
  ["p", {}, { plan: "p", rest: [] }],
  ["p a b", {}, { plan: "p", rest: ["a", "b"] }],
  ["--dry-run p", { dry_run: true }, { plan: "p" }],
  ["p --no-follow", { follow: false }, { plan: "p" }],
  ["p --jobs 4", { jobs: 4 }, { plan: "p" }],
  ["p --jobs=4", { jobs: 4 }, { plan: "p" }],
  ["p -j 4 -yd", { jobs: 4, yes: true, dry_run: true }, { plan: "p" }],
  ["p --only a --only=b", { only: ["a", "b"] }, { plan: "p" }],
  ["p --role reviewer", { role: "reviewer" }, { plan: "p" }],
  ["p --note=a=b", { note: "a=b" }, { plan: "p" }],
  ["-- -p --dry-run", {}, { plan: "-p", rest: ["--dry-run"] }],
  ["p -", {}, { plan: "p", rest: ["-"] }],
])("reads: %s", (argv, flags, args) => {
  const read = readArgv(COMMAND, argv.split(" "));
  expect(read.flags).toEqual(flags);
  expect(read.args).toMatchObject(args);
});

test("an argument that is to be a number is one, and any other word says what is wrong", () => {
  const command = { ...COMMAND, args: z.strictObject({ id: z.int().min(1), more: z.array(z.int()).default([]) }) };
  expect(readArgv(command, ["7", "8", "9"]).args).toEqual({ id: 7, more: [8, 9] });
  for (const word of ["seven", "7a", "0", "1.5", ""]) expect(() => readArgv(command, [word])).toThrow("ID must be ");
});

test.each<[argv: string, why: string]>([
  ["", "PLAN is missing"],
  ["p --dry-rnu", 'there is no option "--dry-rnu"; the nearest is "--dry-run"'],
  ["p --zzzzzzzz", 'there is no option "--zzzzzzzz"'],
  ["p -x", 'there is no option "-x"'],
  ["p --jobs", '"--jobs" wants a value'],
  ["p --jobs many", '--jobs must be a number, got "many"'],
  ["p --jobs 1.5", "--jobs must be a whole number, got 1.5"],
  ["p --jobs 0", "--jobs must be at least 1, got 0"],

  ["p --jobs 1 --jobs 2", '"--jobs" is given twice'],
  ["p --dry-run=yes", '"--dry-run" takes no value, got "yes"'],
  ["p --role boss", '--role must be worker or reviewer, got "boss"'],
])("refuses: %s", (argv, why) => {
  const read = () => readArgv(COMMAND, argv.split(" ").filter(Boolean));
  expect(read).toThrow(why);
  expect(read).toThrow(expect.objectContaining({ code: "usage", exit: 2 }));
});

test.each<[argv: string, why: string]>([
  ["", "--file is missing"],
  ["--file a --at 9", "--at must be at most 8, got 9"],
  ["--file a --place 7", "--place: it must be a place"],
  ["--file a --title=", "--title must not be empty"],
  ["--file a --kind x", '--kind must be a, b or c, got "x"'],
])("what the schema of an option refuses is said in plain words: %s", (argv, why) => {
  const flags = z.strictObject({
    file: z.array(z.string()).min(1),
    at: z.int().max(8).optional(),
    place: z
      .string()
      .regex(/^[a-z]+$/, "it must be a place")
      .optional(),
    title: z.string().trim().min(1).optional(),
    kind: z.enum(["a", "b", "c"]).optional(),
  });
  const command = { ...COMMAND, args: z.strictObject({}), flags, short: {} };
  expect(() => readArgv(command, argv.split(" ").filter(Boolean))).toThrow(`Cannot run "dgov demo": ${why}`);
});

test("dashes make no option like another", () => {
  const refusal = () => readArgv(COMMAND, ["p", "--bon"]);
  expect(refusal).toThrow('there is no option "--bon"');
  expect(refusal).not.toThrow("nearest");
});

test("one argument too many is refused where none is taken", () => {
  expect(() => readArgv({ ...COMMAND, args: z.strictObject({}) }, ["p"])).toThrow(DgovError);
});

describe("fields", () => {
  test("a schema tells its kinds, defaults and words", () => {
    const told = fieldsOf(COMMAND.flags).map(({ key, kind, many, words, standard }) => [
      key,
      kind,
      many,
      words,
      standard,
    ]);
    expect(told).toEqual([
      ["dry_run", "boolean", false, null, false],
      ["follow", "boolean", false, null, true],
      ["yes", "boolean", false, null, false],
      ["jobs", "number", false, null, undefined],
      ["only", "string", true, null, []],
      ["role", "string", false, ["worker", "reviewer"], undefined],
      ["note", "string", false, null, undefined],
    ]);
  });
});
