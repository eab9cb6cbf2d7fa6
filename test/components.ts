import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { ROOT } from "./source.ts";

const SOURCES = join(ROOT, "test/fixtures/components");
const WIT = join(ROOT, "packages/sandbox/wit");

/** The components under `test/fixtures/components/`, by the file of their source. */
export type FixtureComponent =
  | "count_words"
  | "needs_header"
  | "hostile"
  | "explorer"
  | "tells_time"
  | "wants_sockets"
  | "wants_more";

/**
 * Builds a component from its source, as docs/components.md tells it, unless these very sources were built before.
 *
 * @returns absolute path of the component
 */
export async function buildComponent(name: FixtureComponent): Promise<string> {
  const kind = name === "needs_header" ? "gate" : "tool";
  const folder = join(tmpdir(), `dgov-components-${process.getuid?.() ?? 0}`);
  const built = join(folder, `${name}-${contentKey()}.wasm`);
  if (existsSync(built)) return built;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const half = `${built}.${process.pid}`;
  const core = compile(name, half);
  const embedded = await componentEmbed({ binary: core, witSource: worldOf(core, kind), world: "fixture" });
  writeFileSync(half, await componentNew(embedded, []));
  renameSync(half, built); // tests run side by side
  return built;
}

function contentKey(): string {
  const hash = createHash("sha256");
  const files = [SOURCES, WIT].flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
  for (const file of [...files.sort(), import.meta.path]) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

/** AssemblyScript without its runtime's needs: no collector, and no `abort` to import. */
function compile(name: string, into: string): Uint8Array {
  const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const options = ["--runtime", "stub", "--optimizeLevel", "2", "--use", "abort=", "--outFile", into];
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, asc, `${name}.ts`, ...options], { cwd: SOURCES });
  if (exitCode !== 0) throw new Error(`Cannot compile "${name}.ts": ${stderr}`);
  return readFileSync(into);
}

/** The world that the module is written for: ours, and of WASI what the module imports. */
function worldOf(core: Uint8Array, kind: "tool" | "gate"): string {
  const modules = new Set(
    WebAssembly.Module.imports(new WebAssembly.Module(Uint8Array.from(core))).map(({ module }) => module),
  );
  const own = readFileSync(join(WIT, `dgov-${kind}.wit`), "utf8").replace(/^package (.*);$/m, "package $1 {");
  return [
    "package dgov:fixture;",
    `world fixture { include dgov:${kind}/${kind}@0.1.0; ${[...modules].map((name) => `import ${name};`).join(" ")} }`,
    `${own}}`,
    readFileSync(join(SOURCES, "wasi.wit"), "utf8"),
  ].join("\n");
}
