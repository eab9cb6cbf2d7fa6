import type { Span, Unit } from "../../packages/semantic/src/unit.ts";

/** What one side does to one symbol. `at` and `to` choose among what there is, whatever number they are. */
export type SymbolEdit = { side: Side; does: Deed; at: number; to: number };
export const DEEDS = ["edit", "add", "remove", "move", "import", "import_name", "entry"] as const;
type Deed = (typeof DEEDS)[number];
type Side = "left" | "right";

/** How a language writes what is put in. `mark` is a name that is nowhere else. */
export type Writing = {
  braces: boolean; // around what a function does
  statement(mark: string): string;
  definition(mark: string, indent: string, member: boolean): string;
  import(mark: string): string;
  names: RegExp; // an import of names; its first group ends behind the last of them
  entries: RegExp; // a table over several lines; its first group ends where its first line does
  entry(mark: string): string;
};

export const PYTHON: Writing = {
  braces: false,
  statement: (mark) => `${mark} = 1`,
  definition: (mark, indent, member) =>
    `def ${mark}(${member ? "self" : ""}):\n${indent}    """Is ${mark}."""\n${indent}    return "${mark}"`,
  import: (mark) => `import ${mark}`,
  names: /^(from \S+ import \w+(?: as \w+)?(?:, \w+(?: as \w+)?)*)$/,
  entries: /^(\w+ = \{)\n +["']/,
  entry: (mark) => `    "${mark}": 1,`,
};

export const TYPESCRIPT: Writing = {
  braces: true,
  statement: (mark) => `void "${mark}";`,
  definition: (mark, indent, member) =>
    `${member ? "" : "function "}${mark}() {\n${indent}  return "${mark}";\n${indent}}`,
  import: (mark) => `import ${mark} from "${mark}";`,
  names: /^(import (?:type )?\{ \w+(?:, \w+)*)(?=,? \}| *,)/,
  entries: /^((?:export )?const \w+(?:: \w+)? = \{)\n +["'\w]+:/,
  entry: (mark) => `  ${mark}: 1,`,
};

type Patch = { at: Span; text: string };

/**
 * Two texts that came from one by edits of different symbols, and what became of it: the marks that each side put in, the
 * stretches that it took away. What cannot be done, or would touch what the other side touched, is left out.
 */
export type Edited = Record<Side, string> & {
  marks: readonly string[];
  gone: readonly string[];
  done: readonly { side: Side; does: Deed; key: string }[];
};

export function editSymbols(
  base: string,
  units: readonly Unit[],
  writing: Writing,
  edits: readonly SymbolEdit[],
): Edited {
  const desk: Desk = {
    ...{ base, writing, units, taken: new Set(), pinned: new Set() },
    ...{ patches: { left: [], right: [] }, marks: [], gone: [], done: [] },
  };
  for (const edit of edits) {
    const mark = `zz${edit.side}${desk.marks.length}q`;
    const key = DOERS[edit.does](desk, edit, mark);
    if (key !== null) desk.done.push({ side: edit.side, does: edit.does, key });
  }
  const { patches, marks, gone, done } = desk;
  return { left: patched(base, patches.left), right: patched(base, patches.right), marks, gone, done };
}

/** `taken`: somebody changed it, or what is around it; `pinned`: it has to stay, for what is done inside. */
type Desk = {
  base: string;
  writing: Writing;
  units: readonly Unit[];
  taken: Set<Unit>;
  pinned: Set<Unit>;
  patches: Record<Side, Patch[]>;
  marks: string[];
  gone: string[];
  done: { side: Side; does: Deed; key: string }[];
};

const MOVABLE = new Set(["function", "class", "method"]);

/** A definition that has its own lines, and what it stands among. */
type Found = { unit: Unit; among: readonly Unit[]; inside: Unit | null };

function definitions({ base, units, taken }: Desk): Found[] {
  const found: Found[] = [];
  const look = (among: readonly Unit[], inside: Unit | null) => {
    for (const unit of among) {
      if (!MOVABLE.has(unit.kind) || taken.has(unit) || !ownLines(base, unit)) continue;
      found.push({ unit, among, inside });
      if (unit.kind === "class") look(unit.children, unit);
    }
  };
  look(units, null);
  return found;
}

const lineStart = (text: string, at: number) => text.lastIndexOf("\n", at - 1) + 1;
const indentOf = (text: string, at: number) => text.slice(lineStart(text, at), at);
const ownLines = (text: string, { span }: Unit) =>
  indentOf(text, span[0]).trim() === "" && /^(\n|$)/.test(text.slice(span[1], span[1] + 1));

const choose = <T>(all: readonly T[], at: number): T | undefined => all[at % Math.max(all.length, 1)];

type Doer = (desk: Desk, edit: SymbolEdit, mark: string) => string | null;

const add: Doer = (desk, { side, at }, mark) => {
  const found = choose(definitions(desk), at);
  if (found === undefined) return null;
  const { unit, inside } = found;
  if (inside !== null) desk.pinned.add(inside);
  const indent = indentOf(desk.base, unit.span[0]);
  const text = `\n\n${indent}${desk.writing.definition(mark, indent, inside !== null)}`;
  desk.patches[side].push({ at: [unit.span[1], unit.span[1]], text });
  desk.marks.push(mark);
  return unit.key;
};

const edit: Doer = (desk, { side, at }, mark) => {
  const { base, writing } = desk;
  const found = choose(
    definitions(desk).filter(({ unit }) => unit.kind !== "class" && unit.parts.body !== null),
    at,
  );
  if (found === undefined) return null;
  const { unit, inside } = found;
  const [from, end] = unit.parts.body!;
  const first = from + base.slice(from, end).search(/\S|$/);
  const open = base[first] === "{";
  if (open !== writing.braces) return null; // an expression holds no statements
  const start = first + (open ? 1 : 0);
  if (open ? !base.startsWith("\n", start) : indentOf(base, start).trim() !== "") return null;
  const pad = open ? `${indentOf(base, unit.span[0])}  ` : indentOf(base, start);
  const text = open ? `\n${pad}${writing.statement(mark)}` : `${writing.statement(mark)}\n${pad}`;
  if (inside !== null) desk.pinned.add(inside);
  desk.taken.add(unit);
  desk.patches[side].push({ at: [start, start], text });
  desk.marks.push(mark);
  return unit.key;
};

const remove: Doer = (desk, { side, does, at, to }) => {
  const { base, pinned, taken, patches } = desk;
  const stay = (unit: Unit) => pinned.has(unit) || unit.children.some((own) => taken.has(own));
  const found = choose(
    definitions(desk).filter(({ unit }) => !stay(unit)),
    at,
  );
  if (found === undefined) return null;
  const { unit, among, inside } = found;
  const target = choose(
    among.filter((own) => own !== unit && MOVABLE.has(own.kind) && !taken.has(own) && ownLines(base, own)),
    to,
  );
  if (target === undefined) return null;
  if (inside !== null) pinned.add(inside);
  taken.add(unit);
  pinned.add(target);
  patches[side].push({ at: [unit.gap[0], unit.span[1]], text: "" });
  if (does === "remove") desk.gone.push(base.slice(...unit.span));
  else patches[side].push({ at: [target.span[1], target.span[1]], text: base.slice(unit.gap[0], unit.span[1]) });
  return unit.key;
};

const addImport: Doer = ({ base, units, writing, patches, marks }, { side }, mark) => {
  const last = units.filter(({ kind }) => kind === "import").at(-1);
  if (last === undefined || !ownLines(base, last)) return null;
  patches[side].push({ at: [last.span[1], last.span[1]], text: `\n${writing.import(mark)}` });
  marks.push(mark);
  return last.key;
};

const within =
  (patternOf: (writing: Writing) => RegExp, textOf: (writing: Writing, mark: string) => string): Doer =>
  ({ base, units, writing, patches, marks }, { side, at }, mark) => {
    const pattern = patternOf(writing);
    const unit = choose(
      units.filter(({ span }) => pattern.test(base.slice(...span))),
      at,
    );
    if (unit === undefined) return null;
    const place = unit.span[0] + pattern.exec(base.slice(...unit.span))![1]!.length;
    patches[side].push({ at: [place, place], text: textOf(writing, mark) });
    marks.push(mark);
    return unit.key;
  };

const DOERS: Readonly<Record<Deed, Doer>> = {
  add,
  edit,
  remove,
  move: remove,
  import: addImport,
  import_name: within(
    ({ names }) => names,
    (_, mark) => `, ${mark}`,
  ),
  entry: within(
    ({ entries }) => entries,
    (writing, mark) => `\n${writing.entry(mark)}`,
  ),
};

function patched(text: string, patches: readonly Patch[]): string {
  const sorted = patches
    .map((own, n) => ({ own, n }))
    .sort((one, next) => one.own.at[0] - next.own.at[0] || one.n - next.n);
  let made = "";
  let at = 0;
  for (const { own } of sorted) {
    made += text.slice(at, own.at[0]) + own.text;
    at = own.at[1];
  }
  return made + text.slice(at);
}
