import { LIMITS } from "../../limits.ts";
import { fileError } from "./wasi_error.ts";

/** The bytes of one file, which may grow to the largest that the file host writes. */
export class Content {
  #bytes: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(Math.min(offset, this.#size), Math.min(offset + length, this.#size));
  }

  /** A gap is filled with zeros. @throws WasiError file-too-large */
  write(bytes: Uint8Array, offset: number): void {
    this.resize(Math.max(this.#size, offset + bytes.length));
    this.#bytes.set(bytes, offset);
  }

  resize(size: number): void {
    if (size > LIMITS.read_max_bytes) throw fileError("file-too-large");
    if (size > this.#bytes.length) {
      const room = new Uint8Array(Math.max(size, Math.min(this.#bytes.length * 2, LIMITS.read_max_bytes)));
      room.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = room;
    }
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }

  base64(): string {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#size).toString("base64");
  }
}
