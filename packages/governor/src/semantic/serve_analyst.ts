import { readSync, writeSync } from "node:fs";
import {
  analyse,
  analyseChanged,
  analyseHeads,
  type Depth,
  type Grammars,
  languageOf,
  NO_GRAMMAR,
  openGrammars,
} from "@dgov/semantic";
import { type Merged, mergeSources } from "@dgov/semantic/merge";
import type { Asked, MergeOrder, Question, Text } from "./analyst.ts";
import { keptOf, packChanged, saidOf } from "./answer.ts";
import { type Packed, pack } from "./packed.ts";

/**
 * The process that looks at texts: questions come as lines of JSON, answers go as parts, packed, each as soon as it is there and
 * behind a line with its size. It ends with whoever asks.
 */
export async function serveAnalyst(): Promise<void> {
  Bun.unsafe.setJITPolicy(RELUCTANT);
  const grammars = await openGrammars();
  let chars = 0;
  for (const line of questions()) {
    chars += line.length;
    if (chars > EARLY_CHARS) Bun.unsafe.setJITPolicy(1);
    const question = JSON.parse(line) as Question; // our own parent's words
    const found = "merge" in question ? [[pack(mergeTexts(grammars, question.merge))]] : answers(grammars, question);
    for (const parts of found) say(Buffer.concat(parts.flatMap((part) => [Buffer.from(`${part.length}\n`), part])));
  }
}

/** How many times as often code has to run before it is compiled, until so much was asked: a commit has done with it before. */
const RELUCTANT = 3;
const EARLY_CHARS = 200_000;

/** Whoever asks listens: nothing else is to be done until it has been heard. */
function say(bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(1, bytes, from);
}

/** The parts of each. Each text's own is packed before the next one is looked at: they are many times as large before. */
function* answers(grammars: Grammars, question: Exclude<Question, { merge: unknown }>): Generator<Packed[]> {
  if ("changed" in question) for (const one of question.changed) yield packChanged(analyseChanged(grammars, one));
  else for (const text of question.analyse) yield [pack(lookAt(grammars, text, question.depth))];
}

const lookAt = (grammars: Grammars, { path, text }: Text, depth: Asked) =>
  depth === "heads" ? keptOf(analyseHeads(grammars, path, text)) : saidOf(analyse(grammars, path, text, depth));

function mergeTexts(grammars: Grammars, { path, texts, names }: MergeOrder): Merged {
  const language = languageOf(grammars, path, texts.left);
  if (language === null) return { did: "refused", reason: NO_GRAMMAR.unknown };
  const summary = (text: string, depth: Depth) => analyse(grammars, path, text, depth);
  return mergeSources({ grammar: grammars.grammar(language), summary }, texts, names);
}

const PORTION_BYTES = 64 * 1024; // what a pipe holds

/** Each line of what is asked; there is nothing else to do while none comes. */
function* questions(): Generator<string> {
  const portion = Buffer.alloc(PORTION_BYTES);
  let parts: Buffer[] = [];
  for (let size = readSync(0, portion); size > 0; size = readSync(0, portion)) {
    let from = 0;
    for (let end = portion.indexOf(10); end >= 0 && end < size; end = portion.indexOf(10, from)) {
      yield Buffer.concat([...parts, portion.subarray(from, end)]).toString("utf8");
      parts = [];
      from = end + 1;
    }
    parts.push(Buffer.from(portion.subarray(from, size)));
  }
}
