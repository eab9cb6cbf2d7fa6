import { z } from "zod";

const names = z.array(z.string()).default([]);

/** A regular expression as JavaScript has it, without slashes; "^" and "$" are the ends of a line. */
const pattern = z.string().refine(isPattern, "it is no regular expression");

/**
 * How the text of an import becomes a file.
 *
 * `strategy`    one of those in modules.ts
 * `extensions`  with their dots, in the order in which they are tried
 * `written_as`  endings that the text of an import may have where the file has one of `extensions`
 * `index`       names of the file that speaks for its folder
 * `bare_folders` a folder is a module without such a file, too
 * `submodules`  what is taken from a module by name may be a module below it: each that is "found" there, or only those that
 *               the module has "declared"
 * `separator`   what stands between a module and one below it
 * `words`       how a path begins at the root of its package, at the module itself, and goes up from there; null: with none
 * `package_roots` names of the file that stands where a package begins; none: nothing says where
 * `manifest`    the file that names its package, and what finds the name in it; null: no file does
 * `cycles`      what of a circle of imports fails: "names" that are taken before they are bound, or only "reads" of them while
 *               the module is loaded
 * `scope`       "folder": what a file binds is bound in all files of its folder, but for what it imports
 * `roots`       folders from which absolute paths are looked for; "" is the repository
 * `settings`    where the project itself names such folders, and what finds them there
 * `aliases`     where the project itself gives paths a meaning: in the first of `files` in the nearest folder, which is JSON
 *               with comments, below `below`; null: nowhere
 * `tests`       ends of names (before the ending) of files that are there for tests alone; `variants` on some machines alone
 * `mentions`    what, beside its name, may stand where a file, or one that speaks for its folder, is imported
 * `named_in`    endings of files that are no code and may name things by dotted paths
 */
const modules = z.strictObject({
  strategy: z.enum(["dotted", "relative_path", "package_folder", "nested"]),
  extensions: names,
  written_as: names,
  index: names,
  bare_folders: z.boolean().default(false),
  submodules: z.enum(["none", "found", "declared"]).default("none"),
  separator: z.string().default("."),
  words: z.strictObject({ root: z.string(), own: z.string(), above: z.string() }).nullable().default(null),
  package_roots: names,
  manifest: z.strictObject({ file: z.string(), name: pattern }).nullable().default(null),
  cycles: z.enum(["names", "reads"]).default("names"),
  scope: z.enum(["file", "folder"]).default("file"),
  roots: names,
  settings: z.array(z.strictObject({ file: z.string(), root: pattern })).default([]),
  aliases: z
    .strictObject({ files: names, below: z.string(), base: z.string(), paths: z.string(), parent: z.string() })
    .nullable()
    .default(null),
  tests: names,
  variants: names,
  mentions: z.strictObject({ file: names, index: names }).default({ file: [], index: [] }),
  named_in: names,
});

/**
 * `builtins`  are there without being bound
 * `exports`  what others see of a module: "all" that it binds; only what is "listed", but what says nothing gives nobody knows
 *            what; "only_listed": and what says nothing gives nothing
 * `checked_types`  what is read for types alone has to be there too, or the text does not compile
 * `merging`  what a scope defines several times under one name is one: overloads, parts of an interface
 * `answers`     the function of a module that is asked for names it has not bound, and how its last statement begins where
 *               it refuses all others; null: there is no such function
 * `unstarred`   what the names begin with that a module imported whole does not give, where it lists none; null: it gives all
 * `export_list`  the name to which a module binds what it gives away; null: there is none
 * `repeatable` names that may be bound several times in one scope
 * `unused_imports` an import that nothing reads is a fault
 * `in_order`  what runs when a module is loaded can only read what stands above it
 * `hoisted`  but bindings of these kinds are there from the start
 * `coexist`  kinds of units that may have the name of one of the kind, in its scope
 * `apart`  words in the head of a unit that make it another one than its namesake without them
 */
const bound = z.strictObject({
  builtins: names,
  in_order: z.boolean(),
  hoisted: names,
  coexist: z.record(z.string(), z.array(z.string())).default({}),
  apart: names,
  repeatable: names,
  unused_imports: z.boolean().default(false),
  exports: z.enum(["all", "listed", "only_listed"]).default("all"),
  checked_types: z.boolean().default(false),
  merging: z.boolean().default(false),
  answers: z.strictObject({ by: z.string(), refuses: pattern }).nullable().default(null),
  unstarred: z.string().nullable().default(null),
  export_list: z.string().nullable().default(null),
});

/**
 * `arity`              "strict": too many and too few arguments fail at run time; "loose": a hint at most
 * `receiver`           "parameter": what a method is called on is its first parameter; "implicit": it is none
 * `constructor_names`  the member that is called when an instance is made
 * `transparent`        decorators that leave a callable's parameters and result as they are
 * `wrapping`           decorators that leave the parameters and change the result
 * `repeatable`         decorators with which one name is defined several times in one scope
 * `plain_types`        of which no value is of two
 * `element_attributes` what any element may be given
 * `promises`           types of results that are waited for, where waiting is for anybody to do; none: what is asynchronous
 *                      has to be waited for, and nothing else can be
 * `registering`        decorators (last parts) that put what they stand on into a table, by their arguments
 */
const calls = z.strictObject({
  arity: z.enum(["strict", "loose"]),
  receiver: z.enum(["parameter", "implicit"]),
  constructor_names: names,
  transparent: names,
  wrapping: names,
  repeatable: names,
  plain_types: names,
  element_attributes: names,
  promises: names,
  registering: names,
});

/**
 * `order`    "c3": bases must have one linear order; "none": no such rule
 * `abstract` whether an instance of an abstract class can be "made" as long as it has all members, or "never"
 * `overrides` have to take "all" the arguments that the overridden takes; or "fewer", and leave the last ones
 * `overriding` words in the head of a member without which it overrides, and with which it has to
 * `bare`     bases outside of the repository that bring no members of interest (`object`, `ABC`)
 * `members`  what every class and instance has
 * `any_slot` the slot that takes members of any name; null: there is none
 * `above`    the words by which a class reads what those above it have, and not its own
 */
const classes = z.strictObject({
  order: z.enum(["c3", "none"]),
  abstract: z.enum(["made", "never"]).default("made"),
  overrides: z.enum(["all", "fewer"]).default("all"),
  overriding: names,
  bare: names,
  members: names,
  any_slot: z.string().nullable().default(null),
  above: names,
});

/**
 * What the linker and the checks have to know of a language: the `link` table of its profile.json. Names are written as in
 * the language, decorators and bases with their dots; a bare last part fits any path to it ("cache": "functools.cache").
 */
export const linkRules = z.strictObject({ modules, names: bound, calls, classes });
export type LinkRules = z.infer<typeof linkRules>;
export type ModuleRules = LinkRules["modules"];

/** The rules of a language; null: none are known, and nothing is linked. */
export type RulesOf = (language: string) => LinkRules | null;

function isPattern(written: string): boolean {
  try {
    return new RegExp(written, "m") instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
