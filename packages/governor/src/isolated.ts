import { serveIsolated as serve } from "@dgov/sandbox/serve";

/** What the isolated process runs, apart from the governor's own code: it must start fast and carry nothing it can abuse. */
export const serveIsolated = (argv: readonly string[]): Promise<void> =>
  serve(argv, {
    symbols: async () => (await import("./semantic/compare_symbols.ts")).openComparison(),
    code: async () => (await import("./semantic/read_code.ts")).openReadCode(),
  });
