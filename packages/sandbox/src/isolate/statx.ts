import { type Facts, factsOf } from "../facts.ts";

/** `stamp` is another when a file's content, its names or its rights have changed: ctime cannot be set by hand. */
export type Stamped = Facts & { stamp: string };

/** The kernel's `struct statx`, which is the same on both machines. One is kept, and each answer overwrites the last. */
export class Statx {
  readonly bytes = Buffer.alloc(256);
  readonly #view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);

  facts(): Facts {
    const size = this.#view.getUint32(40, true) + this.#view.getUint32(44, true) * 2 ** 32;
    return factsOf({ mode: this.#view.getUint16(28, true), size, nlink: this.#view.getUint32(16, true) });
  }

  stamped(): Stamped {
    const { kind, size_bytes, mode, links } = this.facts();
    this.bytes.fill(0, 48, 80); // the room it takes, which is settled later, and when it was read
    // Names, owner, rights, number, size, birth, ctime and mtime.
    return { kind, size_bytes, mode, links, stamp: this.bytes.toString("latin1", 16, 128) };
  }
}
