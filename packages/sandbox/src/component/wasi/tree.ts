import type { FileChange } from "../order.ts";
import { Content } from "./content.ts";
import { createView, type Kind, type Seen, type View, type ViewOptions } from "./view.ts";
import { fileError } from "./wasi_error.ts";

/**
 * The files of a task as one component sees and changes them. Changes are held here: whoever asked for the component
 * writes them when it has ended well. Methods throw `WasiError`.
 */
export class Tree {
  readonly view: View;
  readonly #changed = new Map<string, Content | null>(); // null: removed
  readonly #folders = new Set<string>(); // that the component made: git knows none without a file, so they are not real

  constructor(options: ViewOptions) {
    this.view = createView(options);
  }

  /** null: nothing that this task may know of is there. */
  look(path: string): Seen | null {
    const own = this.#changed.get(path);
    if (own !== undefined) return own && { kind: "file", size_bytes: own.size };
    const made = this.#folders.has(path) || this.#madeBelow(path).length > 0;
    return made ? { kind: "directory", size_bytes: 0 } : this.view.look(path);
  }

  read(path: string): Content {
    const own = this.#changed.get(path);
    if (own === null) throw fileError("no-entry");
    return own ?? new Content(this.view.read(path));
  }

  /** Makes this the file's content from now on, in place of what it was. */
  put(path: string, content: Content): void {
    this.view.mayWrite(path);
    this.#changed.set(path, content);
  }

  remove(path: string): void {
    this.view.mayWrite(path);
    if (this.view.look(path) === null) this.#changed.delete(path);
    else this.#changed.set(path, null);
  }

  list(path: string): { name: string; kind: Kind }[] {
    const names = new Map(this.view.list(path).map(({ name, kind }) => [name, kind]));
    const prefix = path === "." ? "" : `${path}/`;
    for (const [name, kind] of names)
      if (this.#changed.get(prefix + name) === null && kind === "file") names.delete(name);
    for (const own of this.#madeBelow(path)) {
      const [name = "", ...more] = own.slice(prefix.length).split("/");
      names.set(name, more.length > 0 || this.#folders.has(own) ? "directory" : "file");
    }
    return [...names].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  makeFolder(path: string): void {
    if (this.look(path) !== null) throw fileError("exist");
    if (!this.view.reaches(path)) throw this.view.refuse(path, "make", "no claim of this task reaches it");
    this.#folders.add(path);
  }

  removeFolder(path: string): void {
    if (this.look(path)?.kind !== "directory") throw fileError("not-directory");
    if (this.list(path).length > 0) throw fileError("not-empty");
    if (!this.#folders.delete(path)) throw this.view.refuse(path, "remove", "folders of the repository stay");
  }

  changes(): FileChange[] {
    return [...this.#changed].map(([path, content]) => ({ path, base64: content?.base64() ?? null }));
  }

  /** What the component made in a folder, at any depth. */
  #madeBelow(path: string): string[] {
    const files = [...this.#changed].flatMap(([own, content]) => (content === null ? [] : [own]));
    return [...files, ...this.#folders].filter((own) => path === "." || own.startsWith(`${path}/`));
  }
}

const PATH_MAX = 4096;

/**
 * A path as a component gives it, seen from a folder. No `..` leads above that folder; links are the host's to refuse.
 *
 * @throws WasiError not-permitted, invalid, name-too-long
 */
export function within({ view }: Tree, folder: string, path: string): string {
  if (path.length > PATH_MAX) throw fileError("name-too-long");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (path === "" || /[\0-\x1f\x7f\\]/.test(path)) throw fileError("invalid");
  if (path.startsWith("/")) throw view.refuse(path, "open", "it is absolute; name it from the repository's root");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) throw view.refuse(path, "open", 'its ".." leads out of the folder');
  }
  const own = folder === "." ? parts : [folder, ...parts];
  return own.join("/").normalize("NFC") || ".";
}
