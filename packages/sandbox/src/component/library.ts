import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import glue from "@bytecodealliance/jco-transpile/component" with { type: "file" };
import core from "../../node_modules/@bytecodealliance/jco-transpile/vendor/js-component-bindgen-component.core.wasm" with {
  type: "file",
};
import core2 from "../../node_modules/@bytecodealliance/jco-transpile/vendor/js-component-bindgen-component.core2.wasm" with {
  type: "file",
};
import type { Wasi } from "./wasi/wasi.ts";

/** jco's generator: a component in, JavaScript and core modules out. */
export type Generator = {
  generate(component: Uint8Array, options: Readonly<Record<string, unknown>>): Generated;
};
export type Generated = {
  files: readonly (readonly [name: string, bytes: Uint8Array])[];
  imports: readonly string[];
  exports: readonly (readonly [name: string, kind: "function" | "instance"])[];
};

const NAME = "js-component-bindgen-component";
const SHIM = "@bytecodealliance/preview2-shim";
const OURS = "dgov.wasi";

/** The interfaces that the shim's modules would give, by module and name. */
const INTERFACES = {
  cli: [
    ...["environment", "exit", "stdin", "stdout", "stderr", "terminalInput", "terminalOutput"],
    ...["terminalStdin", "terminalStdout", "terminalStderr"],
  ],
  filesystem: ["types", "preopens"],
  io: ["error", "streams"],
  random: ["random"],
} as const;

/**
 * Loads jco's generator. It is a WASM component itself, and comes with bindings that ask jco's shim for WASI, a host with
 * a worker thread and all files. So it is put into `folder` (private, writable) beside a shim that hands out `wasi`.
 */
export async function loadGenerator(folder: string, wasi: Wasi): Promise<Generator> {
  const shim = join(folder, "node_modules", SHIM);
  mkdirSync(shim, { recursive: true });
  const modules = Object.entries(INTERFACES);
  const exports = Object.fromEntries(modules.map(([module]) => [`./${module}`, `./${module}.js`]));
  writeFileSync(join(shim, "package.json"), JSON.stringify({ name: SHIM, type: "module", exports }));
  for (const [module, names] of modules) writeFileSync(join(shim, `${module}.js`), shimModule(module, names));
  const own = { [`${NAME}.core.wasm`]: core, [`${NAME}.core2.wasm`]: core2, [`${NAME}.mjs`]: glue };
  // Read and written, not copied: in the executable they are no files of the system's.
  for (const [name, path] of Object.entries(own)) writeFileSync(join(folder, name), readFileSync(path));
  Object.defineProperty(globalThis, Symbol.for(OURS), { value: wasi.imports, configurable: true });
  // The library's own types; its bindings are generated from them.
  const library = (await import(join(folder, `${NAME}.mjs`))) as Generator & { $init: Promise<void> };
  await library.$init;
  return library;
}

const shimModule = (module: string, names: readonly string[]) =>
  `const wasi = globalThis[Symbol.for("${OURS}")];\n${names
    .map(
      (name) =>
        `export const ${name} = wasi["wasi:${module}/${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}"];`,
    )
    .join("\n")}\n`;
