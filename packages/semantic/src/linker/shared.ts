import type { Binding } from "../summary.ts";
import type { Linker } from "./linker.ts";
import { join } from "./paths.ts";
import type { LinkRules } from "./rules.ts";

/** A scope that several files share: what they bind, imports aside. `unread`: one of which nothing is known. */
export type Shared = {
  names: ReadonlyMap<string, readonly { path: string; binding: Binding }[]>;
  unread: string | null;
};

/** What all files of a folder bind that are in the language of these rules. */
export function sharedIn(linker: Pick<Linker, "view" | "contents">, folder: string, rules: LinkRules | null): Shared {
  const names = new Map<string, { path: string; binding: Binding }[]>();
  let unread: string | null = null;
  for (const entry of linker.view.folder(folder) ?? []) {
    if (!rules?.modules.extensions.some((extension) => entry.endsWith(extension))) continue;
    const path = join(folder, entry);
    const contents = linker.contents(path);
    if (contents === null || contents.summary.faults.length > 0) unread = path;
    for (const [name, bindings] of contents?.bindings ?? []) {
      const own = bindings.filter(({ kind }) => kind !== "import").map((binding) => ({ path, binding }));
      const known = names.get(name);
      if (known !== undefined) known.push(...own);
      else if (own.length > 0) names.set(name, own);
    }
  }
  return { names, unread };
}
