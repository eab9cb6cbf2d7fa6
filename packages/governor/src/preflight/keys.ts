import { existsSync, readFileSync } from "node:fs";
import { PROJECT_FILE } from "../project_file.ts";
import { type CommitPlace, headOf } from "./place.ts";
import type { Subject } from "./subject.ts";
import { type Kept, keyOf } from "./verdicts.ts";
import type { PreflightView } from "./view.ts";

/** Part of every key: what is kept in another shape is not found. */
const SHAPE = "preflight 3";

/** What a judgement hangs on: the tree, what it would be put on with its configuration, and who judges. */
export const subjectKey = (version: string, { before, tree, message, joined, head, words }: Subject): string =>
  keyOf(
    SHAPE,
    "tree",
    version,
    head === null ? "" : before,
    tree ?? "",
    message,
    words,
    joined?.base ?? "",
    joined?.right ?? "",
  );

/**
 * The same for what is staged, without asking git: by the index as it stands. null: only git can say what is checked out.
 */
export function indexKey(version: string, place: CommitPlace, index = indexOf(place)): string | null {
  const head = headOf(place);
  if (head === null) return null;
  return keyOf(SHAPE, "index", version, head, ...place.joins, index);
}

/** The index as it stands; nothing where there is none. */
export const indexOf = ({ index_file }: Pick<CommitPlace, "index_file">): Buffer =>
  existsSync(index_file) ? readFileSync(index_file) : Buffer.alloc(0);

/** What a configuration that names no judges asks of paths, by its blob. */
export const quietKey = (version: string, blob: string): string => keyOf(SHAPE, "quiet", version, PROJECT_FILE, blob);

/** A verdict that was kept. */
export const knownView = (kept: Kept, key: string | null): PreflightView | null =>
  key === null ? null : (kept.read(key) as PreflightView | null); // written by us, under a key that has its shape

/** A gate that was broken may answer the next time. */
export function keepView(kept: Kept, keys: readonly (string | null)[], view: PreflightView): void {
  if (view.verdict === "broken") return;
  kept.write(
    keys.filter((key) => key !== null),
    view,
  );
}
