import { analyse, type Depth, type Grammars, languageOf, NO_GRAMMAR, openGrammars } from "@dgov/semantic";
import { type Merged, mergeSources } from "@dgov/semantic/merge";
import type { Analysed, MergeOrder, Question } from "./analyst.ts";
import { type Packed, pack } from "./packed.ts";

/**
 * The process that looks at texts: questions come as lines of JSON, answers go as a line with the size of each part
 * and the parts, packed. It ends with whoever asks.
 */
export async function serveAnalyst(): Promise<void> {
  const grammars = await openGrammars();
  for await (const line of linesOf(Bun.stdin.stream())) {
    const parts = answer(grammars, JSON.parse(line) as Question); // our own parent's words
    const sizes = parts.map(({ length }) => length).join(" ");
    await Bun.write(Bun.stdout, Buffer.concat([Buffer.from(`${sizes}\n`), ...parts]));
  }
}

/** Each text's own is packed before the next one is looked at: they are many times as large before. */
function answer(grammars: Grammars, question: Question): Packed[] {
  if ("merge" in question) return [pack(mergeTexts(grammars, question.merge))];
  return question.analyse.map(({ path, text }) => {
    const found = analyse(grammars, path, text, question.depth);
    return pack(("unknown" in found ? found : { summary: found }) satisfies Analysed);
  });
}

function mergeTexts(grammars: Grammars, { path, texts, names }: MergeOrder): Merged {
  const language = languageOf(grammars, path, texts.left);
  if (language === null) return { did: "refused", reason: NO_GRAMMAR.unknown };
  const summary = (text: string, depth: Depth) => analyse(grammars, path, text, depth);
  return mergeSources({ grammar: grammars.grammar(language), summary }, texts, names);
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of stream) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(first);
    for (const next of more) {
      yield parts.join("");
      parts = [next];
    }
  }
}
