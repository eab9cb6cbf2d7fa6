import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

/** What a compiler said of a row: the digest of the merged tree that it saw (null: there was none), and its errors in it. */
const saying = z.strictObject({ id: z.string(), tree: z.string().nullable(), errors: z.array(z.string()) });
export type Saying = z.infer<typeof saying>;

/** One line with the compiler's version, then one a row. */
export const renderSayings = (compiler: string, all: readonly Saying[]): string =>
  [{ compiler }, ...all].map((line) => `${JSON.stringify(line)}\n`).join("");

export function readSayings(text: string): { compiler: string; sayings: ReadonlyMap<string, Saying> } {
  const [first, ...rest] = text.split("\n").filter((line) => line !== "");
  const { compiler } = z.strictObject({ compiler: z.string() }).parse(JSON.parse(first ?? "null"));
  const sayings = rest.map((line) => saying.parse(JSON.parse(line)));
  return { compiler, sayings: new Map(sayings.map((one) => [one.id, one])) };
}

type Texts = Readonly<Record<string, string>>;

export function digestOf(texts: Texts): string {
  const sorted = Object.entries(texts).sort(([one], [next]) => (one < next ? -1 : 1));
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}

/** How a language's compiler is asked about the tree in a folder; nothing that it makes is kept. */
export const COMPILERS: Readonly<Record<string, { version: string[]; check: string[]; error: RegExp }>> = {
  go: {
    version: ["go", "version"],
    check: ["go", "build", "-o", "/dev/null", "./..."],
    error: /^\S+\.go:\d+:\d+: .*$/gm,
  },
  rust: {
    version: ["rustc", "--version"],
    check: [
      "rustc",
      "--edition=2021",
      "--crate-type=lib",
      "--emit=metadata",
      "-Aunused",
      "-o",
      "checked.rmeta",
      "src/lib.rs",
    ],
    error: /^error(?:\[E\d+\])?: .*$/gm,
  },
};

/**
 * The errors in a tree, which is written into a folder that is empty.
 *
 * @throws Error when the compiler fails and names none
 */
export function errorsIn(language: string, folder: string, texts: Texts): string[] {
  const compiler = COMPILERS[language];
  if (compiler === undefined) throw new Error(`Cannot compile ${language}: no compiler is known for it`);
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { exitCode, stderr, stdout } = Bun.spawnSync(compiler.check, { cwd: folder });
  const words = `${stdout}${stderr}`;
  const errors = [...words.matchAll(compiler.error)]
    .map(([line]) => line)
    .filter((line) => !line.includes("aborting due to"));
  if (exitCode !== 0 && errors.length === 0) throw new Error(`The compiler did not say why it failed: ${words}`);
  return exitCode === 0 ? [] : errors;
}
