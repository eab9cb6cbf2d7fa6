import type { Draft } from "./outline.ts";

/**
 * Gives every unit its key: the path of the names around it and its own. What has no name is known by its label (what it
 * imports, the head of a block) or, when it has none, by a digest of what it says. The second of one key is "key#2".
 */
export function keysOf(drafts: readonly Draft[], digest: (draft: Draft) => string, path = ""): Map<Draft, string> {
  const scope = drafts.flatMap(throughBlocks);
  const full = implemented(scope);
  const counts = new Map<string, number>();
  const keys = new Map<Draft, string>();
  for (const draft of scope) {
    const stem = path + stemOf(draft, full, digest);
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    const key = count === 1 ? stem : `${stem}#${count}`;
    keys.set(draft, key);
    if (draft.name === null) continue;
    for (const [inner, own] of keysOf(draft.children, digest, `${key}.`)) keys.set(inner, own);
  }
  return keys;
}

/** Blocks and their clauses are no scopes: what they hold counts with what stands around them. */
const throughBlocks = (draft: Draft): Draft[] =>
  draft.name === null ? [draft, ...draft.children.flatMap(throughBlocks)] : [draft];

const OVERLOAD = "overload";

/** For each name that is overloaded what stands for it: its implementation, or where there is none the last one. */
function implemented(scope: readonly Draft[]): Map<string, Draft> {
  const found = new Map<string, Draft>();
  for (const draft of scope) {
    if (draft.name === null || (draft.role !== null && draft.role !== OVERLOAD)) continue;
    const known = found.get(draft.name);
    if (draft.role === null || known === undefined || known.role === OVERLOAD) found.set(draft.name, draft);
  }
  return found;
}

function stemOf(draft: Draft, full: Map<string, Draft>, digest: (draft: Draft) => string): string {
  const { name, label, role } = draft;
  if (name === null) return label ?? `statement ${digest(draft)}`;
  return role === null || (role === OVERLOAD && full.get(name) === draft) ? name : `${name}.${role}`;
}
