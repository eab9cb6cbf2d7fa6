/**
 * What the linker and the checks have to know of a language: the `link` table of its profile.json. Names are written as
 * in the language, decorators and bases with their dots, and a bare last part fits any path to it ("cache" fits
 * "functools.cache").
 */
export type LinkRules = { modules: ModuleRules; names: NameRules; calls: CallRules; classes: ClassRules };

/**
 * How the text of an import becomes a file: one of the strategies in modules.ts.
 *
 * `extensions`  with their dots, in the order in which they are tried
 * `index`       names of the file that speaks for its folder
 * `roots`       folders from which absolute paths are looked for; "" is the repository
 */
export type ModuleRules = {
  strategy: "python" | "relative_path" | "package_folder" | "crate";
  extensions: readonly string[];
  index: readonly string[];
  roots: readonly string[];
};

/**
 * `builtins`  are there without being bound
 * `in_order`  what runs when a module is loaded can only read what stands above it
 */
export type NameRules = { builtins: readonly string[]; in_order: boolean };

/**
 * `arity`        "strict": too many and too few arguments fail at run time; "loose": a hint at most
 * `receiver`     "parameter": what a method is called on is its first parameter; "implicit": it is none
 * `constructor_names`  names of the member that is called when an instance is made
 * `transparent`  decorators that leave a callable's signature and result as they are
 * `wrapping`     decorators that leave the parameters and change the result
 * `repeatable`   decorators with which one name is defined several times in one scope
 * `registering`  decorators (last parts) that put what they stand on into a table, by their first argument
 */
export type CallRules = {
  arity: "strict" | "loose";
  receiver: "parameter" | "implicit";
  constructor_names: readonly string[];
  transparent: readonly string[];
  wrapping: readonly string[];
  repeatable: readonly string[];
  registering: readonly string[];
};

/**
 * `order`      "c3": bases must have one linear order; "none": no such rule
 * `bare`       bases outside of the repository that bring no members of interest (`object`, `ABC`)
 * `members`    what every class and instance has
 */
export type ClassRules = {
  order: "c3" | "none";
  bare: readonly string[];
  members: readonly string[];
};

/** The rules of a language; null: none are known, and nothing is linked. */
export type RulesOf = (language: string) => LinkRules | null;

/** Whether a dotted name is in a list: as a whole, or by its last part. */
export function isNamed(name: string, list: readonly string[]): boolean {
  return list.includes(name) || list.includes(name.slice(name.lastIndexOf(".") + 1));
}
