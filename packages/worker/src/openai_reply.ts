import { z } from "zod";
import type { Call, Reply, Tokens } from "./model.ts";
import { StreamFault } from "./openai_failure.ts";

const CallPart = z.looseObject({
  index: z.int().nullish(),
  id: z.string().nullish(),
  function: z
    .looseObject({
      name: z.string().nullish(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
});
type CallPart = z.infer<typeof CallPart>;

const Said = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(CallPart).nullish(),
});

/** One event of a stream, as loosely as OpenAI-compatible servers write it. `message`: the whole reply at once. */
const Chunk = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        index: z.int().nullish(),
        delta: Said.nullish(),
        message: Said.nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  model: z.string().nullish(),
  system_fingerprint: z.string().nullish(),
  usage: z
    .looseObject({
      prompt_tokens: z.int().min(0).nullish(),
      completion_tokens: z.int().min(0).nullish(),
      prompt_tokens_details: z.looseObject({ cached_tokens: z.int().min(0).nullish() }).nullish(),
    })
    .nullish(),
});

/** What a server counted. Tokens of its cache are part of the input, as the protocol has it. */
function countOf(usage: NonNullable<z.infer<typeof Chunk>["usage"]>): Omit<Tokens, "estimated"> {
  const cached = usage.prompt_tokens_details?.cached_tokens;
  const count = { input: usage.prompt_tokens ?? 0, output: usage.completion_tokens ?? 0 };
  return cached == null ? count : { ...count, cached: Math.min(cached, count.input) };
}

const SERVED_CHARS = 200;

/** `MODEL@FINGERPRINT`, the second where there is one: a provider may change what answers to a name. */
const servedBy = (model: string, fingerprint: string | null | undefined): string =>
  (fingerprint ? `${model}@${fingerprint}` : model).slice(0, SERVED_CHARS);

type Slot = { index: number | null; id: string; tool: string; input: string };

/** Puts a reply together from the events of a stream. */
export class Assembly {
  #text = "";
  #slots: Slot[] = [];
  #finish: string | null = null;
  #usage: Omit<Tokens, "estimated"> | null = null;
  #began = false;
  #served: string | null = null;

  /** @throws StreamFault `not_a_chunk` */
  add(event: unknown): void {
    const chunk = Chunk.safeParse(event);
    if (!chunk.success) throw new StreamFault("not_a_chunk");
    const { usage, choices, model, system_fingerprint } = chunk.data;
    if (model) this.#served = servedBy(model, system_fingerprint);
    if (usage) this.#usage = countOf(usage);
    const choice = choices?.find(({ index }) => (index ?? 0) === 0);
    if (!choice) return;
    this.#began = true;
    const said = choice.delta ?? choice.message;
    this.#text += (said?.content ?? "") + (said?.refusal ?? "");
    for (const part of said?.tool_calls ?? []) this.#addCall(part);
    this.#finish = choice.finish_reason ?? this.#finish;
  }

  /** How much came so far, for an estimate of what a broken try cost. */
  get chars(): number {
    return this.#slots.reduce((sum, { tool, input }) => sum + tool.length + input.length, this.#text.length);
  }

  /**
   * The whole reply. `turn` makes ids where the server sent none; `input` is the estimate where it sent no count.
   * @throws StreamFault `no_reply`, or `cut` when the stream ended before the reply did
   */
  reply(turn: number, input: number): Reply {
    if (!this.#began) throw new StreamFault("no_reply");
    if (this.#finish === null) throw new StreamFault("cut");
    if (this.#slots.some(({ tool }) => tool === "")) throw new StreamFault("not_a_chunk");
    const calls = this.#calls(turn);
    const counted: Tokens = this.#usage
      ? { ...this.#usage, estimated: false }
      : { input, output: Math.ceil(this.chars / 4), estimated: true };
    const tokens = this.#served === null ? counted : { ...counted, served: this.#served };
    const stop = calls.length > 0 ? "calls" : "stop";
    return { text: this.#text, calls, tokens, finish: this.#finish === "length" ? "length" : stop };
  }

  #calls(turn: number): Call[] {
    const taken = new Set<string>();
    return this.#slots.map(({ id, tool, input }, at) => {
      const own = id !== "" && !taken.has(id) ? id : `call_${turn}_${at}`;
      taken.add(own);
      return { id: own, tool, input: input.trim() === "" ? "{}" : input };
    });
  }

  #addCall(part: CallPart): void {
    const name = part.function?.name ?? "";
    const slot = this.#slotFor(part, name) ?? this.#open(part.index ?? null);
    if (slot.id === "") slot.id = part.id ?? "";
    if (slot.tool === "") slot.tool = name;
    const input = part.function?.arguments ?? "";
    slot.input += typeof input === "string" ? input : JSON.stringify(input);
  }

  /**
   * The call that a part goes on with. Servers differ: some send no index, some index 0 for every call,
   * some repeat id and name in each part. Another id begins another call, also under the same index.
   */
  #slotFor({ index, id }: CallPart, name: string): Slot | undefined {
    const slot = index == null ? this.#slots.at(-1) : this.#slots.findLast((one) => one.index === index);
    if (!slot) return undefined;
    if (id && slot.id !== "" && id !== slot.id) return undefined;
    const whole = index == null && !id && name !== "" && slot.tool !== "";
    return whole ? undefined : slot;
  }

  #open(index: number | null): Slot {
    const slot: Slot = { index, id: "", tool: "", input: "" };
    this.#slots.push(slot);
    return slot;
  }
}
