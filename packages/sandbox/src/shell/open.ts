import type { ParseShell } from "./grammar.ts";

/** What the judging of commands needs: the grammar of bash, loaded. */
export type Shell = { readonly parse: ParseShell };

const once: { opened: Promise<Shell> | null } = { opened: null };

/**
 * Loads the grammar, once a process. Deciding is synchronous and pure; this is what has to be waited for before it.
 * Our own rules have proved their examples when dgov was tested and built; a project's prove them when a plan is compiled.
 */
export function openShell(): Promise<Shell> {
  once.opened ??= open();
  return once.opened;
}

async function open(): Promise<Shell> {
  const { loadGrammar } = await import("./grammar.ts");
  return { parse: await loadGrammar() };
}
