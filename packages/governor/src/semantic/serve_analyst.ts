import { writeSync } from "node:fs";
import {
  analyse,
  analyseChanged,
  type Depth,
  type Grammars,
  languageOf,
  NO_GRAMMAR,
  openGrammars,
} from "@dgov/semantic";
import { type Merged, mergeSources } from "@dgov/semantic/merge";
import type { MergeOrder, Question } from "./analyst.ts";
import { packChanged, saidOf } from "./answer.ts";
import { type Packed, pack } from "./packed.ts";

/**
 * The process that looks at texts: questions come as lines of JSON, answers go as parts, packed, each as soon as it is there and
 * behind a line with its size. It ends with whoever asks.
 */
export async function serveAnalyst(): Promise<void> {
  const grammars = await openGrammars();
  for await (const line of linesOf(Bun.stdin.stream())) {
    const question = JSON.parse(line) as Question; // our own parent's words
    const parts = "merge" in question ? [pack(mergeTexts(grammars, question.merge))] : answers(grammars, question);
    for (const part of parts) say(Buffer.concat([Buffer.from(`${part.length}\n`), part]));
  }
}

/** Whoever asks listens: nothing else is to be done until it has been heard. */
function say(bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(1, bytes, from);
}

/** Each text's own is packed before the next one is looked at: they are many times as large before. */
function* answers(grammars: Grammars, question: Exclude<Question, { merge: unknown }>): Generator<Packed> {
  if ("changed" in question) for (const one of question.changed) yield* packChanged(analyseChanged(grammars, one));
  else for (const { path, text } of question.analyse) yield pack(saidOf(analyse(grammars, path, text, question.depth)));
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
