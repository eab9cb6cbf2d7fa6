import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

export type CorpusFile = { path: string; text: string };

const ROOT = resolve(import.meta.dir, "../..");

/** The library of the machine's Python, without its tests of bad syntax; null: there is no Python. */
export function pythonLibrary(): CorpusFile[] | null {
  const python = Bun.which("python3");
  if (python === null) return null;
  const folder = Bun.spawnSync([python, "-c", "import os; print(os.path.dirname(os.__file__))"])
    .stdout.toString()
    .trim();
  return existsSync(folder)
    ? read(folder, "**/*.py", /site-packages|dist-packages|lib2to3\/tests\/data|bad_|badsyntax/)
    : null;
}

/** The TypeScript and JavaScript of this repository and of the packages that it has installed. */
export const scripts = (): CorpusFile[] => [
  ...read(`${ROOT}/packages`, "*/src/**/*.ts", /node_modules/),
  ...read(
    `${ROOT}/node_modules/.bun`,
    "{zod,fast-check,@babel+parser,bun-types,ws,undici-types}@*/node_modules/**/*.{ts,js,mts,cts,mjs,cjs}",
    /\.min\./,
  ),
];

/** Every so-manieth file, in the order of their names: the same ones each time. */
export const sampleOf = (files: readonly CorpusFile[], count: number): CorpusFile[] => {
  const step = Math.max(1, Math.floor(files.length / count));
  return files.filter((_, at) => at % step === 0).slice(0, count);
};

function read(folder: string, pattern: string, not: RegExp): CorpusFile[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const paths = [...new Bun.Glob(pattern).scanSync({ cwd: folder, followSymlinks: false })].filter(
    (path) => !not.test(path),
  );
  return paths.sort().flatMap((path) => {
    const bytes = readFileSync(`${folder}/${path}`);
    if (bytes.length > 400_000) return [];
    const text = decodeOrNull(decoder, bytes);
    return text === null ? [] : [{ path: `${folder}/${path}`, text }];
  });
}

/** Some files of the library are in other encodings, to test Python with. */
function decodeOrNull(decoder: TextDecoder, bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
