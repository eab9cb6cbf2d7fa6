import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMPILED_NAME, ComponentError } from "./component.ts";
import { refuseExports, refuseImports } from "./imports.ts";
import { loadGenerator } from "./library.ts";
import { COMPONENT_LIMITS } from "./limits.ts";
import type { ComponentOrder } from "./order.ts";
import { NO_FILES } from "./wasi/view.ts";
import { createWasi } from "./wasi/wasi.ts";

/**
 * Turns a component into JavaScript and core modules in the folder `into`, after a look at what it imports and exports.
 *
 * @returns name → sha-256 of what was written
 * @throws ComponentError `invalid`
 */
export async function compileComponent(
  { file, into, ...asked }: Extract<ComponentOrder, { do: "compile" }>,
  tmp: string,
): Promise<Record<string, string>> {
  const { size } = statSync(file);
  const most = COMPONENT_LIMITS.file_max_bytes;
  if (size > most) throw new ComponentError("invalid", `it has ${size} bytes, and at most ${most} are taken`);
  const bytes = readFileSync(file);
  refuseOther(bytes);
  const wasi = createWasi({ files: NO_FILES, scope: null, write: false, clock: false });
  const library = await loadGenerator(tmp, wasi);
  const { files, imports, exports } = generate(library, bytes);
  refuseImports(imports, asked);
  refuseExports(exports, asked.kind);
  const written: Record<string, string> = {};
  for (const [name, content] of files) {
    if (!/^[\w.-]+$/.test(name)) throw new Error(`Cannot write "${name}": it is no plain name`);
    writeFileSync(join(into, name), content);
    written[name] = createHash("sha256").update(content).digest("hex");
  }
  return written;
}

const MAGIC = "\0asm";
const VERSION_AT = 4;
const CORE_MODULE = 1;
const COMPONENT = 0x1000d; // version 13 of layer 1

/** The two mistakes that the generator has no words for. */
function refuseOther(bytes: Buffer): void {
  const cure = "give the component that your toolchain wrote, see docs/components.md";
  if (bytes.length < 8 || bytes.toString("latin1", 0, VERSION_AT) !== MAGIC)
    throw new ComponentError("invalid", `it is not WebAssembly; ${cure}`);
  const version = bytes.readUInt32LE(VERSION_AT);
  if (version === CORE_MODULE)
    throw new ComponentError(
      "invalid",
      `it is a core module, not a component; make one of it with "wasm-tools component new" or "jco new"`,
    );
  if (version !== COMPONENT)
    throw new ComponentError(
      "invalid",
      `it is of version ${version.toString(16)} of the component format, which is unknown here; ${cure}`,
    );
}

function generate(library: Awaited<ReturnType<typeof loadGenerator>>, bytes: Uint8Array) {
  try {
    return library.generate(bytes, OPTIONS);
  } catch (error) {
    // The generator answers with a string; what else it throws is a trap of its own, and as good a reason to refuse.
    const why = String(error instanceof Error ? error.message : error).split("\n")[0];
    throw new ComponentError("invalid", `it cannot be read as a component (${why}); build it again`);
  }
}

/** `sync`: the component's calls and ours answer at once. Nothing is loaded by the script itself. */
const OPTIONS = {
  name: COMPILED_NAME,
  map: [],
  noTypescript: true,
  instantiation: { tag: "sync" },
  asyncMode: { tag: "sync" },
  base64Cutoff: 0,
  noNodejsCompat: true,
  noNamespacedExports: true,
};
