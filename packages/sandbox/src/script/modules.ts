import { dirname, join } from "node:path/posix";
import type { QuickJSRuntime } from "quickjs-emscripten-core";

/** Modules find each other by their names, also relative to their own: nothing else can be imported. */
export function linkModules(runtime: QuickJSRuntime, modules: Readonly<Record<string, string>>): void {
  const sources = new Map(Object.entries(modules));
  runtime.setModuleLoader(
    (name) => sources.get(name) ?? { error: new Error(`Cannot import "${name}": the modules are ${list(sources)}`) },
    (from, name) => (/^\.\.?\//.test(name) && !sources.has(name) ? join(dirname(from), name) : name),
  );
}

const list = (sources: ReadonlyMap<string, string>): string =>
  [...sources.keys()].map((name) => `"${name}"`).join(", ") || "none";
