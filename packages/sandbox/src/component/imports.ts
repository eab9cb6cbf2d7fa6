import { ComponentError, type ComponentKind } from "./component.ts";

/** The interfaces of WASI 0.2 that a component may import, whoever it is. None leads out of the task's own files. */
const GIVEN = new Set([
  ...["wasi:io/error", "wasi:io/poll", "wasi:io/streams", "wasi:filesystem/types", "wasi:filesystem/preopens"],
  ...["wasi:cli/environment", "wasi:cli/exit", "wasi:cli/stdin", "wasi:cli/stdout", "wasi:cli/stderr"],
  ...["wasi:cli/terminal-input", "wasi:cli/terminal-output", "wasi:cli/terminal-stdin"],
  ...["wasi:cli/terminal-stdout", "wasi:cli/terminal-stderr"],
  ...["wasi:random/random", "wasi:random/insecure", "wasi:random/insecure-seed"],
]);
const CLOCKS = new Set(["wasi:clocks/monotonic-clock", "wasi:clocks/wall-clock"]);

const EXPORTS: Readonly<Record<ComponentKind, readonly string[]>> = { tool: ["describe", "call"], gate: ["judge"] };

type Asked = { name: string; kind: ComponentKind; clock: boolean };

/**
 * Refuses a component that imports what it may not have. `imports` are those of which it really calls something.
 *
 * @throws ComponentError that names the import and the cure
 */
export function refuseImports(imports: readonly string[], { name, kind, clock }: Asked): void {
  for (const one of imports) {
    const bare = one.replace(/@.*$/, "");
    if (GIVEN.has(bare) || (clock && CLOCKS.has(bare))) continue;
    throw new ComponentError("invalid", `it imports "${one}", ${cure(bare, `[${kind}s.${name}]`)}`);
  }
}

function cure(bare: string, table: string): string {
  if (CLOCKS.has(bare)) return `and may not ask for the time; set clock = true in ${table}, or build it without`;
  if (/^wasi:(sockets|http|tls)\//.test(bare)) return "and components have no network; build it without";
  return "and there is no such interface here; a component may import only WASI 0.2, see docs/components.md";
}

/** @throws ComponentError when the component lacks what its world exports */
export function refuseExports(exports: readonly (readonly [name: string, kind: string])[], kind: ComponentKind): void {
  for (const wanted of EXPORTS[kind]) {
    if (exports.some(([name, type]) => name === wanted && type === "function")) continue;
    const found = exports.map(([name]) => `"${name}"`).join(", ") || "nothing";
    const why = `it exports ${found}, and a ${kind} exports "${wanted}"; build it for the world "dgov:${kind}/${kind}"`;
    throw new ComponentError("invalid", why);
  }
}
