import { StreamFault } from "./openai_failure.ts";

/** Limits of one call. All have a default; `stall_ms`: no byte for so long ends a try, `try_ms` ends it in any case. */
export type Patience = {
  tries: number;
  backoff_ms: number; // before the second try; doubles up to `backoff_max_ms`
  backoff_max_ms: number;
  retry_after_max_ms: number; // a server that wants a longer wait is given up at once, with its wish in the failure
  stall_ms: number;
  try_ms: number;
  bytes_max: number;
};
/** Watches one response: that bytes keep coming, that they end some day, and that they are not too many. */
export class Watch {
  answered = false; // the server accepted the request: what follows may be billed
  fault: StreamFault | null = null;
  readonly #patience: Patience;
  readonly #limit = new AbortController();
  readonly #whole: ReturnType<typeof setTimeout>;
  #stall: ReturnType<typeof setTimeout>;
  #bytes = 0;

  constructor(patience: Patience) {
    this.#patience = patience;
    this.#whole = setTimeout(() => this.#end("too_slow"), patience.try_ms);
    this.#stall = setTimeout(() => this.#end("stall"), patience.stall_ms);
  }

  get signal(): AbortSignal {
    return this.#limit.signal;
  }

  over(response: Response): Response {
    if (response.status >= 300 && response.status < 400) this.#end("redirect");
    if (this.fault) throw this.fault;
    this.answered = response.ok;
    this.#beat();
    const { status, headers } = response;
    if (!response.body) return response;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        this.#beat();
        this.#bytes += bytes.length;
        if (this.#bytes > this.#patience.bytes_max) this.#end("too_large");
        if (this.fault) throw this.fault;
        controller.enqueue(bytes);
      },
    });
    const whole = response.ok && (headers.get("content-type") ?? "").includes("json");
    const body = response.body.pipeThrough(count);
    return new Response(whole ? body.pipeThrough(asEvent()) : body, { status, headers });
  }

  stop(): void {
    clearTimeout(this.#whole);
    clearTimeout(this.#stall);
  }

  #beat(): void {
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => this.#end("stall"), this.#patience.stall_ms);
  }

  #end(code: StreamFault["code"]): void {
    this.fault ??= new StreamFault(code);
    this.#limit.abort(this.fault);
  }
}

/** A server that does not stream answers with one JSON document: it becomes a stream of one event. */
function asEvent(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let text = "";
  return new TransformStream({
    transform: (bytes) => {
      text += decoder.decode(bytes, { stream: true });
    },
    flush: (controller) => controller.enqueue(encoder.encode(`data: ${text.replace(/\r?\n/g, "\ndata: ")}\n\n`)),
  });
}
