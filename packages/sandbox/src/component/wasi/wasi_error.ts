/** The `error-code` of `wasi:filesystem/types`, as far as this host has a use for it. */
export type ErrorCode =
  | "bad-descriptor"
  | "exist"
  | "file-too-large"
  | "illegal-byte-sequence"
  | "invalid"
  | "io"
  | "is-directory"
  | "loop"
  | "name-too-long"
  | "no-entry"
  | "not-directory"
  | "not-empty"
  | "not-permitted"
  | "read-only"
  | "unsupported";

/** What an import answers instead of a value. The generated bindings hand `payload` to the component. */
export class WasiError<Payload> extends Error {
  override name = "WasiError";
  readonly payload: Payload;
  constructor(payload: Payload) {
    super("An import answered with an error");
    this.payload = payload;
  }
}

export const fileError = (code: ErrorCode) => new WasiError(code);
