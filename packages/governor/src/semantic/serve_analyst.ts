import { analyse, type Grammars, languageOf, openGrammars } from "@dgov/semantic";
import { type Merged, mergeSources } from "@dgov/semantic/merge";
import type { Analysed, MergeOrder, Question } from "./analyst.ts";

/**
 * The process that looks at texts: questions come as lines of JSON, answers go as a line with their size and so many bytes
 * of JSON. It ends with whoever asks.
 */
export async function serveAnalyst(): Promise<void> {
  const grammars = await openGrammars();
  for await (const line of linesOf(Bun.stdin.stream())) {
    const bytes = Buffer.from(JSON.stringify(answer(grammars, JSON.parse(line) as Question))); // our own parent's words
    await Bun.write(Bun.stdout, Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes]));
  }
}

function answer(grammars: Grammars, question: Question): Analysed[] | Merged {
  if ("merge" in question) return mergeTexts(grammars, question.merge);
  return question.analyse.map(({ path, text }): Analysed => {
    const found = analyse(grammars, path, text);
    return "unknown" in found ? found : { summary: found };
  });
}

function mergeTexts(grammars: Grammars, { path, texts, names }: MergeOrder): Merged {
  const language = languageOf(grammars, path, texts.left);
  if (language === null) return { did: "refused", reason: "there is no grammar for its language" };
  const summary = (text: string) => analyse(grammars, path, text);
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
