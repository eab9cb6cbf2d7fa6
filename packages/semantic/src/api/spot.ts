import type { Document } from "./document.ts";
import { escaped } from "./references.ts";
import { isList, isTable, type Json, type Table } from "./value.ts";

/** One side of a comparison: the files of an interface. `nullable`: it is OpenAPI 3.0, whose schemas are not JSON Schema's. */
export type Side = { root: string; files: ReadonlyMap<string, Document>; nullable: boolean; isHead: boolean };

/** A value and where it stands: the way to it in its file, each key behind a slash. */
export type Spot = { side: Side; file: string; pointer: string; value: Json };

export const idOf = ({ file, pointer }: Spot): string => `${file}#${pointer}`;

export const rootOf = (side: Side): Spot => {
  const value = side.files.get(side.root)?.value ?? null;
  return { side, file: side.root, pointer: "", value };
};

export const tableAt = ({ value }: Spot): Table => (isTable(value) ? value : NOTHING);
const NOTHING: Table = Object.create(null);

/** What stands under a key; null: nothing. */
export function under(spot: Spot, key: string | number): Spot | null {
  const { value } = spot;
  const isThere = isTable(value) || (isList(value) && /^\d+$/.test(`${key}`)); // a list has a length, too
  const inside = isThere ? (value as Table)[`${key}`] : undefined;
  return inside === undefined ? null : { ...spot, pointer: `${spot.pointer}/${escaped(`${key}`)}`, value: inside };
}

/** All that stands in a table or list, by key. */
export function entries(spot: Spot | null): [key: string, spot: Spot][] {
  if (spot === null || (!isTable(spot.value) && !isList(spot.value))) return [];
  return Object.keys(spot.value).flatMap((key) => {
    const inside = under(spot, key);
    return inside ? [[key, inside]] : [];
  });
}

/** The line of a spot, or of the nearest thing around it that has one; null: none has. */
export function lineOf({ side, file, pointer }: Spot): number | null {
  const document = side.files.get(file);
  let value: Json | undefined = document?.value;
  let line: number | null = null;
  for (const token of pointer.split("/").slice(1)) {
    if (!document || typeof value !== "object" || value === null) break;
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    line = document.lines.get(value)?.get(key) || line;
    value = (value as Table)[key];
  }
  return line;
}
