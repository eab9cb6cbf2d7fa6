import { openGrammars } from "../grammar.ts";
import { languageOf } from "../language.ts";
import { withTree } from "../parse.ts";
import { readTree } from "../syntax_tree.ts";
import type { Span, Unit } from "../unit.ts";
import { unitsOf } from "../units.ts";

const grammars = await openGrammars();

/** The units of a text, and whether the grammar could read all of it. */
export function parsedUnits(language: string, text: string): { units: Unit[]; faulty: boolean } {
  const grammar = grammars.grammar(language);
  const parsed = withTree(grammar, text, (tree) => ({
    units: unitsOf(grammar, readTree(tree, text, grammar)) ?? [],
    faulty: tree.rootNode.hasError,
  }));
  if ("unknown" in parsed) throw new Error(parsed.unknown);
  return parsed;
}

export const unitsIn = (language: string, text: string): Unit[] => parsedUnits(language, text).units;

/** A unit and all that is in it, of each unit. */
export const allUnits = (units: readonly Unit[]): Unit[] => units.flatMap((unit) => [unit, ...allUnits(unit.children)]);

export const languageFor = (path: string, text: string): string | null => languageOf(grammars, path, text);

/** Where units do not tile the stretch that they are in, or parts their unit; and keys that are there twice. */
export function tilingFaults(units: readonly Unit[], length: number): string[] {
  const keys = allUnits(units).map(({ key }) => key);
  const twice = keys.filter((key, at) => keys.indexOf(key) !== at).map((key) => `"${key}" is there twice`);
  return [...stretchFaults(units, [0, length]), ...twice];
}

function stretchFaults(units: readonly Unit[], [start, end]: Span): string[] {
  const faults: string[] = [];
  let at = start;
  for (const { key, gap, span, parts, children } of units) {
    if (gap[0] !== at || gap[1] !== span[0] || span[1] <= span[0]) faults.push(`"${key}" does not begin at ${at}`);
    at = span[1];
    faults.push(...partFaults(key, span, parts));
    if (children.length > 0)
      faults.push(...(parts.body ? stretchFaults(children, parts.body) : [`"${key}" has no body`]));
  }
  return at > end ? [...faults, `units end at ${at}, behind ${end}`] : faults;
}

function partFaults(key: string, span: Span, { decorators, header, doc, body }: Unit["parts"]): string[] {
  let at = span[0];
  for (const part of [decorators, header, doc !== null && doc[0] >= span[0] ? doc : null, body]) {
    if (part === null) continue;
    if (part[0] !== at || part[1] < part[0]) return [`a part of "${key}" does not begin at ${at}`];
    at = part[1];
  }
  return at > span[1] ? [`the parts of "${key}" end behind it`] : [];
}
