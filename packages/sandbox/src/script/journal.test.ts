import { afterAll, expect, test } from "bun:test";
import { closeSync, fstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { framesIn } from "../isolate/wire.ts";
import { createVoice, type Journal, openJournal } from "./journal.ts";
import type { ScriptWord } from "./words.ts";

const folder = mkdtempSync(join(tmpdir(), "dgov-journal-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const log = (text: string | number): ScriptWord => ({ log: String(text) });
const ENDED: ScriptWord = { ended: { ok: true, json: null, last: false } };

/** A child's voice and what was heard of it, as the server would hear it. */
function open(file?: (journal: Journal) => number | null) {
  const journal = openJournal(folder);
  if (journal === null) throw new Error("There is no room for a journal");
  const sent: Buffer[] = [];
  const say = createVoice((bytes) => sent.push(Buffer.from(bytes)), file ? file(journal) : journal.fd);
  return { journal, say, sent, heard: () => framesIn(Buffer.concat(sent)) };
}

test("what nobody waits for is sent with the next word that somebody does, in order", () => {
  const { journal, say, sent, heard } = open();
  for (let n = 0; n < 50; n++) say(log(n));
  expect(sent).toEqual([]);
  expect(journal.after(0)).toEqual(Array.from({ length: 50 }, (_, n) => log(n)));
  say(ENDED);
  expect(heard()).toEqual([...Array.from({ length: 50 }, (_, n) => log(n)), ENDED]);
  expect(journal.after(50)).toEqual([]);
  journal.close();
});

test("what was heard and what is in the journal are together all that was said, whenever the child is killed", () => {
  const { journal, say, sent } = open();
  const words = Array.from({ length: 300 }, (_, n) => log(`${n} ${"é".repeat((n % 7) * 200)}`));
  for (const [n, word] of words.entries()) {
    say(word);
    const heard = framesIn(Buffer.concat(sent));
    expect([...heard, ...journal.after(heard.length)]).toEqual(words.slice(0, n + 1));
  }
  expect(sent.length).toBeGreaterThan(5);
  expect(sent.length).toBeLessThan(30);
  journal.close();
});

test("what was sent just before the child was killed is not heard twice", () => {
  const seen: ScriptWord[][] = [];
  const journal = openJournal(folder)!;
  const send = (bytes: Uint8Array) => {
    const heard = framesIn(Buffer.from(bytes));
    for (let whole = 0; whole <= heard.length; whole++)
      seen.push([...(heard.slice(0, whole) as ScriptWord[]), ...journal.after(whole)]); // cut off after so many frames
  };
  const say = createVoice(send, journal.fd);
  const words = [log(1), log(2), log(3)];
  for (const word of words) say(word);
  say(ENDED);
  expect(seen.slice(0, 4)).toEqual([words, words, words, words]);
  journal.close();
});

test("a frame that was cut off in the middle is left out", () => {
  const { journal, say } = open();
  say(log("whole"));
  const size = fstatSync(journal.fd).size;
  writeSync(journal.fd, Buffer.from([9, 0, 0, 0, 0x22]), 0, 5, size);
  expect(journal.after(0)).toEqual([log("whole")]);
  journal.close();
});

test("a word longer than the journal is sent by itself, after those before it, and is counted", () => {
  const { journal, say, heard } = open();
  const long = log("x".repeat(100_000));
  say(log(1));
  say(long);
  expect(heard()).toEqual([log(1), long]);
  say(log(2));
  expect(journal.after(2)).toEqual([log(2)]);
  journal.close();
});

test("without a journal, or where it cannot be written, each word is sent at once", () => {
  const full = openSync("/dev/full", "w");
  for (const file of [() => null, () => full]) {
    const { journal, say, heard } = open(file);
    say(log(1));
    expect(heard()).toEqual([log(1)]);
    say(log(2));
    say(ENDED);
    expect(heard()).toEqual([log(1), log(2), ENDED]);
    journal.close();
  }
  closeSync(full);
});

test("its file has no name, and takes the place of what was planted there", () => {
  mkdirSync(join(folder, ".script-journal/x"), { recursive: true });
  const { journal } = open();
  expect(readdirSync(folder)).not.toContain(".script-journal");
  journal.close();
  expect(openJournal(join(folder, "nowhere"))).toBeNull();
});
