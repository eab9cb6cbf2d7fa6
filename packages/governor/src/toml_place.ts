import { parse } from "smol-toml";

/** Keys and array indexes from the top of a document: `["tasks", "a", "files", "edit", 0]`. */
export type KeyPath = readonly (string | number)[];

/** Where something stands in a text. Both count from 1; a column counts characters. */
export type Spot = { line: number; column: number };

/**
 * Says where each key and each array element of a TOML text stands. TOML readers give values without places,
 * and a finding without a place is a search for the user.
 *
 * @param text valid TOML: what a reader has refused is not located
 * @returns    the spot of a path, or of the longest part of it that is written in the text
 */
export function locate(text: string): (path: KeyPath) => Spot {
  let offsets: ReadonlyMap<string, number> | null = null; // scanned when first asked: most documents have no fault
  return (path) => {
    offsets ??= new Scanner(text).scan();
    for (let length = path.length; length > 0; length--) {
      const offset = offsets.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return spotOf(text, offset);
    }
    return { line: 1, column: 1 };
  };
}

function spotOf(text: string, offset: number): Spot {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: [...before.at(-1)!].length + 1 };
}

type Key = { part: string; offset: number };

/** Walks over the text once and notes the offset of every key, header part and array element. The first mention counts. */
class Scanner {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();
  readonly #counts = new Map<string, number>(); // array of tables → how many so far
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): Map<string, number> {
    let table: KeyPath = [];
    for (this.#blank(); this.#at < this.#text.length; this.#blank()) {
      if (this.#text[this.#at] === "[") table = this.#header();
      else this.#pair(table);
    }
    return this.#offsets;
  }

  /** `[a.b]` or `[[a.b]]`; returns the table that the next pairs belong to. */
  #header(): KeyPath {
    const many = this.#text.startsWith("[[", this.#at);
    this.#at += many ? 2 : 1;
    const keys = this.#keys();
    let path: KeyPath = [];
    for (const [index, { part, offset }] of keys.entries()) {
      path = [...path, part];
      this.#mark(path, offset);
      const name = JSON.stringify(path);
      const last = index === keys.length - 1;
      if (last && many) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
      const count = this.#counts.get(name);
      if (count === undefined) continue;
      path = [...path, count - 1];
      this.#mark(path, offset);
    }
    this.#at = this.#text.indexOf("]", this.#at) + (many ? 2 : 1);
    return path;
  }

  #pair(table: KeyPath): void {
    let path = table;
    for (const { part, offset } of this.#keys()) {
      path = [...path, part];
      this.#mark(path, offset);
    }
    this.#at++; // the equals sign
    this.#value(path);
  }

  /** Dotted keys up to what ends them, with the place of each part. */
  #keys(): Key[] {
    const keys: Key[] = [];
    for (;;) {
      this.#skip(/[ \t]*/y);
      const offset = this.#at;
      const quote = this.#text[offset];
      if (quote === '"' || quote === "'") this.#string();
      else this.#skip(/[^\s.=\]]*/y);
      keys.push({ part: keyOf(this.#text.slice(offset, this.#at)), offset });
      this.#skip(/[ \t]*/y);
      if (this.#text[this.#at] !== ".") return keys;
      this.#at++;
    }
  }

  #value(path: KeyPath): void {
    this.#skip(/[ \t]*/y);
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") this.#string();
    else if (first === "[" || first === "{") this.#list(path, first === "[");
    else this.#skip(/[^,\]}#\r\n]*/y);
  }

  /** An array, or an inline table: the same brackets and commas, with values or with pairs between them. */
  #list(path: KeyPath, array: boolean): void {
    this.#at++;
    const close = array ? "]" : "}";
    for (let index = 0; this.#at < this.#text.length; index++) {
      this.#blank();
      if (this.#text[this.#at] === close) break;
      if (array) {
        this.#mark([...path, index], this.#at);
        this.#value([...path, index]);
      } else this.#pair(path);
      this.#blank();
      if (this.#text[this.#at] === ",") this.#at++;
    }
    this.#at++;
  }

  /** Past a string of any of the four kinds. Up to two quotes may stand right before the closing three. */
  #string(): void {
    const quote = this.#text[this.#at]!;
    const long = this.#text.startsWith(quote.repeat(3), this.#at);
    const escapes = quote === '"' ? "\\\\[^]|" : "";
    const body = long
      ? new RegExp(`${quote}{3}(?:${escapes}[^])*?${quote}{3,5}(?!${quote})`, "y")
      : new RegExp(`${quote}(?:${escapes}[^${quote}])*?${quote}`, "y");
    this.#skip(body);
  }

  /** Past spaces, line ends and comments. */
  #blank(): void {
    this.#skip(/(?:\s|#[^\n]*)*/y);
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)?.[0].length ?? 1;
  }

  #mark(path: KeyPath, offset: number): void {
    const name = JSON.stringify(path);
    if (!this.#offsets.has(name)) this.#offsets.set(name, offset);
  }
}

/** The key that a written part means. Quoted parts are read by the TOML reader, so that escapes mean what they mean there. */
function keyOf(written: string): string {
  if (!/^["']/.test(written)) return written;
  return String(parse(`key = ${written}`).key);
}
