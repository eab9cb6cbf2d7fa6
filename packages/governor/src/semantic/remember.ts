import type { FileView } from "@dgov/semantic";
import { kindOf } from "./read_files.ts";
import type { ReadFiles, Wanted } from "./tree_views.ts";

/**
 * The same, but what was known of the last files is kept in memory. What was not known is asked again.
 *
 * @param max_chars of all texts that are kept; what is known of them is many times as large
 */
export function remembering(read: ReadFiles, max_chars: number): ReadFiles {
  const kept = new Map<string, FileView & { text: string }>();
  const state = { chars: 0 };
  const forget = (key: string) => {
    state.chars -= kept.get(key)?.text.length ?? 0;
    kept.delete(key);
  };
  const keep = (key: string, view: FileView) => {
    forget(key);
    if (view.text === null || "unknown" in view) return;
    kept.set(key, view); // the youngest is last
    state.chars += view.text.length;
    for (const oldest of kept.keys()) {
      if (state.chars <= max_chars) break;
      forget(oldest);
    }
  };
  const keyOf = ({ path, blob }: Wanted) => `${kindOf(path)} ${blob}`;
  const readAll: ReadFiles = async (files) => {
    const keys = files.map(keyOf);
    const found = keys.map((key) => kept.get(key) ?? null);
    const missing = files.flatMap((file, at) => (found[at] ? [] : [{ file, at }]));
    const fresh = missing.length === 0 ? [] : await read(missing.map(({ file }) => file));
    const answered = new Map(missing.map(({ at }, n) => [at, fresh[n]]));
    return found.map((view, at): FileView => {
      const seen = view ?? answered.get(at) ?? { text: null, unknown: "nobody has read it" };
      keep(keys[at] ?? "", seen);
      return seen;
    });
  };
  const atHand = (file: Wanted) => {
    const key = keyOf(file);
    const view = kept.get(key) ?? null;
    if (view !== null) keep(key, view);
    return view;
  };
  return Object.assign(readAll, { atHand });
}
