import { toldPaths } from "../told_paths.ts";
import type { BoundCall } from "../tool.ts";
import { type Child, type ChildPlace, startChild } from "./child.ts";
import { struckBy } from "./failure.ts";
import { SCRIPT_LIMITS } from "./limits.ts";
import type { ScriptAsk, ScriptEnding, ScriptOrder, ScriptReply, ScriptReport, ScriptWord } from "./words.ts";

/** `answer` does what the child may not do itself, and never throws. */
export type ScriptsPlace = ChildPlace & { answer: (question: ScriptAsk) => Promise<ScriptReply> };

/** Runs scripts, one at a time. It never throws for what a script or its process does. */
export type Scripts = { run(order: ScriptOrder): Promise<ScriptReport> };

/**
 * Each script runs in a child that stays for the next one. A child that was killed, or is of no more use, is replaced at
 * once, so that the next script need not wait; the first is started with the first script.
 */
export function createScripts(place: ScriptsPlace): Scripts {
  let spare: Child | null = null;
  return {
    async run(order) {
      let child = spare ?? startChild(place);
      spare = null;
      let report = await converse(child, order, place);
      if (report === null) {
        // It died while nobody asked anything of it, as a command can make it: nothing has begun, so another may.
        await child.end();
        child = startChild(place);
        report = await converse(child, order, place);
      }
      report ??= { ending: crash("its process could not be started"), log: "", calls: [] };
      if (report.ending.last) await child.end();
      spare = report.ending.last ? startChild(place) : child;
      return report;
    },
  };
}

const crash = (message: string): ScriptEnding => ({ ok: false, cause: "crash", message, line: null, last: true });

/** What has been heard of a script so far. `open`: a call that has begun and may have changed something. */
type Heard = { log: string; calls: BoundCall[]; open: BoundCall | null; late: boolean };

/** @returns null when the child was gone before the script began */
async function converse(child: Child, order: ScriptOrder, { answer }: ScriptsPlace): Promise<ScriptReport | null> {
  const heard: Heard = { log: "", calls: [], open: null, late: false };
  const { limits } = order;
  let begun = false;
  let timer = setTimeout(child.kill, SCRIPT_LIMITS.start_ms);
  child.send(order);
  const ending = await child.hear(async (word: ScriptWord): Promise<ScriptEnding | null> => {
    if ("started" in word) {
      begun = true;
      clearTimeout(timer);
      timer = setTimeout(() => {
        heard.late = true;
        child.kill();
      }, limits.time_ms + SCRIPT_LIMITS.grace_ms);
    } else if ("log" in word) heard.log += word.log;
    else if ("begun" in word) heard.open = word.begun;
    else if ("called" in word) {
      heard.calls.push(word.called);
      heard.open = null;
    } else if ("ask" in word) child.send(await answerFor(heard, word.ask, answer));
    return "ended" in word ? word.ended : null;
  });
  clearTimeout(timer);
  if (ending !== null) return { ending, log: heard.log, calls: heard.calls };
  if (!begun) return null;
  // What was cut off may have changed something, as far as it came: as a command may have.
  if (heard.open)
    heard.calls.push({ ...heard.open, accesses: [...heard.open.accesses, { kind: "exec", command: "" }] });
  const late = { ok: false, cause: "timeout", message: struckBy("timeout", limits), line: null, last: true } as const;
  return { ending: heard.late ? late : crash("its process was ended"), log: heard.log, calls: heard.calls };
}

/** What was written for a call that is still open is known from then on, whatever becomes of the child. */
async function answerFor(heard: Heard, question: ScriptAsk, answer: ScriptsPlace["answer"]): Promise<ScriptReply> {
  const reply = await answer(question);
  if (heard.open !== null) heard.open = withTouched(heard.open, writtenFor(question, reply));
  return reply;
}

function withTouched({ touched, touched_more, ...call }: BoundCall, paths: readonly string[]): BoundCall {
  return { ...call, ...toldPaths([...touched, ...paths], SCRIPT_LIMITS.recorded_call_paths, touched_more) };
}

function writtenFor(question: ScriptAsk, reply: ScriptReply): readonly string[] {
  if ("component" in reply) return reply.component.touched;
  if (!("result" in reply)) return [];
  const { put_back = [], lost = [] } = reply.result ?? {};
  const path = "write" in question ? [question.write] : "remove" in question ? [question.remove] : [];
  return [...path, ...put_back, ...lost];
}
