import { readFileSync } from "node:fs";
import base from "@jitl/quickjs-wasmfile-release-sync";
import wasm from "@jitl/quickjs-wasmfile-release-sync/wasm" with { type: "file" };
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSWASMModule } from "quickjs-emscripten-core";
import { SCRIPT_LIMITS } from "./limits.ts";
import type { ScriptLimits } from "./order.ts";
import { openRealm, type Powers } from "./realm.ts";
import type { ScriptEnding } from "./words.ts";

/** What to run. `tools`: the names of what it can call, none for modules. */
export type Program =
  | { kind: "modules"; modules: Readonly<Record<string, string>>; entry: string; input: string }
  | { kind: "tools"; code: string };

export type Engine = { run(program: Program, limits: ScriptLimits, powers: Powers): Promise<ScriptEnding> };

/** Loads the interpreter: 15 ms, most of it on other threads. One at a time runs in it, each in a world of its own. */
export async function openEngine(): Promise<Engine> {
  const wasmModule = WebAssembly.compile(readFileSync(wasm));
  const quick = await newQuickJSWASMModuleFromVariant(newVariant(base, { wasmModule }));
  return { run: (program, limits, powers) => run(quick, program, { limits, powers }) };
}

/**
 * An error that comes out of the interpreter and is not the script's (its own stack overflows, it aborts) leaves it in an
 * unknown state: then the ending is the `last` one of this process. So is one by a limit, and one that has made it large:
 * memory never shrinks.
 */
async function run(
  quick: QuickJSWASMModule,
  program: Program,
  { limits, powers }: { limits: ScriptLimits; powers: Powers },
): Promise<ScriptEnding> {
  const size = program.kind === "tools" ? program.code.length : sizeOf(program.modules);
  if (size > limits.source_chars) {
    const message = `it is ${size} characters long, and ${limits.source_chars} are allowed`;
    return { ok: false, cause: "source", message, line: null, last: false };
  }
  try {
    const realm = openRealm(quick, limits, powers);
    const ending = program.kind === "tools" ? await realm.runCode(program.code) : await realm.runModules(program);
    // Where a limit has struck, what was cut off still holds on to things, and the interpreter would fail to let them go.
    if (!ending.ok && ending.cause !== "error") return { ...ending, last: true };
    const untidy = thrownBy(() => realm.close());
    const large = quick.getWasmMemory().buffer.byteLength > SCRIPT_LIMITS.keep_bytes;
    return { ...ending, last: untidy !== null || large };
  } catch (error) {
    const stack = error instanceof RangeError;
    const message = stack ? "it nests too deep for the interpreter" : `the interpreter failed: ${String(error)}`;
    return { ok: false, cause: stack ? "stack" : "crash", message, line: null, last: true };
  }
}

function thrownBy(work: () => void): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

const sizeOf = (modules: Readonly<Record<string, string>>): number =>
  Object.values(modules).reduce((sum, source) => sum + source.length, 0);
