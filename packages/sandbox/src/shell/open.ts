import type { ParseShell } from "./grammar.ts";

/** What judges commands needs: the grammar of bash, loaded, and our own rules, which have proved their examples. */
export type Shell = { readonly parse: ParseShell };

const once: { opened: Promise<Shell> | null } = { opened: null };

/**
 * Loads the grammar, once a process. Deciding is synchronous and pure; this is what has to be waited for before it.
 *
 * @throws AssertionError when one of our rules contradicts its examples
 */
export function openShell(): Promise<Shell> {
  once.opened ??= open();
  return once.opened;
}

async function open(): Promise<Shell> {
  const [{ loadGrammar }, { loadRules }, { SHELL_RULES }] = await Promise.all([
    import("./grammar.ts"),
    import("./rules.ts"),
    import("./builtin.ts"),
  ]);
  const parse = await loadGrammar();
  loadRules(parse, SHELL_RULES);
  return { parse };
}
