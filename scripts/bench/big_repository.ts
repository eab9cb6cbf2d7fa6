import { type CorpusFile, pythonLibrary, scripts } from "../../test/semantic/corpus.ts";

/** So many files of so many bytes in all. */
export type Size = { files: number; bytes: number };

/** Real files on their paths: two of three Python's, the rest TypeScript's and JavaScript's. The same on each call. */
export function bigRepository(size: Size): Record<string, string> {
  const python = pythonLibrary() ?? [];
  const scripted = scripts().filter(({ path, text }) => path.includes("/node_modules/") && !isDense(text));
  const share = python.length === 0 ? 0 : 2 / 3;
  const part = (own: number): Size => ({ files: Math.round(size.files * own), bytes: size.bytes * own });
  return Object.fromEntries([...copies(python, "py", part(share)), ...copies(scripted, "ts", part(1 - share))]);
}

/**
 * As many copies as wanted, of small and large files in turn so that their mean is the wanted one. No two are the same:
 * one content is looked at once.
 */
function copies(sources: readonly CorpusFile[], folder: string, { files, bytes }: Size): [string, string][] {
  const mean = bytes / Math.max(1, files);
  const [small, large] = [false, true].map((is) => sources.filter(({ text }) => text.length > mean === is)) as [
    CorpusFile[],
    CorpusFile[],
  ];
  const taken = { small: 0, large: 0 };
  const made: [string, string][] = [];
  let left = bytes;
  for (let n = 0; n < files; n++) {
    const from = left / (files - n) > mean ? "large" : "small";
    const list = from === "large" ? large : small;
    const source = list[taken[from] % list.length]!;
    taken[from]++;
    const name = source.path.slice(source.path.lastIndexOf("/") + 1);
    const mark = name.endsWith(".py") ? `# ${n}\n` : `// ${n}\n`;
    made.push([`${folder}/${n % 97}/m${n}_${name}`, source.text + mark]);
    left -= source.text.length;
  }
  return made;
}

/** Written by a program, for programs. */
const isDense = (text: string): boolean => text.length > 200 * (text.match(/\n/g)?.length ?? 1);
