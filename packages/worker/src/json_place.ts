/** Where a value or an error stands in a text. Both count from 1. */
export type Place = { line: number; column: number };

/** The text is not JSON, or a key stands twice in one object: the second would silently win. */
export class JsonError extends Error {
  override name = "JsonError";
  readonly place: Place;
  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

export type Path = readonly PropertyKey[];

/** JSON with its places: `place` says where the value at a path stands, or the nearest value around it that is there. */
export type PlacedJson = { value: unknown; place(path: Path): Place };

const DEPTH_MAX = 64;

/**
 * Reads JSON and remembers where each value stands, because the engine's own parser tells no position.
 * @throws JsonError at the first character that cannot be read
 */
export function readJson(text: string): PlacedJson {
  const starts = new Map<string, number>();
  const reader = new Reader(text, starts);
  const value = reader.document();
  return {
    value,
    place: (path) => {
      for (let length = path.length; length >= 0; length--) {
        const start = starts.get(pathKey(path.slice(0, length)));
        if (start !== undefined) return placeOf(text, start);
      }
      return { line: 1, column: 1 };
    },
  };
}

const pathKey = (path: Path): string => JSON.stringify(path.map(String));

function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

const PLAIN = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\r\n]*/y;

class Reader {
  #at = 0;
  readonly #text: string;
  readonly #starts: Map<string, number>;

  constructor(text: string, starts: Map<string, number>) {
    this.#text = text;
    this.#starts = starts;
  }

  document(): unknown {
    const value = this.#value([]);
    if (this.#next() !== "") this.#fail("expected nothing after the value");
    return value;
  }

  #value(path: Path): unknown {
    const first = this.#next();
    this.#starts.set(pathKey(path), this.#at);
    if (path.length > DEPTH_MAX) this.#fail(`nested deeper than ${DEPTH_MAX}`);
    if (first === "{") return this.#object(path);
    if (first === "[") return this.#array(path);
    return this.#scalar(first);
  }

  #object(path: Path): Record<string, unknown> {
    const pairs = new Map<string, unknown>();
    this.#list("}", () => {
      const start = this.#at;
      if (this.#text[start] !== '"') this.#fail("expected a key in double quotes");
      const key = String(this.#scalar('"'));
      if (pairs.has(key)) this.#fail(`the key "${key}" stands twice`, start);
      if (this.#next() !== ":") this.#fail('expected ":"');
      this.#at++;
      pairs.set(key, this.#value([...path, key]));
    });
    return Object.fromEntries(pairs);
  }

  #array(path: Path): unknown[] {
    const items: unknown[] = [];
    this.#list("]", () => items.push(this.#value([...path, items.length])));
    return items;
  }

  #list(close: string, item: () => void): void {
    this.#at++;
    if (this.#next() === close) {
      this.#at++;
      return;
    }
    while (true) {
      item();
      const after = this.#next();
      if (after !== "," && after !== close) this.#fail(`expected "," or "${close}"`);
      this.#at++;
      if (after === close) return;
      this.#next();
    }
  }

  #scalar(first: string): unknown {
    if (first === '"') return this.#string();
    PLAIN.lastIndex = this.#at;
    const token = PLAIN.exec(this.#text)?.[0] ?? this.#fail("expected a value");
    this.#at += token.length;
    return JSON.parse(token);
  }

  /** A walk by hand: a regular expression gives up on strings of a megabyte. */
  #string(): unknown {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') {
      const character = this.#text[this.#at] ?? "\n";
      if (character === "\n") this.#fail("this string does not end or holds a raw line break", start);
      if (character < " ") this.#fail("this string holds a raw control character", start);
      ESCAPE.lastIndex = this.#at;
      const read = character === "\\" ? ESCAPE.exec(this.#text)?.[0] : character;
      this.#at += (read ?? this.#fail("this string has an unknown escape", start)).length;
    }
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  /** Skips space; the character that stands there, or "" at the end. */
  #next(): string {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
    return this.#text[this.#at] ?? "";
  }

  #fail(message: string, at = this.#at): never {
    throw new JsonError(message, placeOf(this.#text, at));
  }
}
