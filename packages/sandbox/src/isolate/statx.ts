import { type Facts, factsOf } from "../facts.ts";

/** The kernel's `struct statx`, which is the same on both machines. One is kept, and each answer overwrites the last. */
export class Statx {
  readonly bytes = Buffer.alloc(256);
  readonly #view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);

  facts(): Facts {
    const size = this.#view.getUint32(40, true) + this.#view.getUint32(44, true) * 2 ** 32;
    return factsOf({ mode: this.#view.getUint16(28, true), size, nlink: this.#view.getUint32(16, true) });
  }
}
