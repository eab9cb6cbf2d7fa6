/** A stretch of a text in UTF-16 units, as JavaScript slices it: the first one in it, and the first one after it. */
export type Span = readonly [start: number, end: number];

/** What is defined, or given away, without a name is asked for by this one. */
export const NAMELESS = "default";

/** What a unit is, in every language. `statement` is what has no name: it keeps its place. `key` is one of a data file. */
export type UnitKind =
  | "function"
  | "class"
  | "method"
  | "property"
  | "field"
  | "variable"
  | "type"
  | "interface"
  | "enum"
  | "member"
  | "namespace"
  | "import"
  | "export"
  | "key"
  | "doc"
  | "statement";

/**
 * One definition, or what stands between definitions. The units of a text tile it: their `gap` and `span` in order, and
 * the tail of the file, are the whole text, so that a merge can be put together from slices and nothing is printed anew.
 *
 * `key`       stable below its file, wherever it moves: "Outer.inner", "f#2" (the second of that name in its scope),
 *             "import os", "statement <hash>". Never a line
 * `gap`       blank lines and comments in front that belong to it: it ends where `span` starts
 * `span`      with its decorators and modifiers
 * `guards`    the conditions around it, outermost first: two definitions under different ones are not duplicates
 * `children`  the members of a class, the keys of a table; of a function what is defined in it. They tile `body`
 */
export type Unit = {
  key: string;
  name: string | null;
  kind: UnitKind;
  gap: Span;
  span: Span;
  parts: Parts;
  hashes: Hashes;
  guards: readonly string[];
  signature: Signature | null;
  children: readonly Unit[];
};

/** Where the parts of a unit stand that can change alone; null: it has none. */
export type Parts = { decorators: Span | null; header: Span; doc: Span | null; body: Span | null };

/**
 * Digests of 128 bits in hex. All but `text` are of the normalised syntax: no comments, no layout, no parentheses, quotes,
 * commas and number spellings that mean nothing.
 *
 * `syntax`    of all of it but its doc: equal means that nothing was changed but words and layout
 * `nameless`  the same without its own name: what finds it again under another one
 * `tokens`    how many tokens `nameless` covers: bodies of a few tokens are all alike
 */
export type Hashes = {
  text: string;
  syntax: string;
  nameless: string;
  tokens: number;
  decorators: string;
  header: string;
  doc: string;
  body: string;
};

/** What a call has to fit. `returns` and the annotations are their normalised text; null: none is written. */
export type Signature = {
  parameters: readonly Parameter[];
  returns: string | null;
  is_async: boolean;
  is_generator: boolean;
  decorators: readonly Decorator[];
};

/** `named` can be given by name only, `placed` by place only, `either` both ways; the others take what is left. */
export type Parameter = {
  name: string;
  kind: "placed" | "either" | "named" | "rest" | "named_rest";
  default: string | null; // its normalised text; null: it must be given
  optional: boolean; // it may be left out, by a default or by a mark of its language
  annotation: string | null;
};

/** `name` as it is written, with dots; `arguments` its normalised text; null: it is not called. */
export type Decorator = { name: string; arguments: string | null };
