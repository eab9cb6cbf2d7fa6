import { WasiError } from "./wasi_error.ts";

/** `wasi:io/error`: why a stream failed. */
export class IoError {
  readonly code: unknown;
  constructor(code: unknown) {
    this.code = code;
  }
  toDebugString(): string {
    return String(this.code);
  }
}

type StreamError = { tag: "closed" } | { tag: "last-operation-failed"; val: IoError };
const closed = () => new WasiError<StreamError>({ tag: "closed" });

/** Nothing here waits for anybody, so whatever is asked is ready; only a clock can be waited for. */
export class Pollable {
  readonly #wait: () => void;
  readonly #due: () => boolean;
  constructor(wait: () => void = () => {}, due: () => boolean = () => true) {
    this.#wait = wait;
    this.#due = due;
  }
  ready(): boolean {
    return this.#due();
  }
  block(): void {
    this.#wait();
  }
}

/** The indexes of those that are ready; when none is, waits for whichever is first. */
export function poll(pollables: readonly Pollable[]): Uint32Array {
  const ready = () => pollables.flatMap((one, index) => (one.ready() ? [index] : []));
  for (;;) {
    const indexes = ready();
    if (indexes.length > 0 || pollables.length === 0) return Uint32Array.from(indexes);
    Bun.sleepSync(1); // one that is never due is ended from outside
  }
}

const CHUNK_BYTES = 64 * 1024;
const length = (asked: bigint) => Number(asked < BigInt(CHUNK_BYTES) ? asked : BigInt(CHUNK_BYTES));

/** `source` gives up to so many bytes; none: the end. */
export class InputStream {
  readonly #source: (most: number) => Uint8Array;
  constructor(source: (most: number) => Uint8Array) {
    this.#source = source;
  }
  read(asked: bigint): Uint8Array {
    if (asked === 0n) return new Uint8Array();
    const bytes = this.#source(length(asked));
    if (bytes.length === 0) throw closed();
    return bytes;
  }
  blockingRead(asked: bigint): Uint8Array {
    return this.read(asked);
  }
  skip(asked: bigint): bigint {
    return BigInt(this.read(asked).length);
  }
  blockingSkip(asked: bigint): bigint {
    return this.skip(asked);
  }
  subscribe(): Pollable {
    return new Pollable();
  }
}

/** `sink` takes every byte, or throws what `wasi:io/error` will carry. */
export class OutputStream {
  readonly #sink: (bytes: Uint8Array) => void;
  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink;
  }
  checkWrite(): bigint {
    return BigInt(CHUNK_BYTES);
  }
  write(bytes: Uint8Array): void {
    try {
      this.#sink(bytes);
    } catch (error) {
      if (!(error instanceof WasiError)) throw error;
      throw new WasiError<StreamError>({ tag: "last-operation-failed", val: new IoError(error.payload) });
    }
  }
  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.write(bytes);
  }
  writeZeroes(count: bigint): void {
    this.write(new Uint8Array(length(count)));
  }
  blockingWriteZeroesAndFlush(count: bigint): void {
    this.writeZeroes(count);
  }
  flush(): void {}
  blockingFlush(): void {}
  splice(from: InputStream, asked: bigint): bigint {
    const bytes = from.read(asked);
    this.write(bytes);
    return BigInt(bytes.length);
  }
  blockingSplice(from: InputStream, asked: bigint): bigint {
    return this.splice(from, asked);
  }
  subscribe(): Pollable {
    return new Pollable();
  }
}
