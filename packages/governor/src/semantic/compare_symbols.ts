import type { CompareSymbols, SymbolEdit, Touched } from "@dgov/sandbox/symbol_claims";
import { analyse, type FileView, openGrammars, type TreeView } from "@dgov/semantic";
import { isUnparsed } from "@dgov/semantic/changes";
import { touchesBetween } from "@dgov/semantic/touches";
import { textOf } from "./texts.ts";

/** What compares texts by symbols in the process that writes them. It knows the texts that it is given, and nothing else. */
export async function openComparison(): Promise<CompareSymbols> {
  const grammars = await openGrammars();
  const bases = new Map<string, FileView | null>();
  const viewOf = (path: string, bytes: Uint8Array | null): FileView | null => {
    if (bytes === null) return null;
    const read = textOf(bytes);
    if (read.text === null) return read;
    const summary = analyse(grammars, path, read.text);
    return "unknown" in summary ? { text: read.text, ...summary } : { text: read.text, summary };
  };
  return (edit) => {
    const { path, base, now } = edit;
    const was = bases.has(path) ? (bases.get(path) ?? null) : viewOf(path, base);
    bases.set(path, was); // the base commit of a task is one and the same
    return touchedBy(edit, was, viewOf(path, now));
  };
}

function touchedBy({ path, claimed }: SymbolEdit, was: FileView | null, is: FileView | null): Touched {
  const [dark] = [was, is].flatMap((view) => (view !== null && "unknown" in view ? [view.unknown] : []));
  if (dark !== undefined) return { unknown: dark };
  if (hasMistakes(was)) return { unknown: "it does not parse in the base commit" };
  if (hasMistakes(is)) return { unfinished: true };
  const change = { from: was === null ? null : path, to: is === null ? null : path };
  const { touches, unknown } = touchesBetween(treeOf(was, path), treeOf(is, path), [change], () => claimed);
  const [unread] = unknown;
  if (unread) return { unknown: unread.why };
  return { foreign: touches.flatMap(({ claimed: own, symbol, line }) => (own ? [] : [{ symbol, line }])) };
}

const hasMistakes = (view: FileView | null): boolean => view !== null && "summary" in view && isUnparsed(view.summary);

/** A tree of one file. */
const treeOf = (view: FileView | null, own: string): TreeView => ({
  blob: (path) => (path === own && view !== null ? path : null),
  folder: () => null,
  file: (path) => (path === own ? view : null),
});
