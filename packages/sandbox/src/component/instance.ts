import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMPILED_NAME, type Component, ComponentError } from "./component.ts";
import { withMemoryLimit } from "./core_module.ts";
import { COMPONENT_LIMITS } from "./limits.ts";
import type { Wasi } from "./wasi/wasi.ts";

/** What a component exports, before anybody has looked whether it does. */
export type Exports = Readonly<Record<string, ((...args: string[]) => unknown) | undefined>>;

/** A component that runs. `memory`: how much its modules have, together. */
export type Running = { exports: Exports; memory_bytes(): number };

/**
 * Loads what was compiled, with memories that cannot outgrow their limit, and gives it the imports.
 *
 * @throws ComponentError, or whatever the component's start throws
 */
export async function instantiate(component: Component, wasi: Wasi): Promise<Running> {
  // From memory: these very bytes are what was checked, and no file near the script has a say in how it is read.
  const script = URL.createObjectURL(
    new Blob([verified(component, `${COMPILED_NAME}.js`)], { type: "text/javascript" }),
  );
  const { instantiate: start } = (await import(script)) as Script; // the one shape that the generator writes
  const getModule = (name: string) =>
    new WebAssembly.Module(withMemoryLimit(verified(component, name), component.memory_bytes));
  const instances: WebAssembly.Instance[] = [];
  const getInstance = (module: WebAssembly.Module, imports: Bun.WebAssembly.Imports) => {
    const instance = new WebAssembly.Instance(module, imports);
    instances.push(instance);
    return instance;
  };
  const memories = () => instances.flatMap(({ exports }) => Object.values(exports).filter(isMemory));
  return {
    exports: start(getModule, wasi.imports, getInstance),
    memory_bytes: () => memories().reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
  };
}

type Script = {
  instantiate(
    getModule: (name: string) => WebAssembly.Module,
    imports: Wasi["imports"],
    getInstance: (module: WebAssembly.Module, imports: Bun.WebAssembly.Imports) => WebAssembly.Instance,
  ): Exports;
};

const isMemory = (value: unknown): value is WebAssembly.Memory => value instanceof WebAssembly.Memory;

/** The bytes that were written when the component was compiled, and no others. */
function verified({ name, folder, files }: Component, file: string): Buffer<ArrayBuffer> {
  const bytes = readFileSync(join(folder, file));
  if (createHash("sha256").update(bytes).digest("hex") === files[file]) return bytes;
  throw new ComponentError(
    "invalid",
    `the compiled "${file}" of "${name}" is not what was written; remove ${folder}, and run again`,
  );
}

/** Calls a function that takes and returns text. @throws ComponentError `output`, `invalid`, or what the function throws */
export function textOf(exports: Exports, name: string, args: readonly string[]): string {
  const own = exports[name];
  const answer = typeof own === "function" ? own(...args) : null;
  if (typeof answer === "string") return limitedText(answer, `what "${name}" returns`);
  throw new ComponentError("invalid", `its "${name}" is no function that returns a string; build it for its world`);
}

/** @throws ComponentError `output` */
export function limitedText(text: string, what: string): string {
  const most = COMPONENT_LIMITS.output_max_bytes;
  if (Buffer.byteLength(text) <= most) return text;
  throw new ComponentError("output", `${what} has more than ${most} bytes; return less, or write a file`);
}
