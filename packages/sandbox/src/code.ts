/**
 * What reads code, lent to the tools by whoever starts the process: the sandbox knows no language but that of commands.
 * It is brought at the first call that needs it.
 */
export type ReadCode = {
  /** What a text defines, in its order; null: its language is not known. `unknown`: why nothing is known, as a clause. */
  symbols(path: string, text: string): readonly Defined[] | { unknown: string } | null;
  /** The first mistake in a text; null: its language is not known. */
  mistake(path: string, text: string): { language: string; mistake: string | null } | { unknown: string } | null;
  /** Who defines a name and who refers to it, among files that have it in them; by path and line. */
  references(name: string, worktree: WorktreeTexts): Promise<Reference[]>;
  /** What a file imports and who imports it; null: nothing is known of imports in its language. `unknown`: as above. */
  imports(path: string, worktree: SearchedTexts): Promise<Imports | { unknown: string } | null>;
  /**
   * The lines of a text that are like a piece of code with holes. null: the text is in no known language, or not in the
   * one that is asked for ("python", "py"; null: whichever it is). `wrong`: why no such text can be searched, as a clause.
   */
  matches(
    piece: { pattern: string; language: string | null },
    path: string,
    text: string,
  ): MatchedLine[] | { wrong: string } | { unknown: string } | null;
};

/** `line` counts from 1. */
export type MatchedLine = { line: number; text: string };

/** `line` counts from 1; `depth` is 1 for what is in a class; `text` is its head on one line. */
export type Defined = { line: number; depth: number; text: string };

/** `paths`: files to look into. `all`: every file there is. `read` gives null for what is no text or may not be read. */
export type WorktreeTexts = {
  paths: readonly string[];
  all: readonly string[];
  read: (path: string) => Promise<string | null>;
};

/**
 * `roots`: folders that the project's sources are below. `find`: which files that are called `*.` and one of the endings have
 * one of the words in them, as it is; "" is in all.
 */
export type SearchedTexts = Omit<WorktreeTexts, "paths"> & {
  roots: readonly string[];
  find: (asked: { words: readonly string[]; endings: readonly string[] }) => Promise<readonly string[]>;
};

/** Paths of files, sorted. `imported_by` are among those that were found. */
export type Imports = { imports: readonly string[]; imported_by: readonly string[] };

/** A line that defines a name or refers to it. `of`: what of the definitions it means, "src/a.py::Cart.total". */
export type Reference = {
  path: string;
  line: number;
  text: string;
  how: "defines" | "call" | "read" | "import" | "string" | "name";
  sure: "resolved" | "likely" | "name only";
  of: string;
};
